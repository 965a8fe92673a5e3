/* SPDX-License-Identifier: MIT */
/* test_value_list_limits.c - which lists of values are refused, and where, and how large one can be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "value_list_parse.h"

/* ---- errors ---- */

static void test_errors(void **state)
{
	/* '^' stands before the byte that the caret is under. */
	static const struct {
		const char *list, *message;
	} rows[] = {
		{"^%zx:u8", "no register of this name"},
		{"%^:u8", "name of a register"},
		{"a=^:u8", "a register, a number"},
		{"a=^", "a register, a number"},
		{"^,", "a register, a number"},
		{"%ax:u8,^", "a value is expected"},
		{"%ax:u8,^,%bx:u8", "a register, a number"},
		{"%ax:u8 ^%bx:u8", "',' or ')'"},
		{"%ax:u8^)", "',' or ')'"},
		{"%ax^", "a colon and a type"},
		{"a=%ax^,b=%bx:u8", "a colon and a type"},
		{"%ax:^", "a type is expected"},
		{"%ax:^u9", "a type is expected"},
		{"%ax:^U8", "a type is expected"},
		{"%ax:^c1024", "a type is expected"},
		{"%ax:^u8x", "a type is expected"},
		{"(%ax^:u8", "')' is expected"},
		{"+8(%ax^:u8", "')' is expected"},
		{"+8(^):u8", "a register, a number"},
		{"+^(%ax):u8", "a number is expected"},
		{"+0x^(%ax):u8", "a number is expected"},
		{"12^a(%ax):u8", "no digit of a decimal"},
		{"0x1^g:u8", "no digit of a hexadecimal"},
		{"1^_0:u8", "no digit of a decimal"},
		{"^18446744073709551616:u64", "more than 64 bits"},
		{"^-9223372036854775809:s64", "more than 64 bits"},
		{"^0x10000000000000000:u64", "more than 64 bits"},
		{"^%xmm0:f64", "floating-point"},
		{"^%x0:f64", "floating-point"},
		{"+0(^%ymm3):u8", "floating-point"},
		{"^%ax:c128", "no more than 64 bits"},
		{"^7:c512", "no more than 64 bits"},
		{"^%ax:string", "a string is two words"},
		{"(%ax,^%bx):u64", "pointer and length"},
		{"(%ax^;%bx):string", "')' is expected"},
		{"(%ax,%bx^,%cx):string", "')' is expected"},
		{"(%ax,^):string", "a register, a number"},
		{"+0((%ax^,%bx)):string", "')' is expected"},
		{"%ax^+8:u64", "a colon and a type"},
		{"^*********%ax:u8", "at most 8 reads"},
		{"a b^=%ax:u8", NULL},
		{"^\"%ax:u8", "a register, a number"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *caret = strchr(rows[i].list, '^'), *text;
		size_t expected = (size_t)(caret - rows[i].list), at;
		char list[256];
		struct value_lists lists;
		struct error *err;

		snprintf(list, sizeof(list), "%.*s%s", (int)expected, rows[i].list, caret + 1);
		err = parse(&arch_x86_64, list, &lists);
		if (!err)
			fail_msg("%s: no error", list);
		text = error_text(err, &at);
		if (rows[i].message &&
		    (!strstr(error_message(err), rows[i].message) || !text || at != expected + 2))
			fail_msg("%s: %s, at %zu, not %zu", list, error_message(err), at - 2,
				 expected);
		assert_int_equal(lists.count, 0);
		error_free(err);
		value_lists_destroy(&lists);
	}
}

/* The caret is in the list that is wrong. */
static void test_errors_with_results(void **state)
{
	/* As above. */
	static const char *const patterns[] = {
		"f(%ax:^u9)(%bx:u8)",    "f(%ax:u8)(%bx:^u9)",   "f(%ax:u8)(%bx:u8^",
		"f(%ax:u8)(%bx:u8^))",   "f()(%ax:u8^)(%bx:u8)", "f()(^)()",
		"f(+0(%ax^:u8)(%bx:u8)",
	};

	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++) {
		const char *caret = strchr(patterns[i], '^');
		struct value_lists lists = {};
		struct error *err;
		char pattern[64];
		size_t at;

		snprintf(pattern, sizeof(pattern), "%.*s%s", (int)(caret - patterns[i]),
			 patterns[i], caret + 1);
		err = value_lists_add(&lists, &arch_x86_64, pattern, 1);
		if (!err)
			fail_msg("%s: no error", pattern);
		assert_non_null(error_text(err, &at));
		if (at != (size_t)(caret - patterns[i]))
			fail_msg("%s: %s, at %zu", patterns[i], error_message(err), at);
		error_free(err);
		value_lists_destroy(&lists);
	}
}

