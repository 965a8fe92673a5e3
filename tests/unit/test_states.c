/* SPDX-License-Identifier: MIT */
/* test_states.c - records into changes of goroutines' states. */
#include "states_watch.h"

static void test_life(void **state)
{
	struct watch *watch = *state;

	go(watch, 2000, 34);
	assert_true(last(watch)->is_start);
	assert_false(last(watch)->has_duration);
	assert_int_equal(last(watch)->by_goid, 1);
	assert_int_equal(last(watch)->go_va, MAIN_VA + 8);
	assert_int_equal(last(watch)->start_va, WORKER_VA);
	change(watch, 2010, 34, STATE_RUNNABLE, STATE_RUNNING, 0);
	assert_true(last(watch)->has_duration);
	assert_int_equal(last(watch)->duration_ns, 10);
	assert_false(last(watch)->has_reason);
	assert_false(last(watch)->is_start);
	change(watch, 2030, 34, STATE_RUNNING, STATE_WAITING, CHAN);
	assert_int_equal(last(watch)->duration_ns, 20);
	assert_true(last(watch)->has_reason);
	assert_int_equal(last(watch)->reason, CHAN);
	change(watch, 2070, 34, STATE_WAITING, STATE_RUNNABLE, SELECT);
	assert_int_equal(last(watch)->duration_ns, 40);
	assert_int_equal(last(watch)->reason, SELECT);
	change(watch, 2071, 34, STATE_RUNNABLE, STATE_RUNNING, 0);
	change(watch, 2072, 34, STATE_RUNNING, STATE_DEAD, 0);
	assert_int_equal(last(watch)->duration_ns, 1);
	/* Whatever comes under this goid now is met for the first time. */
	change(watch, 2080, 34, STATE_DEAD, STATE_SYSCALL, 0);
	assert_false(last(watch)->has_duration);
	assert_int_equal(watch->num_changes, 7);
}

static void test_first_change_has_no_duration(void **state)
{
	struct watch *watch = *state;

	change(watch, 2000, 34, STATE_WAITING, STATE_RUNNABLE, CHAN);
	assert_false(last(watch)->has_duration);
	assert_int_equal(last(watch)->duration_ns, 0);
	assert_int_equal(last(watch)->reason, CHAN);
	change(watch, 2005, 34, STATE_RUNNABLE, STATE_RUNNING, CHAN);
	assert_int_equal(last(watch)->duration_ns, 5);
}

/* reentersyscall tells it, and casgstatus then. */
static void test_told_twice(void **state)
{
	struct watch *watch = *state;

	change(watch, 2000, 34, STATE_RUNNING, STATE_SYSCALL, 0);
	change(watch, 2001, 34, STATE_RUNNING, STATE_SYSCALL, 0);
	assert_int_equal(watch->num_changes, 1);
	change(watch, 2010, 34, STATE_SYSCALL, STATE_RUNNING, 0);
	assert_int_equal(last(watch)->duration_ns, 10);
	/* The mark that made exitsyscall's own swap fail. */
	change(watch, 2011, 34, STATE_SYSCALL, STATE_SYSCALL | STATE_SCAN, 0);
	change(watch, 2012, 34, STATE_SYSCALL, STATE_RUNNING, 0);
	change(watch, 2013, 34, STATE_SYSCALL | STATE_SCAN, STATE_SYSCALL, 0);
	assert_int_equal(watch->num_changes, 4);
	change(watch, 2020, 34, STATE_RUNNING, STATE_WAITING, CHAN);
	assert_int_equal(last(watch)->duration_ns, 10);
}

static void test_marks(void **state)
{
	struct watch *watch = *state;

	change(watch, 2000, 34, STATE_RUNNING, STATE_WAITING, CHAN);
	change(watch, 2010, 34, STATE_WAITING, STATE_WAITING | STATE_SCAN, CHAN);
	assert_int_equal(last(watch)->new_state, STATE_WAITING | STATE_SCAN);
	assert_int_equal(last(watch)->duration_ns, 10);
	change(watch, 2010, 34, STATE_WAITING, STATE_WAITING | STATE_SCAN, CHAN);
	assert_int_equal(watch->num_changes, 2);
	change(watch, 2020, 34, STATE_WAITING | STATE_SCAN, STATE_WAITING, CHAN);
	assert_int_equal(watch->num_changes, 3);
	change(watch, 2030, 34, STATE_WAITING, STATE_RUNNABLE, CHAN);
	assert_int_equal(last(watch)->duration_ns, 30);
}

