/* SPDX-License-Identifier: MIT */
/* test_arguments.c - the words of arguments, and the registers that hold them, in stripped programs of all
 * toolchains, for both processors; and what names of functions say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../fuzz/fake_pclntab.h"
#include "gobin/arguments.h"
#include "gobin/pclntab.h"
#include "gofuncgraph/gobin.h"
#include "go_program.h"

static const char source[] =
	"package main\n"
	"type pair struct { p *int; n int }\n"
	"type list[K any] struct{ k K }\n"
	"type T struct{ x, y int }\n"
	"//go:noinline\n"
	"func use(x any) { println(x != nil) }\n"
	"//go:noinline\n"
	"func (t *list[K]) add(n int, k K) int { println(n); use(&k); return n }\n"
	"//go:noinline\n"
	"func (t list[K]) get(n int) int { println(n); use(&t); return n }\n"
	"//go:noinline\n"
	"func generic[K any](n int, k K) int { println(n); use(&k); return n }\n"
	"//go:noinline\n"
	"func outer[K any](k K) func(pair, K) int {\n"
	"	return func(p pair, l K) int { use(&k); use(&p); use(&l); return p.n }\n"
	"}\n"
	"//go:noinline\n"
	"func unused(a [2]int, b int, s string) { println(1) }\n"
	"//go:noinline\n"
	"func stack(a [2]int, b [3]byte, n int) { println(n) }\n"
	"//go:noinline\n"
	"func leaf(a int, f float64, s string) int { return a + int(f) + len(s) }\n"
	"//go:noinline\n"
	"func (t *T) leaf(f float64) int { return t.x + int(f) }\n"
	"//go:noinline\n"
	"func (t T) value(n uint16, _ struct{}) int { println(n); return t.x }\n"
	"//go:noinline\n"
	"func nothing() { println(1) }\n"
	"//go:noinline\n"
	"func many(a, b, c, d, e, f, g, h, i, j, k int) int { println(a, k); return j }\n"
	"//go:noinline\n"
	"func mixed(a int8, f float64, s string, g float32, arr [2]int, p pair, c complex64, e error) {\n"
	"	println(a, f, s, g, arr[0], p.n, c, e == nil)\n"
	"}\n"
	"func main() {\n"
	"	nothing()\n"
	"	unused([2]int{1, 2}, 2, \"s\")\n"
	"	stack([2]int{1, 2}, [3]byte{}, 3)\n"
	"	mixed(7, 1.5, \"hello\", 2.5, [2]int{8, 9}, pair{nil, 3}, 1i, nil)\n"
	"	println(many(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), leaf(1, 2, \"abc\"))\n"
	"	t := &list[int]{3}\n"
	"	println(t.add(4, 5), t.get(3), generic(6, \"str\"), outer(5)(pair{nil, 2}, 7))\n"
	"	println((&T{1, 2}).leaf(3), T{1, 2}.value(3, struct{}{}))\n"
	"}\n";

/*
 * i0: the first register of integers, f0 of floating-point numbers; s8: 8 bytes above the stack pointer;
 * ?: not known. Behind the colon is the size in bytes.
 */
static const struct {
	const char *function, *words;
	const char *old_words; /* up to Go 1.19; NULL: the same */
} expected[] = {
	{"main.use", "{ i0:8 i1:8 }", NULL},
	{"main.(*list[go.shape.int]).add", "i0:8 i2:8 i3:8", "i1:8 i2:8 i3:8"},
	{"main.list[go.shape.int].get", "i0:8 i2:8", "{ i1:8 } i2:8"},
	{"main.generic[go.shape.string]", "i1:8 { i2:8 i3:8 }", NULL},
	{"main.outer[go.shape.int].func1", "{ i0:8 i1:8 } i2:8", NULL},
	{"main.unused", "{ ?:8 ?:8 } ?:8 { ?:8 ?:8 }", NULL},
	{"main.stack", "{ s8:8 s16:8 } { s24:1 s25:1 s26:1 } i0:8", NULL},
	{"main.leaf", "?:8 ?:8 { ?:8 ?:8 }", NULL},
	{"main.(*T).leaf", "i0:8 ?:8", NULL},
	{"main.T.value", "{ i0:8 i1:8 } i2:2 { }", NULL},
	{"main.nothing", "", NULL},
	{"main.mixed", "i0:1 f0:8 { i1:8 i2:8 } f1:4 { s8:8 s16:8 } { i3:8 i4:8 } { f2:4 ... } ...",
	 NULL},
};

