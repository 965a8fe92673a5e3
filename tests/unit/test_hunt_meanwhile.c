/* SPDX-License-Identifier: MIT */
/* test_hunt_meanwhile.c - which waits of a goroutine are one to whoever asks what it did meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "hunt/meanwhile.h"

/* From..to, at one place. */
static struct history_wait wait_of(uint64_t from, uint64_t to, uint64_t by_goid)
{
	return (struct history_wait){.piece = {.kind = PIECE_WAIT,
					       .stack = 7,
					       .start_ns = from,
					       .ns = to - from,
					       .by_goid = by_goid,
					       .by_stack = by_goid ? 8 : 0,
					       .count = 1},
				     .end_ns = to + 1};
}

/* All that they took lies within the time. */
static void add_all(struct meanwhile *meanwhile, const struct history_wait *waits, size_t count)
{
	*meanwhile = (struct meanwhile){0};
	for (size_t i = count; i--;)
		meanwhile_add(meanwhile, &waits[i], waits[i].piece.ns, 0);
	meanwhile_sort(meanwhile);
}

/* A timer is a reason to look at the clock, and nobody's doing: what the goroutine waited for came last. */
static void test_timers(void **state)
{
	const struct history_wait waits[] = {wait_of(100, 600, 0), wait_of(610, 1100, 0),
					     wait_of(1101, 1200, 3)};
	struct meanwhile meanwhile;

	add_all(&meanwhile, waits, 3);
	assert_int_equal(meanwhile.count, 1);
	assert_ptr_equal(meanwhile.kinds[0].longest.last, &waits[2]);
	assert_int_equal(meanwhile.kinds[0].longest.start_ns, 100);
	assert_int_equal(meanwhile.kinds[0].waited_ns, 500 + 490 + 99);
	assert_int_equal(meanwhile.kinds[0].count, 3);
}

/* Each has timers of its own. */
static void test_one_after_the_other(void **state)
{
	const struct history_wait waits[] = {wait_of(100, 200, 0), wait_of(201, 290, 3),
					     wait_of(291, 400, 0), wait_of(401, 600, 3)};
	struct meanwhile meanwhile;

	add_all(&meanwhile, waits, 4);
	assert_int_equal(meanwhile.count, 1);
	assert_ptr_equal(meanwhile.kinds[0].longest.last, &waits[3]);
	assert_int_equal(meanwhile.kinds[0].longest.start_ns, 291);
	assert_int_equal(meanwhile.kinds[0].waited_ns, 100 + 89 + 109 + 199);
}

/* What the goroutine did when the timer had come took so long that the wait after it is another one. */
static void test_work_in_between(void **state)
{
	const struct history_wait waits[] = {wait_of(100, 600, 0), wait_of(1000, 1200, 3)};
	struct meanwhile meanwhile;

	add_all(&meanwhile, waits, 2);
	assert_int_equal(meanwhile.count, 2);
	assert_ptr_equal(meanwhile.kinds[0].longest.last, &waits[0]);
}

/* The same at another place, or where the timer came last: nobody has ended that. */
static void test_others(void **state)
{
	struct history_wait waits[] = {wait_of(100, 600, 0), wait_of(601, 700, 3)};
	struct meanwhile meanwhile;

	waits[0].piece.stack = 9;
	add_all(&meanwhile, waits, 2);
	assert_int_equal(meanwhile.count, 2);
	waits[0] = wait_of(100, 300, 3);
	waits[1] = wait_of(301, 700, 0);
	add_all(&meanwhile, waits, 2);
	assert_int_equal(meanwhile.count, 2);
	assert_ptr_equal(meanwhile.kinds[0].longest.last, &waits[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_timers),
		cmocka_unit_test(test_one_after_the_other),
		cmocka_unit_test(test_work_in_between),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