/* casgstatus is told when it begins, and waits for the mark to go. */
static void test_mark_taken_away_late(void **state)
{
	struct watch *watch = *state;

	change(watch, 2000, 34, STATE_RUNNING, STATE_WAITING, CHAN);
	change(watch, 2010, 34, STATE_WAITING, STATE_WAITING | STATE_SCAN, CHAN);
	change(watch, 2020, 34, STATE_WAITING, STATE_RUNNABLE, CHAN);
	assert_int_equal(last(watch)->duration_ns, 20);
	change(watch, 2030, 34, STATE_WAITING | STATE_SCAN, STATE_WAITING, CHAN);
	change(watch, 2040, 34, STATE_RUNNABLE, STATE_RUNNING, 0);
	assert_true(last(watch)->has_duration);
	assert_int_equal(last(watch)->duration_ns, 20);
}

static void test_preempted_with_mark(void **state)
{
	struct watch *watch = *state;

	change(watch, 2000, 34, STATE_RUNNABLE, STATE_RUNNING, 0);
	change(watch, 2010, 34, STATE_RUNNING, STATE_PREEMPTED | STATE_SCAN, 0);
	assert_int_equal(last(watch)->duration_ns, 10);
	change(watch, 2015, 34, STATE_PREEMPTED | STATE_SCAN, STATE_PREEMPTED, 0);
	change(watch, 2030, 34, STATE_PREEMPTED, STATE_WAITING, CHAN);
	assert_int_equal(last(watch)->duration_ns, 20);
}

static void test_lost(void **state)
{
	struct watch *watch = *state;
	struct facts more = {.kind = RECORD_STATE,
			     .time_ns = 2500,
			     .goid = 34,
			     .lost = 3,
			     .old_state = STATE_WAITING,
			     .new_state = STATE_RUNNABLE};

	change(watch, 2000, 34, STATE_RUNNING, STATE_WAITING, CHAN);
	feed(watch, more);
	assert_false(last(watch)->has_duration);
	/* Also when nobody counted them. */
	change(watch, 2600, 34, STATE_RUNNING, STATE_SYSCALL, 0);
	assert_false(last(watch)->has_duration);
	change(watch, 2610, 34, STATE_SYSCALL, STATE_RUNNING, 0);
	assert_int_equal(last(watch)->duration_ns, 10);
}

static void test_lost_of_somebody(void **state)
{
	struct watch *watch = *state;

	change(watch, 2000, 34, STATE_RUNNING, STATE_WAITING, CHAN);
	feed(watch, (struct facts){.kind = RECORD_STATISTICS, .time_ns = 2100, .num_lost = 1});
	change(watch, 2500, 34, STATE_WAITING, STATE_RUNNABLE, CHAN);
	assert_true(last(watch)->is_uncertain);
	assert_int_equal(last(watch)->duration_ns, 500);
	change(watch, 2600, 34, STATE_RUNNABLE, STATE_RUNNING, 0);
	assert_false(last(watch)->is_uncertain);
	/* Its beginning may be what was lost. */
	change(watch, 2600, 35, STATE_RUNNABLE, STATE_RUNNING, 0);
	summarize(watch, 2600);
	assert_int_equal(watch->goroutines[0].goid, 34);
	assert_int_equal(watch->goroutines[1].sums.ns[STATE_RUNNABLE], 500);
}

