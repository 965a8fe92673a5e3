/* SPDX-License-Identifier: MIT */
/* test_value_list.c - what users write behind a function's name: where it begins, and which operations it is. What
 * is refused: test_value_list_limits.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "value_list_parse.h"

/* ---- where a list begins ---- */

static void test_begin(void **state)
{
	static const struct {
		const char *name, *list;
	} rows[] = {
		{"main.f", "(a=%ax:s64)"},
		{"main.(*T).f", "(a=%ax:s64)"},
		{"main.(*T).f", "()"},
		{"main.(*T).f", "( ) "},
		{"main.f", "(a=%ax:s64)(b=%ax:s64)"},
		{"main.(*T).f", "()(b=%ax:s64)"},
		{"main.F[func(int) bool]", "() (b=%ax:s64)"},
		{"*", "(%ax:u8)"},
		{"main.[a-z]*", "(%ax:u8)"},
		{"main.F[func(int) bool]", "(%ax:u8)"},
		{"main.(*T[func(int)]).f", "(%ax:u8)"},
		{"main.F[interface { M(int) }]", "(%ax:u8)"},
		/* no list */
		{"main.f", ""},
		{"main.(*T).f", ""},
		{"main.(*T)", ""},
		{"main.(*T).*", ""},
		{"main.F[func(int) bool]", ""},
		{"main.F[[]func(a:b)]", ""},
		{"type:.eq.struct { F func(int) }", ""},
		{"(a)", ""},
		{"", ""},
		{"   ", ""},
		/* to be told of */
		{"main.f", "(a=%ax:s64"},
		{"main.f", "(a=%ax:s64))"},
		{"main.f", "(a=+0(%ax:s64)"},
		{"main.(*T).f", "((%ax:s64)"},
		/* odd brackets */
		{"main.f[", "(%ax:u8)"},
		{"main.(*T", ""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char pattern[128];

		snprintf(pattern, sizeof(pattern), "%s%s", rows[i].name, rows[i].list);
		if (value_list_begin(pattern) != strlen(rows[i].name))
			fail_msg("%s: %zu", pattern, value_list_begin(pattern));
	}
}

/* ---- operations ---- */

static void describe(const struct value_list *list, char *to, size_t size)
{
	*to = '\0';
	for (uint32_t i = 0; i < list->fetch.num_ops; i++) {
		const struct fetch_op *op = &list->fetch.ops[i];
		size_t used = strlen(to);
		const char *before = i && op->value != op[-1].value ? "; " : i ? " " : "";
		long long number = op->number;

		to += used;
		size -= used;
		switch (op->code) {
		case FETCH_REGISTER:
			snprintf(to, size, "%sr%u", before, op->reg);
			break;
		case FETCH_STACK_POINTER:
			snprintf(to, size, "%ssp", before);
			break;
		case FETCH_CONSTANT:
			snprintf(to, size, "%s%lld", before, number);
			break;
		case FETCH_LENGTH:
			snprintf(to, size, "%slen", before);
			break;
		case FETCH_LOAD:
			snprintf(to, size, "%sload%u%+lld", before, op->size, number);
			break;
		case FETCH_LABEL:
			snprintf(to, size, "%slabel%lld", before, number);
			break;
		case FETCH_SAVE_WORD:
			snprintf(to, size, "%sword@%u", before, op->at);
			break;
		case FETCH_SAVE_MEMORY:
			snprintf(to, size, "%smem%u%+lld@%u", before, op->size, number, op->at);
			break;
		case FETCH_SAVE_BYTES:
			snprintf(to, size, "%sbytes%u%+lld@%u", before, op->size, number, op->at);
			break;
		case FETCH_SAVE_TEXT:
			snprintf(to, size, "%stext%u@%u", before, op->size, op->at);
			break;
		default:
			fail_msg("operation %u", op->code);
		}
	}
}

static void test_operations(void **state)
{
	static const struct {
		const char *list, *ops;
	} rows[] = {
		{"%ax:s64", "r0 word@0"},
		{"ax:s64", "r0 word@0"},
		{"%rax:s64", "r0 word@0"},
		{"rax:s64", "r0 word@0"},
		{"(%r15):u8", "r15 word@0"},
		{"((%bx)):c64", "r3 word@0"},
		{"%sp:x64", "sp word@0"},
		{"%rsp:x64", "sp word@0"},
		{"7:u8", "7 word@0"},
		{"-0x10:s64", "-16 word@0"},
		{"+16(%ax):s64", "r0 mem8+16@0"},
		{"16(%ax):s32", "r0 mem4+16@0"},
		{"-8(%bp):bool", "r5 mem1-8@0"},
		{"0x10(%ax):f32", "r0 mem4+16@0"},
		{"*%ax:u16", "r0 mem2+0@0"},
		{"(*+0(%ax)):c64", "r0 load8+0 bytes8+0@0"},
		{"+0(+64(%bx)):c256", "r3 load8+64 bytes32+0@0"},
		{"**(%ax):x64", "r0 load8+0 mem8+0@0"},
		{"+8(+16(+24(%r9))):x8", "r9 load8+24 load8+16 mem1+8@0"},
		{"+0(4096):u64", "4096 mem8+0@0"},
		{"+0(%ax):string", "r0 load16+0 text128@0"},
		{"+8(*%ax):string", "r0 load8+0 load16+8 text128@0"},
		{"(%ax,%bx):string", "r3 len r0 text128@0"},
		{"( +0(%ax) , +8(%ax) ):string", "r0 load8+8 len r0 load8+0 text128@0"},
		{" a = %ax : s64 , b=%bx:u8 ", "r0 word@0; r3 word@8"},
		/* the largest comes last */
		{"%ax:u8, +0(%bx):string, +0(%cx):c512, +0(%di):u8",
		 "r0 word@0; r3 load16+0 text128@96; r1 bytes64+0@16; r7 mem1+0@8"},
		{"", ""},
		{"  ", ""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct value_lists lists;
		struct error *err = parse(&arch_x86_64, rows[i].list, &lists);
		char ops[512];

		if (err)
			fail_msg("%s: %s", rows[i].list, error_message(err));
		describe(&lists.items[0], ops, sizeof(ops));
		if (strcmp(ops, rows[i].ops))
			fail_msg("%s: %s", rows[i].list, ops);
		value_lists_destroy(&lists);
	}
}

static void test_registers_of_arm64(void **state)
{
	struct value_lists lists;
	char ops[256];

	assert_null(parse(&arch_arm64, "%x0:u8, x30:u8, +8(%sp):u64, lr:x64, %fp:x64, %x29:u8",
			  &lists));
	describe(&lists.items[0], ops, sizeof(ops));
	assert_string_equal(ops, "r0 word@0; r30 word@8; sp mem8+8@16; r30 word@24; r29 word@32; "
				 "r29 word@40");
	value_lists_destroy(&lists);
}

/* What is shown before a value, and what JSON has. */
static void test_texts(void **state)
{
	static const struct {
		const char *list, *label, *expr;
	} rows[] = {
		{"s.name=(*+0(%ax)):c64", "s.name", "s.name=(*+0(%ax)):c64"},
		{" n = %ax:u8 ", "n", "n = %ax:u8"},
		{"+8(%ax):u8", "+8(%ax)", "+8(%ax):u8"},
		{"ax :u8", "ax", "ax :u8"},
		{"a[0].b->c=%ax:u8", "a[0].b->c", "a[0].b->c=%ax:u8"},
		{"größe=%ax:u8", "größe", "größe=%ax:u8"},
		{"7=%ax:u8", "7", "7=%ax:u8"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct value_lists lists;

		assert_null(parse(&arch_x86_64, rows[i].list, &lists));
		assert_string_equal(lists.items[0].specs[0].label, rows[i].label);
		assert_string_equal(lists.items[0].specs[0].expr, rows[i].expr);
		value_lists_destroy(&lists);
	}
}

/* A second list is of results. */
static void test_results(void **state)
{
	static const struct {
		const char *pattern, *args, *results;
	} rows[] = {
		{"f(%ax:u8)(%bx:u8)", "r0 word@0", "r3 word@0"},
		{"f()(%bx:u8, (%ax,%cx):string)", "", "r3 word@0; r1 len r0 text128@8"},
		{"f(+8(%ax):u8) \t( %bx:u8 ) ", "r0 mem1+8@0", "r3 word@0"},
		{"f()()", "", ""},
		{"f(%ax:u8)", "r0 word@0", NULL},
		{"f((%ax):u8)", "r0 word@0", NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct value_lists lists = {};
		char ops[256];

		assert_null(value_lists_add(&lists, &arch_x86_64, rows[i].pattern, 1));
		assert_int_equal(lists.count, rows[i].results ? 2 : 1);
		describe(&lists.items[0], ops, sizeof(ops));
		assert_string_equal(ops, rows[i].args);
		assert_int_equal(lists.items[0].results, rows[i].results ? 2 : 0);
		if (rows[i].results) {
			describe(&lists.items[1], ops, sizeof(ops));
			assert_string_equal(ops, rows[i].results);
		}
		value_lists_destroy(&lists);
	}
}

/* Labels come behind values, in slots of their own; those that are there are not added again. */
static void test_labels(void **state)
{
	static const char *const labels[] = {"user", "path=/x=y", "k"};
	static const struct {
		const char *list, *ops;
		uint8_t shape;
	} rows[] = {
		{"", "label0 text128@0; label1 text128@144; label2 text128@288", VALUES_LARGE},
		{"%ax:u8", "r0 word@0; label0 text128@8; label1 text128@152; label2 text128@296",
		 VALUES_LARGE},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct value_lists lists;
		char ops[256];

		assert_null(parse(&arch_x86_64, rows[i].list, &lists));
		assert_null(value_list_add_labels(&lists.items[0], labels, 1));
		assert_int_equal(lists.items[0].fetch.shape, VALUES_SMALL);
		assert_null(value_list_add_labels(&lists.items[0], labels, 3));
		assert_null(value_list_add_labels(&lists.items[0], labels, 3));
		describe(&lists.items[0], ops, sizeof(ops));
		assert_string_equal(ops, rows[i].ops);
		assert_int_equal(lists.items[0].fetch.shape, rows[i].shape);
		assert_string_equal(lists.items[0].labels[1].spec.label, "path");
		value_lists_destroy(&lists);
	}
}

/* Operations of labels are part of what a small one has room for. */
static void test_labels_and_operations(void **state)
{
	static const char *const labels[] = {"user"};
	static const struct {
		const char *last;
		uint32_t num_ops;
		uint8_t shape;
	} rows[] = {
		{"%ax:u8", VALUES_SMALL_OPS, VALUES_SMALL},
		{"**%ax:u8", VALUES_SMALL_OPS + 1, VALUES_LARGE},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char list[256] = "";
		struct value_lists lists;

		for (int of_four = 0; of_four < 11; of_four++)
			strcat(list, "***%ax:u8,");
		strcat(list, rows[i].last);
		assert_null(parse(&arch_x86_64, list, &lists));
		assert_int_equal(lists.items[0].fetch.shape, VALUES_SMALL);
		assert_null(value_list_add_labels(&lists.items[0], labels, 1));
		assert_int_equal(lists.items[0].fetch.num_ops, rows[i].num_ops);
		assert_int_equal(lists.items[0].fetch.shape, rows[i].shape);
		value_lists_destroy(&lists);
	}
}

/* The list is full. */
static void test_no_room_for_labels(void **state)
{
	static const char *const labels[] = {"user"};
	char list[1024] = "";
	struct value_lists lists;
	struct error *err;

	for (int i = 0; i < 16; i++)
		strcat(list, i ? ",***%ax:u8" : "***%ax:u8");
	assert_null(parse(&arch_x86_64, list, &lists));
	err = value_list_add_labels(&lists.items[0], labels, 1);
	assert_non_null(strstr(error_message(err), "no room for label user"));
	error_free(err);
	value_lists_destroy(&lists);
}

/* By the registers that are something else at the probe. */
static void test_unknown(void **state)
{
	struct value_lists lists;
	const struct value_list *list;

	assert_null(parse(&arch_x86_64,
			  "%dx:u8, +8(%r12):u8, (%ax,%dx):string, 7:u8, %sp:u8, +0(+0(%dx)):u8",
			  &lists));
	list = &lists.items[0];
	assert_int_equal(value_list_unknown(list, 0), 0);
	assert_int_equal(value_list_unknown(list, 1 << 2), 0x25);
	assert_int_equal(value_list_unknown(list, 1 << 12), 0x02);
	assert_int_equal(value_list_unknown(list, 1 << 0), 0x04);
	/* the stack pointer is told of by site.sp_delta */
	assert_int_equal(value_list_unknown(list, 1 << 4), 0);
	assert_int_equal(value_list_unknown(list, UINT32_MAX), 0x27);
	value_lists_destroy(&lists);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_begin),
		cmocka_unit_test(test_operations),
		cmocka_unit_test(test_registers_of_arm64),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_labels_and_operations),
		cmocka_unit_test(test_no_room_for_labels),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
