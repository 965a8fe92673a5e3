/* SPDX-License-Identifier: MIT */
/* test_typed.c - which pieces of a value of a Go type are captured, and what is shown of them: the rules, by types
 * made by hand. What the BPF programs fetch, their own code does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "typed_call.h"

struct text {
	const char *bytes;
	uint64_t length;
};

struct slice {
	const void *first;
	uint64_t length, capacity;
};

/* One value, `bytes`, called v; limits as they are without options. */
static const char *show_with(struct value_limits limits, struct typed_site site,
			     struct go_type *type, const void *bytes)
{
	struct typed_call *call = call_new();
	const char *text;

	call->limits = limits;
	call->site = site;
	call_add(call, "v", type);
	call_place(call);
	call_give(call, 0, bytes);
	const struct value_list *list = call_list_all(call);

	text = call_show(list, call_capture(call, list));
	call_free(call);
	return text;
}

static const char *show(struct go_type *type, const void *bytes)
{
	return show_with((struct value_limits){VALUE_DEFAULT_SIZE, VALUE_DEFAULT_DEPTH},
			 (struct typed_site){0}, type, bytes);
}

#define shows(type, bytes, text) assert_string_equal(show(type, bytes), "v = " text)

static void test_plain(void **state)
{
	shows(make(GO_INT, 1), &(int8_t){-8}, "-8");
	shows(make(GO_UINT, 8), &(uint64_t){UINT64_MAX}, "18446744073709551615");
	shows(make(GO_BOOL, 1), &(bool){true}, "true");
	shows(make(GO_UNSAFE_POINTER, 8), &(uint64_t){0xbeef}, "0xbeef");
	shows(named("uintptr", make(GO_UINT, 8)), &(uint64_t){0xbeef}, "0xbeef");
	shows(named("time.Duration", make(GO_INT, 8)), &(int64_t){1500000000}, "1.5s");
	/* No program in the kernel reads their registers. */
	shows(make(GO_FLOAT, 8), &(double){1.5}, "?");
	shows(array(make(GO_FLOAT, 8), 2), ((double[]){1.5, -2}), "{1.5, -2}");
	shows(array(make(GO_COMPLEX, 8), 2), ((float[]){1, 2, -3, -4}), "{(1+2i), (-3-4i)}");
	/* Of what nothing is known, how many bytes it has is not either. */
	shows(make(GO_OPAQUE, 8), &(uint64_t){1}, "?");
}

static void test_texts(void **state)
{
	struct go_type *string = make(GO_STRING, 16);
	struct go_type *bytes = named("[]uint8", made_of(GO_SLICE, 24, make(GO_UINT, 1)));
	char longer[200];

	memset(longer, 'x', sizeof(longer));
	shows(string, (&(struct text){"abc", 3}), "\"abc\"");
	shows(string, (&(struct text){"a\n\"\x1b", 4}), "\"a\\n\\\"\\x1b\"");
	shows(string, (&(struct text){NULL, 0}), "\"\"");
	/* Only an empty string has no address. */
	shows(string, (&(struct text){NULL, 7}), "nil");
	shows(string, (&(struct text){(char *)NOWHERE, 7}), "unreadable");
	shows(string, (&(struct text){(char *)NOWHERE, UINT64_MAX}), "unreadable");
	assert_string_equal(show_with((struct value_limits){4, 3}, (struct typed_site){0}, string,
				      &(struct text){longer, UINT64_C(1) << 62}),
			    "v = \"xxxx\"...+4611686018427387900");
	/* No character is cut. */
	assert_string_equal(show_with((struct value_limits){4, 3}, (struct typed_site){0}, string,
				      &(struct text){"abc\xc3\xa9", 5}),
			    "v = \"abc\"...+2");
	shows(bytes, (&(struct slice){"abc", 3, 8}), "[]byte(\"abc\")");
	shows(bytes, (&(struct slice){NULL, 0, 0}), "nil");
	shows(bytes, (&(struct slice){"", 0, 0}), "[]byte(\"\")");
}

/* What is in itself ends where the depth does. */
static void test_cycles(void **state)
{
	struct node {
		int64_t value;
		struct node *next;
	} node = {1, &node}, last = {2, NULL};
	struct go_type *type = named("main.node", make(GO_STRUCT, 0));
	struct go_type *pointer = made_of(GO_POINTER, 8, type);
	struct go_type *itself = made_of(GO_POINTER, 8, NULL);
	void *around = &around;

	add_field(type, "value", word());
	add_field(type, "next", pointer);
	itself->elem = itself;
	shows(type, (&(struct node){7, &last}), "main.node{value: 7, next: &{value: 2}}");
	shows(pointer, &(struct node *){&node},
	      "&main.node{value: 1, next: &{value: 1, next: &{value: 1, next: ...}}}");
	assert_string_equal(
		show_with((struct value_limits){128, 0}, (struct typed_site){0}, type, &node),
		"v = main.node{value: 1, next: ...}");
	shows(pointer, &(struct node *){NULL}, "nil");
	shows(pointer, &(uint64_t){NOWHERE}, "unreadable");
	shows(itself, &around, "&&&...");
}

