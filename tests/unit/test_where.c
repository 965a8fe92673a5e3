/* SPDX-License-Identifier: MIT */
/* test_where.c - conditions on values: the language, what is true of which values, and that what the kernel
 * decides is the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "values/where.h"
#include "where_kernel.h"

/* Values with these labels, in registers of arguments. */
#define LIST                                                                                       \
	"(n=%ax:s32, u=%bx:u64, b=%cx:bool, f=%si:f64, s=(%di,%si):string, c=+0(%r8):c32, p=+0(%r9):x64)"

union room {
	struct captured head;
	uint8_t bytes[sizeof(struct captured) + VALUES_LARGE_BYTES];
};

/* What a call was given. */
struct given {
	int32_t n;
	uint64_t u;
	bool b;
	double f;
	const char *s;
	uint64_t more; /* bytes of s that are not there */
	uint64_t p;
	unsigned unknown; /* values of which nothing is known, a bit each */
	bool is_nil; /* p lies behind nil */
};

static void put_text(uint8_t *to, const char *text, uint64_t more)
{
	struct captured_text head = {.length = strlen(text) + more, .got = (uint32_t)strlen(text)};

	memcpy(to, &head, sizeof(head));
	memcpy(to + sizeof(head), text, head.got);
}

static void capture(const struct value_list *list, const struct given *given, union room *room)
{
	uint8_t *at[7];

	memset(room, 0, sizeof(*room));
	room->head.size = list->fetch.size;
	for (size_t i = 0; i < list->count; i++) {
		at[i] = room->head.bytes + list->specs[i].at;
		room->head.states[i] = given->unknown >> i & 1 ? VALUE_UNREADABLE : VALUE_WHOLE;
	}
	memcpy(at[0], &given->n, sizeof(given->n));
	memcpy(at[1], &given->u, sizeof(given->u));
	*at[2] = given->b;
	memcpy(at[3], &given->f, sizeof(given->f));
	put_text(at[4], given->s ?: "", given->more);
	if (given->more)
		room->head.states[4] = VALUE_TRUNCATED;
	put_text(at[5], "c4", 0);
	memcpy(at[6], &given->p, sizeof(given->p));
	if (given->is_nil)
		room->head.states[6] = VALUE_NIL;
}

static struct value_lists make_lists(void)
{
	struct value_lists lists = {};

	assert_null(value_lists_add(&lists, &arch_x86_64, "f" LIST, 1));
	return lists;
}

static char judge(const char *text, const struct given *given)
{
	struct value_lists lists = make_lists();
	struct condition condition;
	struct where *where;
	union room room;
	bool has_any, is_whole;
	enum where_answer answer, early;

	assert_null(where_parse(text, &where));
	assert_null(where_look_up(where, "main.f", &lists.items[0], NULL, &has_any));
	assert_null(where_check_names(where));
	assert_true(has_any);
	capture(&lists.items[0], given, &room);
	answer = where_judge(where, &lists, &room.head, NULL);
	/* The kernel says the same, or yes where it does not know all. */
	is_whole = where_compile(where, &lists.items[0], NULL, &condition);
	early = kernel_judge(&condition, &lists.items[0], &room.head);
	if (is_whole ? early != answer : answer != WHERE_NO && early == WHERE_NO)
		fail_msg("%s: %d, in the kernel %d", text, answer, early);
	where_free(where);
	value_lists_destroy(&lists);
	return "-+?"[answer];
}