/* Negative: it is none of those for arguments. */
static int index_of(const struct arch *arch, const struct argument *word)
{
	for (size_t i = 0; i < arch->num_arguments; i++)
		if (arch->arguments[i] == word->reg)
			return (int)i;
	return -1;
}

static int put_word(char *to, const struct arch *arch, const struct argument *word)
{
	switch (word->place) {
	case ARGUMENT_IN_REGISTER:
		return sprintf(to, "i%d:%d ", index_of(arch, word), word->size);
	case ARGUMENT_IN_FLOAT_REGISTER:
		return sprintf(to, "f%d:%d ", word->reg, word->size);
	case ARGUMENT_ON_STACK:
		return sprintf(to, "s%d:%d ", word->offset, word->size);
	}
	return sprintf(to, "?:%d ", word->size);
}

static void put_words(char *to, const struct arch *arch, const struct arguments *arguments)
{
	static const char *const signs[] = {
		[ARGUMENT_BEGIN] = "{",
		[ARGUMENT_END] = "}",
		[ARGUMENT_MORE] = "...",
		[ARGUMENT_FAR] = "_",
	};

	for (size_t i = 0; i < arguments->count; i++) {
		const struct argument *item = &arguments->items[i];

		to += item->kind == ARGUMENT_WORD ? put_word(to, arch, item)
						  : sprintf(to, "%s ", signs[item->kind]);
	}
	*to = 0;
	if (arguments->count)
		to[-1] = 0;
}

/* Up to Go 1.20 the table has "[...]" for type arguments. */
static const struct gobin_func *find_function(const struct gobin *bin, const char *name)
{
	const struct gobin_func *func = gobin_func_named(bin, name);
	const char *from = strchr(name, '['), *to = strchr(name, ']');
	char shorter[64];

	if (func || !from)
		return func;
	snprintf(shorter, sizeof(shorter), "%.*s[...%s", (int)(from - name), name, to);
	return gobin_func_named(bin, shorter);
}

static void compare(const struct go_toolchain *go, struct gobin *bin)
{
	bool is_old = gobin_minor_version(bin) < 20;
	struct arguments arguments;
	char words[ARGUMENTS_MAX * 8];

	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++) {
		const char *name = expected[i].function, *wanted = expected[i].words;
		const struct gobin_func *func = find_function(bin, name);

		if (is_old && expected[i].old_words)
			wanted = expected[i].old_words;
		if (!func)
			fail_msg("Go %s, %s: there is no %s", go->name, gobin_arch(bin)->name,
				 name);
		strcpy(words, "nothing is told");
		if (arguments_find(bin, func, &arguments))
			put_words(words, gobin_arch(bin), &arguments);
		if (strcmp(words, wanted) != 0)
			fail_msg("Go %s, %s: %s has %s, not %s", go->name, gobin_arch(bin)->name,
				 name, words, wanted);
	}
}

/* Registers are in the order of Go's ABI, whatever the function. */
static void check_order(const struct gobin_func *func, const struct arch *arch,
			const struct arguments *arguments)
{
	int last_word = -1, last_float = -1;

	for (size_t i = 0; i < arguments->count; i++) {
		const struct argument *item = &arguments->items[i];
		int *last = item->place == ARGUMENT_IN_REGISTER ? &last_word : &last_float;
		int number = item->place == ARGUMENT_IN_REGISTER ? index_of(arch, item) : item->reg;

		if (item->kind != ARGUMENT_WORD || (item->place != ARGUMENT_IN_REGISTER &&
						    item->place != ARGUMENT_IN_FLOAT_REGISTER))
			continue;
		if (number <= *last)
			fail_msg("%s has registers out of order", func->name);
		*last = number;
	}
}

static void check_all(struct gobin *bin)
{
	struct arguments arguments;
	size_t count, told = 0;
	const struct gobin_func *funcs = gobin_funcs(bin, &count);

	for (size_t i = 0; i < count; i++) {
		if (!arguments_find(bin, &funcs[i], &arguments))
			continue;
		check_order(&funcs[i], gobin_arch(bin), &arguments);
		told += arguments.count && arguments.items[0].place != ARGUMENT_SOMEWHERE;
	}
	assert_true(told > 200);
}