/* What has no size is there, however much of it there is. */
static void test_no_size(void **state)
{
	struct go_type *empty = named("struct {}", make(GO_STRUCT, 0));
	struct go_type *many = array(empty, UINT64_C(1) << 62);

	shows(empty, "", "struct {}{}");
	shows(named("[0]int", array(word(), 0)), "", "[0]int{}");
	shows(made_of(GO_POINTER, 8, empty), &(uint64_t){NOWHERE}, "&struct {}{}");
	shows(named("[]struct {}", made_of(GO_SLICE, 24, empty)),
	      (&(struct slice){"", UINT64_C(1) << 62, UINT64_C(1) << 62}),
	      "[]struct {}{...+4611686018427387904}");
	assert_non_null(strstr(show(named("many", many), ""), "...+4611686018427387872}"));
}

static void test_elements(void **state)
{
	struct go_type *slice = named("[]int", made_of(GO_SLICE, 24, word()));
	struct go_type *texts = named("[]string", made_of(GO_SLICE, 24, make(GO_STRING, 16)));
	const int64_t numbers[40] = {1, 2, 3};
	const struct text two[] = {{"a", 1}, {"b", 1}};

	shows(slice, (&(struct slice){numbers, 3, 40}), "[]int{1, 2, 3}");
	shows(slice, (&(struct slice){NULL, 0, 0}), "nil");
	shows(slice, (&(struct slice){numbers, 0, 0}), "[]int{}");
	shows(slice, (&(struct slice){(void *)NOWHERE, 3, 3}), "unreadable");
	assert_string_equal(show_with((struct value_limits){24, 3}, (struct typed_site){0}, slice,
				      &(struct slice){numbers, 40, 40}),
			    "v = []int{1, 2, 3, ...+37}");
	/* A length that is none: times the elements' size it has more than 64 bits. */
	assert_string_equal(show_with((struct value_limits){24, 3}, (struct typed_site){0}, slice,
				      &(struct slice){numbers, UINT64_C(1) << 62, 0}),
			    "v = []int{1, 2, 3, ...+4611686018427387901}");
	shows(texts, (&(struct slice){two, 2, 2}), "[]string{\"a\", \"b\"}");
	shows(named("[3]int", array(word(), 3)), numbers, "[3]int{1, 2, 3}");
}

/* src/runtime/chan.go, src/runtime/runtime2.go (funcval) */
static void test_runtime(void **state)
{
	struct go_type *channel = named("chan int", made_of(GO_CHAN, 8, word()));
	struct go_type *function = make(GO_FUNC, 8);
	const uint64_t header[] = {2, 4}, code = 0x1234;

	shows(channel, &(const void *){header}, "chan int{len: 2, cap: 4}");
	shows(channel, &(void *){NULL}, "nil");
	shows(channel, &(uint64_t){NOWHERE}, "unreadable");
	shows(function, &(void *){NULL}, "nil");
	shows(function, &(const void *){&code}, "?");
}

/* src/internal/runtime/maps: a map of one group. */
static void test_map(void **state)
{
	struct {
		uint8_t control[8];
		struct {
			int64_t key, elem;
		} slots[8];
	} group = {{1, 0x80, 2, 0x80, 0x80, 0x80, 0x80, 0x80}, {{7, 8}, {0, 0}, {9, 10}}};
	struct {
		uint64_t used, seed;
		void *directory;
		int64_t length;
	} map = {.used = 2, .directory = &group};
	struct go_type *type = named("map[int]int", made_of(GO_MAP, 8, word()));

	type->key = word();
	shows(type, &(void *){&map}, "map[int]int{7: 8, 9: 10}");
	map.used = 5;
	shows(type, &(void *){&map}, "map[int]int{7: 8, 9: 10, ...+3}");
	map.used = 0;
	shows(type, &(void *){&map}, "map[int]int{}");
	map.used = 2;
	map.directory = (void *)NOWHERE;
	shows(type, &(void *){&map}, "map[int]int{...+2}");
	shows(type, &(void *){NULL}, "nil");
	shows(type, &(uint64_t){NOWHERE}, "unreadable");
}

/* Of a map whose group is a large one, all that there is room for, with what its keys lead to. */
static void test_wide_map(void **state)
{
	struct {
		uint8_t control[8];
		struct {
			struct text key;
			int64_t elem[16];
		} slots[8];
	} larger = {};
	struct {
		uint8_t control[8];
		struct {
			struct text key;
			int64_t elem[8];
		} slots[8];
	} large = {};
	struct {
		uint64_t used, seed;
		void *directory;
		int64_t length;
	} map = {.used = 8, .directory = &large};
	struct go_type *type = named("map[string][8]int", made_of(GO_MAP, 8, array(word(), 8)));
	const char *keys[] = {"a", "b", "c", "d", "e", "f", "g", "h"}, *text;

	type->key = make(GO_STRING, 16);
	for (int64_t i = 0; i < 8; i++)
		large.slots[i].key = larger.slots[i].key = (struct text){keys[i], 1};
	text = show(type, &(void *){&map});
	for (int i = 0; i < 8; i++)
		assert_true(strstr(text, (char[]){'"', *keys[i], '"', ':', 0}));
	assert_null(strstr(text, "...+"));
	type->elem = array(word(), 16);
	map.directory = &larger;
	text = show(type, &(void *){&map});
	assert_true(strstr(text, "\"g\":"));
	assert_true(strstr(text, ", ...+1}"));
}