static void test_answers(void **state)
{
	static const struct {
		const char *where;
		char answer;
		struct given given;
	} rows[] = {
		{"n == 7", '+', {.n = 7}},
		{"n == 7", '-', {.n = 8}},
		{"n == 7", '?', {.unknown = 1}},
		{"n != 7", '?', {.unknown = 1}},
		{"!(n == 7)", '?', {.unknown = 1}},
		{"n < 0", '+', {.n = INT32_MIN}},
		{"n < -5", '+', {.n = -6}},
		{"n < -5", '-', {.n = -5}},
		{"n <= -5", '+', {.n = -5}},
		{"n > -5", '+', {.n = 0}},
		{"n >= -0", '+', {.n = 0}},
		{"-0 <= n", '+', {.n = 0}},
		{"n < 9223372036854775808", '+', {.n = 7}},
		{"n > -18446744073709551615", '+', {.n = -7}},
		{"n == 4294967295", '-', {.n = -1}},
		{"n > 1.5", '+', {.n = 2}},
		{"n > 1e3", '-', {.n = 2}},
		{"u == 0xffffffffffffffff", '+', {.u = UINT64_MAX}},
		{"u > 18446744073709551614", '+', {.u = UINT64_MAX}},
		{"u == -1", '-', {.u = UINT64_MAX}},
		{"u >= -1", '+', {.u = 0}},
		{"u < -1", '-', {.u = 0}},
		{"u != -1", '+', {.u = 0}},
		{"7 > u", '+', {.u = 6}},
		{"7 >= u", '-', {.u = 8}},
		{"7 != u", '+', {.u = 8}},
		{"b", '+', {.b = true}},
		{"!b", '-', {.b = true}},
		{"!!b", '+', {.b = true}},
		{"b != false", '+', {.b = true}},
		{"true == b", '-', {.b = false}},
		{"f > 0.25", '+', {.f = 0.5}},
		{"f == 2", '+', {.f = 2}},
		{"f < -1", '-', {.f = __builtin_nan("")}},
		{"!(f < -1)", '+', {.f = __builtin_nan("")}},
		{"f != 1", '+', {.f = __builtin_nan("")}},
		{"f == 1", '-', {.f = __builtin_nan("")}},
		{"s == \"abc\"", '+', {.s = "abc"}},
		{"s == \"abc\"", '-', {.s = "abcd"}},
		{"s == \"abc\"", '-', {.s = "ab"}},
		{"s == \"abc\"", '?', {.s = "ab", .more = 1}},
		{"s == \"abc\"", '-', {.s = "ab", .more = 2}},
		{"s == \"abc\"", '-', {.s = "xy", .more = 1}},
		{"s != \"abc\"", '+', {.s = "xy", .more = 1}},
		{"s == \"\"", '+', {.s = ""}},
		{"s ~ \"\"", '-', {.s = "a"}},
		{"s ~ \"ab*\"", '+', {.s = "ab"}},
		{"s ~ \"ab*\"", '+', {.s = "abc", .more = 100}},
		{"s ~ \"abc*\"", '?', {.s = "ab", .more = 100}},
		{"s ~ \"abc*\"", '-', {.s = "xb", .more = 100}},
		{"s ~ \"abc*\"", '-', {.s = "ab"}},
		{"s !~ \"abc*\"", '+', {.s = "ab"}},
		{"!(s ~ \"ab*\")", '-', {.s = "ab"}},
		{"s ~ \"*bc\"", '+', {.s = "abcbc"}},
		{"s ~ \"a*c?e\"", '+', {.s = "abcbcde"}},
		{"s ~ \"a*c?e\"", '-', {.s = "abcbcdef"}},
		{"s ~ \"a*b*\"", '?', {.s = "a", .more = 1}},
		{"s ~ \"?*\"", '-', {.s = ""}},
		{"s ~ \"a\\*\"", '+', {.s = "a*"}},
		{"s ~ \"a\\*\"", '-', {.s = "ab"}},
		{"s ~ \"a\\*b*\"", '+', {.s = "a*bc"}},
		{"s ~ \"\\x41*\"", '+', {.s = "AB"}},
		{"s == \"\\x41\\n\\\\\\\"*\"", '+', {.s = "A\n\\\"*"}},
		{"c == \"c4\"", '+', {}},
		{"c ~ \"c?\"", '+', {}},
		{"p == nil", '+', {.is_nil = true}},
		{"p == nil", '+', {.p = 0}},
		{"p != nil", '+', {.p = 1}},
		{"nil == p", '-', {.p = 1}},
		{"p != nil", '-', {.is_nil = true}},
		{"p != nil", '?', {.unknown = 1 << 6}},
		{"p == 0", '?', {.is_nil = true}},
		{"n == 1 && u == 2", '+', {.n = 1, .u = 2}},
		{"n == 1 && u == 2", '-', {.n = 1, .u = 3}},
		{"n == 1 && u == 2", '?', {.u = 2, .unknown = 1}},
		{"n == 1 && u == 2", '-', {.u = 3, .unknown = 1}},
		{"n == 1 || u == 2", '+', {.u = 2, .unknown = 1}},
		{"n == 1 || u == 2", '?', {.u = 3, .unknown = 1}},
		{"n == 1 || n == 2 && u == 3", '+', {.n = 1}},
		{"(n == 1 || n == 2) && u == 3", '-', {.n = 1}},
		{"!(n == 1 || n == 2) && u == 3", '+', {.n = 3, .u = 3}},
		{"!(n == 1 && u == 3)", '+', {.n = 1}},
		{"n==1&&!(b||u>3)", '+', {.n = 1}},
		{"f > 1 || n == 1", '+', {.n = 1}},
		{"f > 1 && n == 1", '-', {.n = 1}},
		{"(f > 1 || u == 1) && n == 1", '-', {.n = 2, .f = 2}},
		{"s ~ \"a*b\" && (n == 1 || s ~ \"*\")", '+', {.s = "ab"}},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char answer = judge(rows[i].where, &rows[i].given);

		if (answer != rows[i].answer)
			fail_msg("row %zu: %s: %c, not %c", i, rows[i].where, answer,
				 rows[i].answer);
	}
}