/* Probes were off for a while. */
static void test_gap(void **state)
{
	struct watch *watch = *state;

	change(watch, 2000, 34, STATE_RUNNING, STATE_WAITING, CHAN);
	feed(watch, (struct facts){.kind = RECORD_GAP, .time_ns = 2100});
	change(watch, 2150, 34, STATE_WAITING, STATE_RUNNABLE, CHAN);
	assert_true(last(watch)->is_uncertain);
	assert_int_equal(last(watch)->duration_ns, 150);
	change(watch, 2160, 34, STATE_RUNNABLE, STATE_RUNNING, 0);
	assert_true(last(watch)->is_uncertain);
	feed(watch, (struct facts){.kind = RECORD_GAP_END, .time_ns = 2200});
	change(watch, 2300, 34, STATE_RUNNING, STATE_SYSCALL, 0);
	assert_true(last(watch)->is_uncertain);
	change(watch, 2400, 34, STATE_SYSCALL, STATE_RUNNING, 0);
	assert_false(last(watch)->is_uncertain);
	/* Its beginning may have been in the gap. */
	change(watch, 2500, 35, STATE_RUNNABLE, STATE_RUNNING, 0);
	summarize(watch, 2500);
	assert_int_equal(watch->goroutines[0].goid, 35);
	assert_int_equal(watch->goroutines[0].sums.ns[STATE_RUNNABLE], 300);
}

static void test_time_never_goes_back(void **state)
{
	struct watch *watch = *state;

	change(watch, 2000, 34, STATE_RUNNABLE, STATE_RUNNING, 0);
	change(watch, 1990, 34, STATE_RUNNING, STATE_SYSCALL, 0);
	assert_true(last(watch)->has_duration);
	assert_int_equal(last(watch)->duration_ns, 0);
	assert_int_equal(last(watch)->time_ns, 2000);
	change(watch, 2010, 34, STATE_SYSCALL, STATE_RUNNING, 0);
	assert_int_equal(last(watch)->duration_ns, 10);
}

static void test_waker(void **state)
{
	struct watch *watch = *state;
	struct facts more = {.kind = RECORD_STATE,
			     .time_ns = 2000,
			     .goid = 34,
			     .old_state = STATE_WAITING,
			     .new_state = STATE_RUNNABLE,
			     .by_goid = 41,
			     .by_stack = {0x1111}};

	feed(watch, more);
	assert_int_equal(last(watch)->by_goid, 41);
	assert_non_null(last(watch)->by_stack);
	more.old_state = STATE_RUNNABLE;
	more.new_state = STATE_RUNNING;
	feed(watch, more);
	assert_int_equal(last(watch)->by_goid, 0);
	assert_null(last(watch)->by_stack);
	change(watch, 2001, 34, STATE_RUNNING, STATE_WAITING, CHAN);
	more.old_state = STATE_WAITING;
	more.new_state = STATE_RUNNABLE;
	more.by_goid = 34;
	feed(watch, more);
	assert_int_equal(last(watch)->by_goid, 0);
}

static void test_without_goid(void **state)
{
	struct watch *watch = *state;

	change(watch, 2000, 0, STATE_IDLE, STATE_DEAD, 0);
	change(watch, 2010, 0, STATE_IDLE, STATE_DEAD, 0);
	assert_int_equal(watch->num_changes, 2);
	assert_false(last(watch)->has_duration);
}

/* A record without an origin has nothing behind it. */
static void test_short_record(void **state)
{
	struct watch *watch = *state;
	struct record_state *record = calloc(1, sizeof(*record));

	assert_non_null(record);
	*record = (struct record_state){.header = {.kind = RECORD_STATE,
						   .size = sizeof(*record),
						   .time_ns = 2000,
						   .goid = 34},
					.reason = 30,
					.old_state = STATE_WAITING,
					.new_state = STATE_RUNNABLE};
	assert_null(states_feed(watch->states, &record->header));
	assert_int_equal(last(watch)->start_va, 0);
	assert_int_equal(last(watch)->reason, 30);
	record->header.kind = RECORD_ENTRY;
	assert_null(states_feed(watch->states, &record->header));
	assert_int_equal(watch->num_changes, 1);
	free(record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LINES(test_life),
		LINES(test_first_change_has_no_duration),
		LINES(test_told_twice),
		LINES(test_marks),
		LINES(test_mark_taken_away_late),
		LINES(test_preempted_with_mark),
		LINES(test_lost),
		SUMMARY(test_lost_of_somebody),
		SUMMARY(test_gap),
		LINES(test_time_never_goes_back),
		LINES(test_waker),
		LINES(test_without_goid),
		LINES(test_short_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
