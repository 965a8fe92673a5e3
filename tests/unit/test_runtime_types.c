/* SPDX-License-Identifier: MIT */
/* test_runtime_types.c - what stripped programs of all toolchains keep of their types, and what follows for
 * the parameters of methods: the registers must be those that the methods' code says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "gobin/arguments.h"
#include "gobin/gobin_internal.h"
#include "go_program.h"

static const char source[] =
	"package main\n"
	"import \"net/url\"\n"
	"type Name string\n"
	"type Inner struct { A int8; B [3]uint16 }\n"
	"type Doer interface { Do(n int, s ...string) (bool, error) }\n"
	"type T struct {\n"
	"	Inner\n"
	"	i int; u uint32; f float32; c complex64; b bool; s Name\n"
	"	p *T; l []*url.URL; m map[string]int64; ch chan Inner; fn func(int) string\n"
	"	e error; x interface{}; d Doer\n"
	"	_ int16\n"
	"}\n"
	"//go:noinline\n"
	"func (t *T) Do(n int, s ...string) (bool, error) { println(n, len(s)); return n > 1, nil }\n"
	"//go:noinline\n"
	"func (i Inner) Do(n int, s ...string) (bool, error) { println(n, i.A); return n > 2, nil }\n"
	"//go:noinline\n"
	"func (t *T) hidden(f float64, n int) int { println(f, n); return t.i }\n"
	"func main() {\n"
	"	var d Doer = &T{x: url.Values{}, fn: func(n int) string { return \"\" }}\n"
	"	for i := 0; i < 2; i++ {\n"
	"		d.Do(1, \"a\")\n"
	"		d.(*T).hidden(1, 2)\n"
	"		d = &T{Inner: Inner{A: 1}}\n"
	"	}\n"
	"	d = Inner{}\n"
	"	d.Do(2)\n"
	"}\n";

static const struct {
	const char *name;
	enum go_kind kind;
	const char *type;
	uint64_t offset;
} fields[] = {
	{"Inner", GO_STRUCT, "main.Inner", 0},  {"i", GO_INT, "int", 8},
	{"u", GO_UINT, "uint32", 16},           {"f", GO_FLOAT, "float32", 20},
	{"c", GO_COMPLEX, "complex64", 24},     {"b", GO_BOOL, "bool", 32},
	{"s", GO_STRING, "main.Name", 40},      {"p", GO_POINTER, "*main.T", 56},
	{"l", GO_SLICE, "[]*net/url.URL", 64},  {"m", GO_MAP, "map[string]int64", 88},
	{"ch", GO_CHAN, "chan main.Inner", 96}, {"fn", GO_FUNC, "func(int) string", 104},
	{"e", GO_INTERFACE, "error", 112},      {"x", GO_INTERFACE, "interface {}", 128},
	{"d", GO_INTERFACE, "main.Doer", 144},  {"_", GO_INT, "int16", 160},
};

#define NUM_FIELDS (sizeof(fields) / sizeof(*fields))

static void check_struct(struct gobin *bin)
{
	struct go_type *pointer = runtime_types_pointer_to(gobin_runtime_types(bin), "main.T");
	struct go_type *type;

	assert_non_null(pointer);
	assert_int_equal(pointer->kind, GO_POINTER);
	assert_string_equal(pointer->name, "*main.T");
	assert_true(go_type_complete(pointer));
	type = pointer->elem;
	assert_int_equal(type->size, 168);
	assert_true(type->is_named && go_type_complete(type));
	assert_int_equal(type->num_fields, NUM_FIELDS);
	for (size_t i = 0; i < NUM_FIELDS; i++) {
		const struct go_field *field = &type->fields[i];

		assert_string_equal(field->name, fields[i].name);
		assert_string_equal(field->type->name, fields[i].type);
		assert_int_equal(field->type->kind, fields[i].kind);
		assert_int_equal(field->offset, fields[i].offset);
		assert_int_equal(field->is_embedded, i == 0);
		assert_true(go_type_complete(field->type));
	}
	assert_ptr_equal(type->fields[7].type, pointer);
	assert_true(go_type_complete(type->fields[0].type->fields[1].type));
	assert_int_equal(type->fields[0].type->fields[1].type->length, 3);
	assert_string_equal(type->fields[9].type->key->name, "string");
	assert_false(type->fields[13].type->has_methods);
	assert_true(type->fields[14].type->has_methods);
	assert_false(type->fields[1].type->is_named);
	assert_true(type->fields[6].type->is_named);
	/* It is the same one by its address, as interfaces have it. */
	assert_ptr_equal(gobin_type_at(bin, type->id), type);
}