/* A name that another target may have. */
static void test_unknown_names(void **state)
{
	static const char *const rows[] = {
		"m == 1",         "!m", "m != \"x\"", "n == 7 && m == 1", "n == 7 && !(m == 1)",
		"n == 8 || m < 2"};
	struct value_lists lists = make_lists();
	struct given given = {.n = 7};
	struct condition condition;
	union room room;

	capture(&lists.items[0], &given, &room);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct where *where;
		bool has_any;

		assert_null(where_parse(rows[i], &where));
		assert_null(where_look_up(where, "main.f", &lists.items[0], NULL, &has_any));
		assert_int_equal(has_any, i >= 3);
		assert_true(where_compile(where, &lists.items[0], NULL, &condition));
		assert_int_equal(where_judge(where, &lists, &room.head, NULL), WHERE_UNKNOWN);
		assert_int_equal(kernel_judge(&condition, &lists.items[0], &room.head),
				 WHERE_UNKNOWN);
		where_free(where);
	}
	value_lists_destroy(&lists);
}

/* All comparisons that there is room for, and texts that there is not. */
static void test_many(void **state)
{
	char text[1024] = "";

	for (int i = 0; i < 16; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%ss != \"%d\"",
			 i ? " && " : "", i);
	assert_int_equal(judge(text, &(struct given){.s = "x"}), '+');
	assert_int_equal(judge(text, &(struct given){.s = "1"}), '-');
	assert_int_equal(judge(text, &(struct given){.s = "15"}), '-');
	for (char *at = text; (at = strstr(at, "&&"));)
		memcpy(at, "||", 2);
	assert_int_equal(judge(text, &(struct given){.s = "x"}), '+');
	for (char *at = text; (at = strstr(at, "!="));)
		memcpy(at, "==", 2);
	assert_int_equal(judge(text, &(struct given){.s = "15"}), '+');
	assert_int_equal(judge(text, &(struct given){.s = "16"}), '-');
}

static void test_labels(void **state)
{
	static const char *const labels[] = {"user", "path"};
	struct value_lists lists = make_lists();
	struct condition condition;
	struct where *where;
	struct given given = {.n = 7};
	union room room;
	uint8_t *user;
	bool has_any;

	assert_null(value_list_add_labels(&lists.items[0], labels, 2));
	assert_null(where_parse("n == 7 || user == 1", &where));
	assert_null(where_add_label(&where, "user=anna"));
	assert_null(where_look_up(where, "main.f", &lists.items[0], NULL, &has_any));
	assert_true(has_any);
	assert_false(where_compile(where, &lists.items[0], NULL, &condition));
	capture(&lists.items[0], &given, &room);
	user = &room.head.states[lists.items[0].labels[0].state];
	*user = VALUE_NIL;
	assert_int_equal(where_judge(where, &lists, &room.head, NULL), WHERE_NO);
	*user = VALUE_UNKNOWN;
	assert_int_equal(where_judge(where, &lists, &room.head, NULL), WHERE_UNKNOWN);
	*user = VALUE_WHOLE;
	put_text(room.head.bytes + lists.items[0].labels[0].spec.at, "anna", 0);
	assert_int_equal(where_judge(where, &lists, &room.head, NULL), WHERE_YES);
	put_text(room.head.bytes + lists.items[0].labels[0].spec.at, "bob", 0);
	assert_int_equal(where_judge(where, &lists, &room.head, NULL), WHERE_NO);
	where_free(where);
	/* alone */
	where = NULL;
	assert_null(where_add_label(&where, "path=/x=y"));
	assert_null(where_look_up(where, "main.f", NULL, NULL, &has_any));
	assert_true(has_any);
	assert_null(where_check_names(where));
	room.head.states[lists.items[0].labels[1].state] = VALUE_WHOLE;
	put_text(room.head.bytes + lists.items[0].labels[1].spec.at, "/x=y", 0);
	assert_int_equal(where_judge(where, &lists, &room.head, NULL), WHERE_YES);
	where_free(where);
	value_lists_destroy(&lists);
}

