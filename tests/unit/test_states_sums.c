/* SPDX-License-Identifier: MIT */
/* test_states_sums.c - changes of goroutines' states into sums of time. */
#include "states_watch.h"

static void test_sums(void **state)
{
	struct watch *watch = *state;
	const struct state_sums *sums = &watch->goroutines[0].sums;

	go(watch, 2000, 34);
	change(watch, 2010, 34, STATE_RUNNABLE, STATE_RUNNING, 0);
	change(watch, 2030, 34, STATE_RUNNING, STATE_WAITING, CHAN);
	/* The reason became known later: it is the right one. */
	change(watch, 2130, 34, STATE_WAITING, STATE_RUNNABLE, SELECT);
	change(watch, 2140, 34, STATE_RUNNABLE, STATE_RUNNING, 0);
	change(watch, 2150, 34, STATE_RUNNING, STATE_SYSCALL, 0);
	change(watch, 2157, 34, STATE_SYSCALL, STATE_RUNNING, 0);
	change(watch, 2160, 34, STATE_RUNNING, STATE_WAITING, SLEEP);
	summarize(watch, 2200);
	assert_int_equal(watch->num_goroutines, 1);
	assert_int_equal(watch->goroutines[0].goid, 34);
	assert_int_equal(watch->goroutines[0].pid, 812);
	assert_int_equal(watch->goroutines[0].start_va, WORKER_VA);
	assert_int_equal(watch->goroutines[0].num_living, 1);
	assert_int_equal(sums->ns[STATE_RUNNABLE], 20);
	assert_int_equal(sums->ns[STATE_RUNNING], 20 + 10 + 3);
	assert_int_equal(sums->ns[STATE_SYSCALL], 7);
	assert_int_equal(sums->ns[STATE_WAITING], 140);
	assert_int_equal(sums->waiting_ns[SELECT], 100);
	assert_int_equal(sums->waiting_ns[CHAN], 0);
	assert_int_equal(sums->waiting_ns[SLEEP], 40);
	assert_int_equal(sums->waits[SELECT], 1);
	assert_int_equal(sums->waits[SLEEP], 1);
	assert_int_equal(sums->longest_wait_ns, 100);
	assert_int_equal(sums->longest_wait_reason, SELECT);
	assert_int_equal(sums->changes, 7);

	/* Summing up changes nothing. */
	change(watch, 2360, 34, STATE_WAITING, STATE_RUNNABLE, SLEEP);
	summarize(watch, 2360);
	assert_int_equal(sums->waiting_ns[SLEEP], 200);
	assert_int_equal(sums->waits[SLEEP], 1);
	assert_int_equal(sums->longest_wait_ns, 200);
	assert_memory_equal(&watch->functions[0].sums, sums, sizeof(*sums));
	assert_int_equal(watch->num_functions, 1);
}

/* What the kernel does with one that runs is no change of its state. */
static void test_no_cpu(void **state)
{
	struct watch *watch = *state;
	const struct state_sums *sums = &watch->goroutines[0].sums;

	change(watch, 1990, 35, STATE_NO_CPU, STATE_RUNNING, 0); /* nobody knows who that is */
	go(watch, 2000, 34);
	change(watch, 2010, 34, STATE_RUNNABLE, STATE_RUNNING, 0);
	change(watch, 2030, 34, STATE_RUNNING, STATE_NO_CPU, 0);
	change(watch, 2130, 34, STATE_NO_CPU, STATE_RUNNING, 0);
	assert_int_equal(last(watch)->duration_ns, 100);
	change(watch, 2140, 34, STATE_RUNNING, STATE_NO_CPU, 0);
	summarize(watch, 2200);
	assert_int_equal(watch->num_goroutines, 1);
	assert_int_equal(sums->ns[STATE_RUNNABLE], 10);
	assert_int_equal(sums->ns[STATE_RUNNING], 30);
	assert_int_equal(sums->ns[STATE_NO_CPU], 160);
	assert_int_equal(sums->changes, 1);
}