static void check_build(struct go_toolchain *go, const char *path)
{
	struct gobin *bin;

	assert_null(gobin_open(path, &bin));
	compare(go, bin);
	check_all(bin);
	gobin_close(bin);
}

static void has_the_words_of_all_toolchains(void **state)
{
	assert_true(go_check_builds(source, 18, check_build));
}

/* As it is, or with one of its bytes changed. False: it is refused. */
static bool read_fake(struct fake_pclntab fake, size_t at, uint8_t byte,
		      struct arguments *arguments)
{
	struct pclntab *table;
	struct image *image;
	bool is_read;

	fake.bytes[fake.arguments + at] = byte;
	image = fake_image(fake.bytes, fake.len);
	assert_non_null(image);
	assert_null(pclntab_open(image, 0, &table));
	is_read = pclntab_arguments(table, FAKE_TEXT_VA, arguments);
	pclntab_close(table);
	image_close(image);
	return is_read;
}

static void refuses_what_makes_no_sense(void **state)
{
	struct arguments arguments;

	for (enum fake_go go = 0; go < FAKE_GO_COUNT; go++) {
		struct fake_pclntab fake = fake_pclntab(go);
		char words[256];

		assert_true(read_fake(fake, 0, 0xfe, &arguments));
		put_words(words, &arch_x86_64, &arguments);
		assert_string_equal(words, "{ ?:8 ?:8 } ?:8 ...");
		assert_true(read_fake(fake, 0, 0xff, &arguments));
		assert_int_equal(arguments.count, 0);
		assert_false(read_fake(fake, 0, 0xfd, &arguments)); /* an end without a begin */
		assert_false(read_fake(fake, 5, 0xfc, &arguments)); /* a begin without an end */
		assert_false(read_fake(fake, 0, 0xf0, &arguments)); /* nothing that is known */
		assert_false(read_fake(fake, 2, 3, &arguments)); /* no size */
		assert_false(read_fake(fake, 2, 0, &arguments));
		assert_false(read_fake(fake, 2, 16, &arguments)); /* over the next */
		assert_false(read_fake(fake, 9, 0xfc, &arguments)); /* it does not end */
	}
}

static void splits_names(void **state)
{
	static const struct {
		const char *name;
		size_t count;
		bool is_method;
		const char *first;
	} names[] = {
		{"main.f", 1, false, "f"},
		{"main.(*T).f", 2, true, "(*T)"},
		{"main.T.f", 2, true, "T"},
		{"example.org/a.b/c.(*T[...]).f", 2, true, "(*T[...])"},
		{"main.(*T[a/b.c]).f", 2, true, "(*T[a/b.c])"},
		{"main.f[example.org/a.b]", 1, false, "f[example.org/a.b]"},
		{"main.(*T).f.func1", 3, false, "(*T)"},
		{"main.f.func1", 2, false, "f"},
		{"main.f.func1.2", 3, false, "f"},
		{"main.f.gowrap1", 2, false, "f"},
		{"main.f.deferwrap12", 2, false, "f"},
		{"main.(*T).f-fm", 2, false, "(*T)"},
		{"main.T.function", 2, true, "T"},
		{"main.glob..func1", 3, false, "glob"},
		{"_rt0_amd64_linux", 0, false, NULL},
		{"", 0, false, NULL},
		{"a.", 1, false, ""},
		{"a.(", 1, false, "("},
		{"a.[.", 1, false, "[."},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct function_name name = function_name_split(names[i].name);

		if (name.count != names[i].count ||
		    function_name_is_method(&name) != names[i].is_method)
			fail_msg("%s: %zu parts", names[i].name, name.count);
		if (names[i].first && (strlen(names[i].first) != name.lengths[0] ||
				       memcmp(names[i].first, name.parts[0], name.lengths[0]) != 0))
			fail_msg("%s begins with another part", names[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splits_names),
		cmocka_unit_test(refuses_what_makes_no_sense),
		cmocka_unit_test(has_the_words_of_all_toolchains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