/* A bracket that is missing at the pattern's end. */
static void test_missing_end(void **state)
{
	struct value_lists lists = {};
	struct error *err = value_lists_add(&lists, &arch_x86_64, "f(a=%ax:s64", 1);
	size_t at;

	assert_non_null(err);
	error_text(err, &at);
	assert_int_equal(at, strlen("f(a=%ax:s64"));
	assert_non_null(strstr(error_message(err), "')' is expected"));
	error_free(err);
	value_lists_destroy(&lists);
}

/* ---- limits ---- */

static struct error *parse_many(const char *value, int count, struct value_lists *lists)
{
	char list[1024] = "";

	for (int i = 0; i < count; i++)
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", i ? "," : "",
			 value);
	return parse(&arch_x86_64, list, lists);
}

static void test_limits(void **state)
{
	struct value_lists lists;
	struct error *err;

	assert_null(parse_many("+0(%ax):string", 16, &lists));
	assert_int_equal(lists.items[0].count, 16);
	assert_int_equal(lists.items[0].fetch.num_ops, 48);
	assert_int_equal(lists.items[0].fetch.shape, VALUES_LARGE);
	value_lists_destroy(&lists);

	err = parse_many("%ax:u8", 17, &lists);
	assert_non_null(strstr(error_message(err), "at most 16 values"));
	error_free(err);
	value_lists_destroy(&lists);

	err = parse_many("(********%ax,********%bx):string", 16, &lists);
	assert_non_null(strstr(error_message(err), "too many steps"));
	error_free(err);
	value_lists_destroy(&lists);

	char deep[256];
	memset(deep, '(', 200);
	strcpy(deep + 200, "%ax");
	err = parse(&arch_x86_64, deep, &lists);
	assert_non_null(strstr(error_message(err), "too deeply"));
	error_free(err);
	value_lists_destroy(&lists);
}

/* Every slot is where the BPF programs look for room: bpf/values.h. */
static void test_slots(void **state)
{
	static const char *const values[] = {"%ax:u8", "+0(%ax):c8", "+0(%ax):c512",
					     "+0(%ax):string"};

	for (unsigned mix = 0; mix < 256; mix++) {
		for (int count = 1; count <= 16; count += 5) {
			char list[1024] = "";
			struct value_lists lists;
			bool taken[VALUES_LARGE_BYTES] = {};

			for (int i = 0; i < count; i++)
				snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s",
					 i ? "," : "", values[mix >> 2 * (i % 4) & 3]);
			assert_null(parse(&arch_x86_64, list, &lists));
			const struct value_list *parsed = &lists.items[0];
			size_t max_at = parsed->fetch.shape == VALUES_SMALL ? VALUES_SMALL_MAX_AT
									    : VALUES_LARGE_MAX_AT;
			size_t bytes = parsed->fetch.shape == VALUES_SMALL ? VALUES_SMALL_BYTES
									   : VALUES_LARGE_BYTES;
			for (size_t i = 0; i < parsed->count; i++) {
				const struct value_spec *spec = &parsed->specs[i];
				size_t size = spec->is_text
						      ? sizeof(struct captured_text) + spec->size
						      : 8;

				assert_true(spec->at % 8 == 0 && spec->at <= max_at);
				assert_true(spec->at + size <= parsed->fetch.size);
				assert_true(!spec->is_text || spec->size <= bytes - max_at - 16);
				for (size_t at = spec->at; at < spec->at + size; at++) {
					assert_false(taken[at]);
					taken[at] = true;
				}
			}
			assert_true(parsed->fetch.size <= bytes);
			value_lists_destroy(&lists);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errors),      cmocka_unit_test(test_errors_with_results),
		cmocka_unit_test(test_missing_end), cmocka_unit_test(test_limits),
		cmocka_unit_test(test_slots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