/* It becomes known when the wait is in sums already; all of it was for that reason. */
static void test_reason_known_after_summing(void **state)
{
	struct watch *watch = *state;
	const struct state_sums *sums = &watch->goroutines[0].sums;

	go(watch, 2000, 34);
	change(watch, 2010, 34, STATE_RUNNABLE, STATE_RUNNING, 0);
	change(watch, 2030, 34, STATE_RUNNING, STATE_WAITING, SLEEP);
	change(watch, 2040, 34, STATE_WAITING, STATE_RUNNABLE, SLEEP);
	change(watch, 2050, 34, STATE_RUNNABLE, STATE_WAITING, SLEEP);
	summarize(watch, 2100);
	assert_int_equal(sums->longest_wait_reason, SLEEP);
	/* By the collector's mark, and by the end of the wait. */
	change(watch, 2110, 34, STATE_WAITING, STATE_WAITING | STATE_SCAN, CHAN);
	assert_int_equal(sums->waits[SLEEP], 2);
	summarize(watch, 2110);
	assert_int_equal(sums->waits[SLEEP], 1);
	assert_int_equal(sums->waiting_ns[SLEEP], 10);
	assert_int_equal(sums->waits[CHAN], 1);
	assert_int_equal(sums->waiting_ns[CHAN], 60);
	assert_int_equal(sums->longest_wait_reason, CHAN);
	change(watch, 2130, 34, STATE_WAITING | STATE_SCAN, STATE_RUNNABLE, SELECT);
	summarize(watch, 2130);
	assert_int_equal(sums->waits[CHAN], 0);
	assert_int_equal(sums->waiting_ns[CHAN], 0);
	assert_int_equal(sums->waits[SELECT], 1);
	assert_int_equal(sums->waiting_ns[SELECT], 80);
	assert_int_equal(sums->ns[STATE_WAITING], 90);
	assert_int_equal(sums->longest_wait_ns, 80);
	assert_int_equal(sums->longest_wait_reason, SELECT);
	assert_memory_equal(&watch->functions[0].sums, sums, sizeof(*sums));
}

/* Without a record but the collector's: it waits. */
static void test_sums_of_a_calm_one(void **state)
{
	struct watch *watch = *state;

	change(watch, 2000, 34, STATE_WAITING, STATE_WAITING | STATE_SCAN, SLEEP);
	summarize(watch, 3000);
	assert_int_equal(watch->goroutines[0].sums.waiting_ns[SLEEP], 3000 - START_NS);
	assert_int_equal(watch->goroutines[0].sums.changes, 0);
}

/* What it did when tracing began it did since then. */
static void test_sums_count_from_start(void **state)
{
	struct watch *watch = *state;

	change(watch, 5000, 34, STATE_WAITING, STATE_RUNNABLE, CHAN);
	change(watch, 5000, 35, STATE_DEAD, STATE_SYSCALL, 0);
	assert_false(last(watch)->has_duration);
	summarize(watch, 5000);
	assert_int_equal(watch->goroutines[0].sums.waiting_ns[CHAN], 5000 - START_NS);
	assert_int_equal(watch->goroutines[1].sums.ns[STATE_DEAD], 0);
}

static void test_sums_of_functions(void **state)
{
	struct watch *watch = *state;

	go(watch, 2000, 34);
	go(watch, 2000, 35);
	feed(watch, (struct facts){.kind = RECORD_GO,
				   .time_ns = 2000,
				   .goid = 36,
				   .old_state = STATE_DEAD,
				   .new_state = STATE_WAITING,
				   .reason = CHAN,
				   .start_va = MAIN_VA});
	change(watch, 2010, 34, STATE_RUNNABLE, STATE_RUNNING, 0);
	change(watch, 2020, 34, STATE_RUNNING, STATE_DEAD, 0);
	summarize(watch, 2100);
	assert_int_equal(watch->num_goroutines, 3);
	assert_int_equal(watch->num_functions, 2);
	/* By falling time not running: 100, 100, 10. */
	assert_int_equal(watch->goroutines[0].goid, 35);
	assert_int_equal(watch->goroutines[1].goid, 36);
	assert_int_equal(watch->goroutines[2].goid, 34);
	assert_int_equal(watch->goroutines[2].num_living, 0);
	assert_int_equal(watch->functions[0].start_va, WORKER_VA);
	assert_int_equal(watch->functions[0].num_goroutines, 2);
	assert_int_equal(watch->functions[0].sums.ns[STATE_RUNNABLE], 110);
	assert_int_equal(watch->functions[0].sums.ns[STATE_RUNNING], 10);
	assert_int_equal(watch->functions[1].sums.waiting_ns[CHAN], 100);
}