/* A map with tables: how many groups the first of them has at least follows from how much is in use. */
static void test_map_of_tables(void **state)
{
	struct group {
		uint8_t control[8];
		int64_t slots[16];
	} groups[5];
	struct {
		uint64_t counts, index;
		void *groups;
	} table = {.groups = groups}, *directory = &table;
	struct {
		uint64_t used, seed;
		void *directory;
		int64_t length;
	} map = {.used = 2, .directory = &directory, .length = 1};
	struct go_type *type = named("map[int]int", made_of(GO_MAP, 8, word()));

	type->key = word();
	for (int64_t i = 0; i < 5; i++) {
		memset(groups[i].control, 0x80, sizeof(groups[i].control));
		groups[i].control[i] = 1;
		groups[i].slots[2 * i] = groups[i].slots[2 * i + 1] = i;
	}
	shows(type, &(void *){&map}, "map[int]int{0: 0, 1: 1}");
	map.used = 15;
	shows(type, &(void *){&map}, "map[int]int{0: 0, 1: 1, 2: 2, 3: 3, ...+11}");
	map.length = 2;
	map.used = 4;
	shows(type, &(void *){&map}, "map[int]int{0: 0, 1: 1, 2: 2, 3: 3}");
	table.groups = (void *)NOWHERE;
	shows(type, &(void *){&map}, "map[int]int{...+4}");
}

/* What is in registers that hold something else at the site is not known, and neither is what it leads to. */
static void test_changed(void **state)
{
	struct go_type *type =
		named("main.T", structure(word(), word(), make(GO_STRING, 16), NULL));
	struct {
		uint64_t a, b;
		struct text c;
	} given = {1, 2, {"abc", 3}};
	struct value_limits limits = {128, 3};

	for (size_t i = 0; i < 3; i++)
		type->fields[i].name = (const char *[]){"a", "b", "c"}[i];
	assert_string_equal(show_with(limits, (struct typed_site){0}, type, &given),
			    "v = main.T{a: 1, b: 2, c: \"abc\"}");
	/* The second register of arguments is bx, number 3; the third is cx, number 1. */
	assert_string_equal(
		show_with(limits, (struct typed_site){.changed_registers = 1 << 3}, type, &given),
		"v = main.T{a: 1, b: ?, c: \"abc\"}");
	assert_string_equal(
		show_with(limits, (struct typed_site){.changed_registers = 1 << 1}, type, &given),
		"v = main.T{a: 1, b: 2, c: ?}");
	assert_string_equal(
		show_with(limits, (struct typed_site){.is_repeated = true}, type, &given), "v = ?");
}

/* src/time/time.go: Duration.Format(), Time. */
static void test_times(void **state)
{
	struct go_type *duration = named("time.Duration", make(GO_INT, 8));
	struct go_type *type = named("time.Time", make(GO_STRUCT, 0));
	const uint64_t then = 63835596800, since_1885 = then - 59453308800;

	add_field(type, "wall", make(GO_UINT, 8));
	add_field(type, "ext", word());
	add_field(type, "loc", made_of(GO_POINTER, 8, make(GO_OPAQUE, 8)));
	shows(duration, &(int64_t){0}, "0s");
	shows(duration, &(int64_t){-1}, "-1ns");
	shows(duration, &(int64_t){1500}, "1.5us");
	shows(duration, &(int64_t){999999999}, "999.999999ms");
	shows(duration, &(int64_t){3661000000000}, "1h1m1s");
	shows(duration, &(int64_t){INT64_MIN}, "-2562047h47m16.854775808s");
	shows(type, ((uint64_t[]){0, then, 0}), "2023-11-14T22:13:20Z");
	shows(type, ((uint64_t[]){123000000, then, 0}), "2023-11-14T22:13:20.123Z");
	/* With a monotonic clock, whose reading is in ext. */
	shows(type, ((uint64_t[]){1ull << 63 | since_1885 << 30 | 5, 77, 0}),
	      "2023-11-14T22:13:20.000000005Z");
	shows(type, ((uint64_t[]){0, 0, 0}), "0001-01-01T00:00:00Z");
	/* Years that have no four digits are shown as they are. */
	shows(type, ((uint64_t[]){1, UINT64_MAX, 0}), "time.Time{wall: 1, ext: -1}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),    cmocka_unit_test(test_texts),
		cmocka_unit_test(test_cycles),   cmocka_unit_test(test_no_size),
		cmocka_unit_test(test_elements), cmocka_unit_test(test_runtime),
		cmocka_unit_test(test_map),      cmocka_unit_test(test_map_of_tables),
		cmocka_unit_test(test_wide_map), cmocka_unit_test(test_changed),
		cmocka_unit_test(test_times),
	};

	return cmocka_run_group_tests(tests, make_types, free_types);
}