static void check_signature(struct gobin *bin, const char *func, const char *wanted)
{
	struct go_signature signature;
	char text[256] = "", *to = text;

	assert_null(gobin_signature(bin, gobin_func_named(bin, func), &signature));
	for (size_t i = 0; i < signature.num_variables; i++) {
		const struct go_variable *variable = &signature.variables[i];

		to += sprintf(to, "%s%s%s", i ? ", " : "", variable->is_result ? "=" : "",
			      *variable->type->name ? variable->type->name : "word");
	}
	assert_string_equal(text, wanted);
}

/* What the types say of registers, and what the code does. */
static void check_method(struct gobin *bin, const struct gobin_func *func, size_t *num_words)
{
	struct go_signature signature;
	struct arguments arguments;
	size_t at = 0;

	if (!runtime_types_method(gobin_runtime_types(bin), func->va, &signature) ||
	    !arguments_find(bin, func, &arguments))
		return;
	assert_null(gobin_signature(bin, func, &signature));
	for (size_t i = 0; i < signature.num_variables; i++) {
		const struct go_variable *variable = &signature.variables[i];

		for (size_t j = 0; !variable->is_result && j < variable->num_pieces; j++) {
			const struct go_piece *piece = &variable->pieces[j];
			const struct argument *word;

			while (at < arguments.count &&
			       (arguments.items[at].kind == ARGUMENT_BEGIN ||
				arguments.items[at].kind == ARGUMENT_END))
				at++;
			if (at == arguments.count || piece->place == GO_ON_STACK ||
			    arguments.items[at].kind != ARGUMENT_WORD)
				return;
			word = &arguments.items[at++];
			if (word->place == ARGUMENT_SOMEWHERE)
				continue;
			if (word->size != piece->size || word->reg != piece->reg ||
			    (word->place == ARGUMENT_IN_REGISTER) !=
				    (piece->place == GO_IN_REGISTER))
				fail_msg("%s: part %zu of argument %zu is elsewhere", func->name, j,
					 i);
			++*num_words;
		}
	}
}

static void check_methods(struct gobin *bin)
{
	size_t count, num_words = 0;
	const struct gobin_func *funcs = gobin_funcs(bin, &count);

	for (size_t i = 0; i < count; i++)
		check_method(bin, &funcs[i], &num_words);
	assert_true(num_words > 50);
}

static void check_addresses(struct gobin *bin)
{
	struct go_type *type = runtime_types_pointer_to(gobin_runtime_types(bin), "main.T");
	const uint64_t wrong[] = {0, 8, UINT64_MAX, UINT64_MAX - 7, type->id + 1};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_null(gobin_type_at(bin, wrong[i]));
	assert_null(runtime_types_pointer_to(gobin_runtime_types(bin), "main.No"));
	assert_null(runtime_types_pointer_to(gobin_runtime_types(bin), ""));
}

static void check_build(struct go_toolchain *go, const char *path)
{
	struct gobin *bin;

	assert_null(gobin_open(path, &bin));
	check_struct(bin);
	check_signature(bin, "main.(*T).Do", "*main.T, int, []string, =bool, =error");
	check_signature(bin, "main.Inner.Do", "main.Inner, int, []string, =bool, =error");
	/* No interface needs it: of its receiver alone the type is known. */
	check_signature(bin, "main.(*T).hidden", "*main.T, word, word");
	check_methods(bin);
	check_addresses(bin);
	gobin_close(bin);
}

static void has_the_types_of_all_toolchains(void **state)
{
	assert_true(go_check_builds(source, 17, check_build));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_the_types_of_all_toolchains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
