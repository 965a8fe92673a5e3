/* SPDX-License-Identifier: MIT */
/* test_play.c - how far reading a recording is, in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "command/play.h"

static void check(uint64_t done, uint64_t size, uint64_t taken_ns, const char *wanted)
{
	char text[PLAY_PROGRESS_SIZE];

	play_progress_text(text, "slow.rec", done, size, taken_ns);
	assert_string_equal(text, wanted);
}

static void test_progress(void **state)
{
	check(25, 100, 4000000000, "reading slow.rec: 25 %, 12s left");
	check(999, 1000, 1998000000, "reading slow.rec: 99 %, 0s left");
	check(100, 100, 1, "reading slow.rec: 100 %, 0s left");
	check(UINT64_MAX / 2, UINT64_MAX, 1000000000, "reading slow.rec: 50 %, 1s left");
	/* Nothing is known of a pipe, of the beginning, and of a file that grows. */
	check(1000, 0, 1, "reading slow.rec");
	check(0, 100, 1, "reading slow.rec");
	check(101, 100, 1, "reading slow.rec");
}

static void test_long_name(void **state)
{
	char path[1000], text[PLAY_PROGRESS_SIZE];

	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = 0;
	play_progress_text(text, path, 1, 2, 1);
	assert_int_equal(strlen(text), PLAY_PROGRESS_SIZE - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_progress),
					   cmocka_unit_test(test_long_name)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