/* What is asked of results is not known at the entry. */
static void test_results(void **state)
{
	struct value_lists lists = {};
	struct condition condition;
	struct where *where;
	union room args, results;
	uint64_t number = 7;
	bool has_any;

	assert_null(value_lists_add(&lists, &arch_x86_64, "f(a=%ax:u64)(r=%ax:u64, a=%bx:u64)", 1));
	assert_null(where_parse("a == 7 && r == 7", &where));
	assert_null(where_look_up(where, "main.f", &lists.items[0], &lists.items[1], &has_any));
	assert_false(where_compile(where, &lists.items[0], &lists.items[1], &condition));
	assert_int_equal(condition.num_ops, 2);
	memset(&args, 0, sizeof(args));
	args.head.size = lists.items[0].fetch.size;
	args.head.states[0] = VALUE_WHOLE;
	memcpy(args.head.bytes, &number, sizeof(number));
	assert_int_equal(where_judge(where, &lists, &args.head, NULL), WHERE_UNKNOWN);
	memset(&results, 0, sizeof(results));
	results.head.list = 1;
	results.head.size = lists.items[1].fetch.size;
	results.head.states[0] = VALUE_WHOLE;
	assert_int_equal(where_judge(where, &lists, &args.head, &results.head), WHERE_NO);
	memcpy(results.head.bytes, &number, sizeof(number));
	assert_int_equal(where_judge(where, &lists, &args.head, &results.head), WHERE_YES);
	assert_int_equal(where_judge(where, &lists, NULL, &results.head), WHERE_UNKNOWN);
	where_free(where);
	value_lists_destroy(&lists);
}

static void test_errors(void **state)
{
	/* '^' stands before the byte that the caret is under. */
	static const char *const rows[] = {
		"^",
		"n == ^",
		"n == 1 && ^",
		"n == 1 ^n",
		"(n == 1^",
		"n == 1^)",
		"n ^= 1",
		"^zz == 1",
		"^n",
		"!^n",
		"n == ^\"x\"",
		"s == ^7",
		"s < ^\"x\"",
		"b < ^true",
		"b == ^7",
		"f == ^nil",
		"n > ^nil",
		"s == ^\"x",
		"s == \"\\^q\"",
		"n == ^12x",
		"n == ^18446744073709551616",
		"n == -^x",
		"7 ^n",
		"7 ^~ n",
		"n ~ ^7",
		"n ~ ^\"x\"",
		"7 <= ^",
		"^7 == 8",
		"^2.e5x < 3",
		"^&& n == 1",
		"s == \"a\" ^\"b\"",
		"((((((((((((((((((((((((((((((((^b))))))))))))))))))))))))))))))))",
	};
	struct value_lists lists = make_lists();

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *caret = strchr(rows[i], '^');
		struct where *where = NULL;
		struct error *err;
		char text[128];
		size_t at = 0;
		bool has_any;

		snprintf(text, sizeof(text), "%.*s%s", (int)(caret - rows[i]), rows[i], caret + 1);
		err = where_parse(text, &where);
		if (!err)
			err = where_look_up(where, "main.f", &lists.items[0], NULL, &has_any);
		if (!err)
			err = where_check_names(where);
		if (!err || !error_text(err, &at) || at != (size_t)(caret - rows[i]))
			fail_msg("%s: %s at %zu", rows[i], err ? error_message(err) : "fine", at);
		error_free(err);
		where_free(where);
	}
	value_lists_destroy(&lists);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers), cmocka_unit_test(test_unknown_names),
		cmocka_unit_test(test_many),    cmocka_unit_test(test_labels),
		cmocka_unit_test(test_results), cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