/* Three are started by one statement with two functions, one by another. */
static void start_some(struct watch *watch)
{
	static const struct {
		uint64_t goid, start_va, go_va;
	} some[] = {{34, WORKER_VA, 0x1008},
		    {35, WORKER_VA, 0x1008},
		    {36, MAIN_VA, 0x1008},
		    {37, WORKER_VA, 0x1108}};

	for (size_t i = 0; i < 4; i++) {
		feed(watch, (struct facts){.kind = RECORD_GO,
					   .time_ns = 2000,
					   .goid = some[i].goid,
					   .old_state = STATE_DEAD,
					   .new_state = STATE_RUNNABLE,
					   .start_va = some[i].start_va,
					   .caller_va = some[i].go_va});
		change(watch, 2010 + i, some[i].goid, STATE_RUNNABLE, STATE_RUNNING, 0);
	}
}

static void test_sums_of_statements(void **state)
{
	struct watch *watch = *state;
	const struct state_row *rows = watch->statements;

	start_some(watch);
	change(watch, 2050, 34, STATE_RUNNING, STATE_DEAD, 0);
	change(watch, 2050, 37, STATE_RUNNING, STATE_WAITING, CHAN);
	/* This one began before tracing did; its origin tells the statement all the same. */
	feed(watch, (struct facts){.kind = RECORD_STATE,
				   .time_ns = 2060,
				   .goid = 38,
				   .old_state = STATE_WAITING,
				   .new_state = STATE_RUNNABLE,
				   .reason = SLEEP,
				   .go_va = 0x1108});
	summarize(watch, 2100);
	assert_int_equal(watch->num_statements, 2);
	assert_int_equal(rows[0].go_va, 0x1108);
	assert_int_equal(rows[0].start_va, WORKER_VA);
	assert_int_equal(rows[0].num_goroutines, 2);
	assert_int_equal(rows[0].num_living, 2);
	assert_int_equal(rows[0].sums.waiting_ns[CHAN], 50);
	assert_int_equal(rows[0].sums.waiting_ns[SLEEP], 2060 - START_NS);
	assert_int_equal(rows[0].sums.longest_wait_reason, SLEEP);
	assert_int_equal(rows[1].go_va, 0x1008);
	assert_int_equal(rows[1].start_va, 0);
	assert_int_equal(rows[1].num_goroutines, 3);
	assert_int_equal(rows[1].num_living, 2);
	assert_int_equal(rows[1].sums.ns[STATE_RUNNABLE], 10 + 11 + 12);
	assert_int_equal(rows[1].sums.ns[STATE_RUNNING], 40 + 89 + 88);
	assert_int_equal(rows[1].sums.changes, 4);
	assert_false(watch->tables[STATES_STATEMENTS].has_processes);
}

/* One row for those of a function that have ended; whoever lives has its own. */
static void test_ended_are_folded(void **state)
{
	struct watch *watch = *state;
	const struct state_row *rows = watch->goroutines;

	start_some(watch);
	for (uint64_t goid = 34; goid <= 36; goid++) {
		change(watch, 2050, goid, STATE_RUNNING, STATE_WAITING, CHAN);
		change(watch, 2050 + goid, goid, STATE_WAITING, STATE_DEAD, CHAN);
	}
	for (int i = 0; i < 2; i++) {
		summarize(watch, 2100);
		assert_int_equal(watch->num_goroutines, 3);
		assert_int_equal(rows[0].goid, 0);
		assert_int_equal(rows[0].start_va, WORKER_VA);
		assert_int_equal(rows[0].num_goroutines, 2);
		assert_int_equal(rows[0].num_living, 0);
		assert_int_equal(rows[0].sums.ns[STATE_RUNNABLE], 10 + 11);
		assert_int_equal(rows[0].sums.waiting_ns[CHAN], 34 + 35);
		assert_int_equal(rows[0].sums.waits[CHAN], 2);
		assert_int_equal(rows[0].sums.longest_wait_ns, 35);
		assert_int_equal(rows[0].sums.changes, 6);
		assert_int_equal(rows[1].goid, 0);
		assert_int_equal(rows[1].start_va, MAIN_VA);
		assert_int_equal(rows[1].num_goroutines, 1);
		assert_int_equal(rows[2].goid, 37);
		assert_int_equal(rows[2].num_living, 1);
	}
	assert_int_equal(watch->functions[0].num_goroutines, 3);
	assert_int_equal(watch->functions[0].num_living, 1);
}

