/* SPDX-License-Identifier: MIT */
/* test_progress.c - the line that tells what goes on: what it says, and what is left out first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "command/progress.h"
#include "guard/told.h"

static const struct progress tracing = {
	.num_funcs = 1204,
	.num_probes = 3611,
	.guard = {.num_processes = 2, .share = 0.0314},
	.counted = {.count = 48, .one = "call of a target", .many = "calls of targets"}};

static void assert_text(const struct progress *progress, size_t columns, const char *expected)
{
	char text[STATUS_LINE_SIZE];

	progress_text(progress, columns, text);
	assert_string_equal(text, expected);
}

/* As wide as it is, and a column less. */
static void test_cut(void **state)
{
	assert_text(
		&tracing, 200,
		"tracing 1,204 functions (3,611 probes) · 2 processes · 48 calls of targets · overhead 3.1 %");
	assert_text(
		&tracing, 91,
		"tracing 1,204 functions (3,611 probes) · 2 processes · 48 calls of targets · overhead 3.1 %");
	assert_text(&tracing, 90,
		    "tracing 1,204 functions · 2 processes · 48 calls of targets · overhead 3.1 %");
	assert_text(&tracing, 76,
		    "tracing 1,204 functions · 2 processes · 48 calls of targets · overhead 3.1 %");
	assert_text(&tracing, 75, "2 processes · 48 calls of targets · overhead 3.1 %");
	assert_text(&tracing, 49, "48 calls of targets · overhead 3.1 %");
	assert_text(&tracing, 35, "48 calls of targets");
	assert_text(&tracing, 18, "");
}

static void test_counts(void **state)
{
	struct progress progress = tracing;

	progress.num_funcs = progress.num_probes = progress.guard.num_processes = 1;
	progress.counted.count = 1;
	progress.guard.share = -1;
	assert_text(&progress, 200,
		    "tracing 1 function (1 probe) · 1 process · 1 call of a target");
	progress.guard.num_processes = 0;
	progress.guard.share = 0.0995;
	assert_text(
		&progress, 200,
		"tracing 1 function (1 probe) · no process runs it · 1 call of a target · overhead 10 %");
	progress.guard.share = 1.4;
	progress.are_processes_chosen = true;
	progress.counted.count = 1234567;
	progress.counted.are_chosen = true;
	progress.counted.num_shown = 1000;
	assert_text(
		&progress, 200,
		"tracing 1 function (1 probe) · 1,234,567 calls of targets, 1,000 shown · overhead 140 %");
	progress.num_funcs = 0;
	progress.counted = (struct progress_count){0};
	assert_text(&progress, 200, "tracing goroutines (1 probe) · overhead 140 %");
}

static void test_attaching(void **state)
{
	struct progress progress = {
		.num_funcs = 5000,
		.is_attaching = true,
		.guard = {.num_sites = 17050,
			  .num_attached = 5120,
			  .num_off = 12,
			  .num_processes = 1,
			  .share = 0.2},
		.counted = tracing.counted,
	};

	assert_text(
		&progress, 200,
		"attaching 5,120 of 17,050 probes · 12 functions left out · 1 process · overhead 20 %");
	assert_text(&progress, 80,
		    "attaching 5,120 of 17,050 probes · 12 functions left out · overhead 20 %");
	assert_text(&progress, 60, "attaching 5,120 of 17,050 probes · 12 functions left out");
	assert_text(&progress, 40, "attaching 5,120 of 17,050 probes");
	assert_text(&progress, 20, "");
	progress.guard.num_off = 0;
	progress.guard.share = -1;
	assert_text(&progress, 80, "attaching 5,120 of 17,050 probes · 1 process");
}

/* Numbers as large as they get. */
static void test_longest(void **state)
{
	struct progress progress = {
		.num_funcs = SIZE_MAX,
		.num_probes = SIZE_MAX,
		.guard = {.num_sites = SIZE_MAX,
			  .num_attached = SIZE_MAX,
			  .num_off = SIZE_MAX,
			  .num_processes = SIZE_MAX,
			  .share = 1e300},
		.counted = {UINT64_MAX, "change of state", "changes of state", true, UINT64_MAX}};
	char text[STATUS_LINE_SIZE];

	progress_text(&progress, 1000, text);
	progress.is_attaching = true;
	progress_text(&progress, 1000, text);
}

/* A batch that turned out to be too large goes, and comes again: what is told does not go back. */
static void test_attaching_goes_on(void **state)
{
	const struct plan plan = {.num_sites = 500};
	const struct guard_step steps[] = {
		{.action = GUARD_ATTACH, .num_sites = 100},
		{.action = GUARD_TAKE_OFF, .num_funcs = 60},
		{.action = GUARD_ATTACH, .num_sites = 30},
		{.action = GUARD_ATTACH, .num_sites = 50},
	};
	const size_t told_by_then[] = {100, 100, 100, 120};
	struct told told;

	(void)state;
	told_init(&told, &plan, 20, false);
	for (size_t i = 0; i < 4; i++) {
		told_begin_step(&told, &steps[i], 1);
		assert_int_equal(told.most_attached, told_by_then[i]);
	}
	assert_int_equal(told.num_attached, 120);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attaching_goes_on),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_attaching),
		cmocka_unit_test(test_longest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