static void test_order_and_limit(void **state)
{
	struct watch *watch = *state;

	start_some(watch);
	change(watch, 2020, 34, STATE_RUNNING, STATE_WAITING, CHAN);
	summarize(watch, 2100);
	assert_int_equal(watch->num_goroutines, 2);
	assert_int_equal(watch->goroutines[0].goid, 35);
	assert_int_equal(watch->goroutines[1].goid, 36);
	assert_int_equal(watch->tables[STATES_GOROUTINES].num_left_out, 2);
	assert_int_equal(watch->num_functions + watch->num_statements, 0);
}

static void test_names_of_orders(void **state)
{
	char names[] = STATE_ORDERS, *rest = names, *name;
	enum state_order order, expected = 0;

	for (; (name = strsep(&rest, " ")); expected++) {
		name[strcspn(name, ",")] = 0;
		assert_true(state_order_from_name(name, &order));
		assert_int_equal(order, expected);
	}
	assert_int_equal(expected, STATES_BY_GOROUTINES + 1);
	assert_false(state_order_from_name("", &order));
}

static void test_lost_time_is_in_no_sum(void **state)
{
	struct watch *watch = *state;

	go(watch, 2000, 34);
	change(watch, 2010, 34, STATE_RUNNABLE, STATE_RUNNING, 0);
	change(watch, 3000, 34, STATE_WAITING, STATE_RUNNABLE, CHAN);
	summarize(watch, 3010);
	assert_int_equal(watch->goroutines[0].sums.ns[STATE_RUNNING], 0);
	assert_int_equal(watch->goroutines[0].sums.ns[STATE_WAITING], 0);
	assert_int_equal(watch->goroutines[0].sums.ns[STATE_RUNNABLE], 20);
}

/* A thread of C's comes back with the goroutine that it had. */
static void test_comes_back(void **state)
{
	struct watch *watch = *state;

	change(watch, 2000, 34, STATE_SYSCALL, STATE_RUNNING, 0);
	change(watch, 2010, 34, STATE_RUNNING, STATE_DEAD, 0);
	summarize(watch, 2020);
	assert_int_equal(watch->goroutines[0].num_living, 0);
	change(watch, 2100, 34, STATE_DEAD, STATE_SYSCALL, 0);
	assert_false(last(watch)->has_duration);
	change(watch, 2110, 34, STATE_SYSCALL, STATE_RUNNING, 0);
	summarize(watch, 2120);
	assert_int_equal(watch->num_goroutines, 1);
	assert_int_equal(watch->goroutines[0].num_living, 1);
	assert_int_equal(watch->goroutines[0].sums.ns[STATE_RUNNING], 20);
	assert_int_equal(watch->goroutines[0].sums.ns[STATE_SYSCALL], 2000 - START_NS + 10);
	assert_int_equal(watch->functions[0].num_goroutines, 1);
}

static void test_processes(void **state)
{
	struct watch *watch = *state;

	go(watch, 2000, 34);
	feed(watch, (struct facts){.kind = RECORD_GO,
				   .time_ns = 2000,
				   .pid = 999,
				   .goid = 34,
				   .old_state = STATE_DEAD,
				   .new_state = STATE_RUNNABLE});
	of_process(watch, 2100, RECORD_PROCESS_EXIT, 812);
	summarize(watch, 2200);
	assert_int_equal(watch->num_goroutines, 2);
	assert_int_equal(watch->num_functions, 2);
	assert_int_equal(watch->goroutines[0].pid, 999);
	assert_int_equal(watch->goroutines[0].sums.ns[STATE_RUNNABLE], 200);
	assert_int_equal(watch->goroutines[1].pid, 812);
	assert_int_equal(watch->goroutines[1].sums.ns[STATE_RUNNABLE], 100);
	assert_int_equal(watch->goroutines[1].num_living, 0);
	/* Another program under the same pid has its own goroutine 34. */
	go(watch, 2300, 34);
	of_process(watch, 2310, RECORD_EXEC, 812);
	go(watch, 2400, 34);
	summarize(watch, 2400);
	assert_int_equal(watch->num_goroutines, 4);
}

static void test_bounds_with_ended(void **state)
{
	struct watch *watch = *state;
	uint64_t goid = 1;

	for (; goid <= STATES_MAX_GOROUTINES; goid++) {
		go(watch, 2000, goid);
		if (goid <= 2)
			change(watch, 2000, goid, STATE_RUNNABLE, STATE_DEAD, 0);
	}
	assert_int_equal(states_num_forgotten(watch->states), 0);
	/* The ended go first, then those unchanged for longest: 3. */
	for (; goid <= STATES_MAX_GOROUTINES + 3; goid++)
		go(watch, 2100, goid);
	assert_int_equal(states_num_forgotten(watch->states), 1);
	change(watch, 2150, 3, STATE_RUNNABLE, STATE_RUNNING, 0);
	assert_false(last(watch)->has_duration);
	change(watch, 2150, 5, STATE_RUNNABLE, STATE_RUNNING, 0);
	assert_true(last(watch)->has_duration);
	summarize(watch, 2150);
	/* The two that had ended are one row. */
	assert_int_equal(watch->num_goroutines, STATES_MAX_GOROUTINES + 1);
	assert_int_equal(watch->goroutines[MAX - 1].num_living, 1);
	assert_int_equal(watch->num_functions, 1);
	/* Of 3 and 4 the time up to 2100 is not lost to their function, nor counted twice. */
	assert_int_equal(watch->functions[0].sums.ns[STATE_RUNNABLE],
			 150ull * (STATES_MAX_GOROUTINES - 4) + 3 * 50 + 100 + 150);
}

static void test_bounds_of_functions(void **state)
{
	struct watch *watch = *state;

	for (uint64_t i = 1; i <= STATES_MAX_FUNCTIONS + 5; i++)
		feed(watch, (struct facts){.kind = RECORD_GO,
					   .time_ns = 2000,
					   .goid = i,
					   .old_state = STATE_DEAD,
					   .new_state = STATE_RUNNABLE,
					   .start_va = i * 16});
	summarize(watch, 2100);
	assert_int_equal(watch->num_functions, STATES_MAX_FUNCTIONS + 1);
	assert_int_equal(watch->functions[0].start_va, 0);
	assert_int_equal(watch->functions[0].num_goroutines, 5);
	assert_int_equal(watch->functions[0].sums.ns[STATE_RUNNABLE], 500);
}

/* Numbers that no Go has. */
static void test_nonsense(void **state)
{
	struct watch *watch = *state;

	for (unsigned i = 0; i < 512; i++)
		change(watch, 2000 + i * 10, 34, (uint8_t)i, (uint8_t)(i + 1), i);
	summarize(watch, UINT64_MAX);
	assert_int_equal(watch->num_goroutines, 1);
	summarize(watch, 0);
	assert_int_equal(watch->num_goroutines, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SUMMARY(test_sums),
		SUMMARY(test_no_cpu),
		SUMMARY(test_reason_known_after_summing),
		SUMMARY(test_sums_of_a_calm_one),
		SUMMARY(test_sums_count_from_start),
		SUMMARY(test_sums_of_functions),
		SUMMARY(test_sums_of_statements),
		FOLDED(test_ended_are_folded),
		cmocka_unit_test_setup_teardown(test_order_and_limit, start_limited, stop),
		cmocka_unit_test(test_names_of_orders),
		SUMMARY(test_lost_time_is_in_no_sum),
		SUMMARY(test_comes_back),
		SUMMARY(test_processes),
		SUMMARY(test_bounds_with_ended),
		SUMMARY(test_bounds_of_functions),
		SUMMARY(test_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
