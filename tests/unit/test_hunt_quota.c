/* SPDX-License-Identifier: MIT */
/* test_hunt_quota.c - waits that end late since the threads that would have ended them had no processor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hunt_world.h"

static const struct hunt_settings plain = {.sample_ns = 1000000};
static const struct hunt_report_options none;

/* A thread outside of targets, which runs that goroutine, or none. */
static void lack(struct world *world, uint64_t from_us, uint64_t to_us, uint64_t goid)
{
	union any_record room = {.offcpu = {.start_ns = world_ns(from_us), .by = OFFCPU_BY_QUOTA}};

	world_feed(world, &room, RECORD_OFFCPU, to_us, goid);
}

static void assert_quota(const struct hunt_doing *doing, unsigned ms)
{
	assert_string_equal(doing->kind_name, "no cpu");
	assert_true(doing->parts[0].taker.is_quota);
	assert_int_equal(doing->ns / 1000000, ms);
}

static int percent(double share)
{
	return (int)(share * 100 + 0.5);
}

/* One call, from 0 to 100 ms, which waits all the time for that reason. */
static void report_wait(struct world *world, uint8_t reason, uint64_t by_goid,
			void (*check)(const struct hunt_report *report))
{
	uint64_t by_stack = by_goid ? STACK(world, UNLOCK, REFRESH) : 0;

	world_wait(world, 1, 0, 100000, 100000, reason, STACK(world, PARK, GET, HANDLE), by_goid,
		   by_stack);
	world_leave(world, 1, 100000);
	world_report(world, &none, check);
	world_end(world);
}

static void check_waker(const struct hunt_report *report)
{
	const struct hunt_doing *cause = &report->causes[0];

	assert_int_equal(cause->by_goid, 20);
	assert_int_equal(cause->num_meanwhile, 2);
	assert_quota(&cause->meanwhile[0], 60);
	assert_int_equal(cause->meanwhile[0].goid, 20);
	assert_doing(&cause->meanwhile[1], "cpu", "main.burn", "crypto/sha256.Sum256");
	/* The sample's time, not what is left of the wait. */
	assert_int_equal(cause->meanwhile[1].ns / 1000000, 10);
	assert_int_equal(percent(cause->quota_share), 60);
}

/* The goroutine that ended it had no processor for most of the time. */
static void test_waker(void **state)
{
	struct world world;

	world_begin(&world, &(struct hunt_settings){.sample_ns = 10000000});
	world_enter(&world, 1, 0);
	world_sample(&world, 20, 5000, STACK(&world, SHA, BURN, REFRESH));
	lack(&world, 10000, 70000, 20);
	lack(&world, 10000, 99000, 21); /* another one */
	report_wait(&world, REASON_LOCK, 20, check_waker);
}

static void check_runnable_waker(const struct hunt_report *report)
{
	const struct hunt_doing *cause = &report->causes[0], *runnable = &cause->meanwhile[0];

	assert_int_equal(cause->num_meanwhile, 2);
	assert_string_equal(runnable->kind_name, "runnable");
	assert_int_equal(runnable->ns / 1000000, 80);
	assert_int_equal(runnable->by_goid, 0);
	assert_int_equal(runnable->num_meanwhile, 1);
	assert_quota(&runnable->meanwhile[0], 80);
	assert_string_equal(cause->meanwhile[1].kind_name, "IO wait");
	assert_int_equal(cause->meanwhile[1].num_meanwhile, 0);
	assert_int_equal(percent(cause->quota_share), 80);
}

/* What that one waited for had come, and no thread of the program looked for it. */
static void test_runnable_waker(void **state)
{
	struct world world;

	world_begin(&world, &plain);
	world_enter(&world, 1, 0);
	lack(&world, 10000, 95000, 0);
	world_wait(&world, 20, 0, 15000, 95000, REASON_IO, STACK(&world, PARK, LOAD, REFRESH), 0,
		   0);
	report_wait(&world, REASON_LOCK, 20, check_runnable_waker);
}

static void check_late(const struct hunt_report *report)
{
	const struct hunt_doing *cause = &report->causes[0];

	assert_string_equal(cause->kind_name, "sleep");
	assert_int_equal(cause->num_meanwhile, 1);
	assert_quota(&cause->meanwhile[0], 89);
	assert_int_equal(percent(cause->quota_share), 90);
}

/* The thread that ended it, at once, had had no processor since it was woken. */
static void test_late(void **state)
{
	struct world world;

	world_begin(&world, &plain);
	world_enter(&world, 1, 0);
	lack(&world, 0, 50000, 0); /* that was not the last time */
	lack(&world, 10000, 99500, 0);
	lack(&world, 10000, 99900, 20);
	report_wait(&world, REASON_SLEEP, 0, check_late);
}

static void check_in_time(const struct hunt_report *report)
{
	assert_string_equal(report->causes[0].kind_name, "IO wait");
	assert_int_equal(report->causes[0].num_meanwhile, 0);
	assert_true(report->causes[0].quota_share == 0);
}

/* Threads had no processor, but none of them would have ended it. */
static void test_in_time(void **state)
{
	struct world world;

	world_begin(&world, &plain);
	world_enter(&world, 1, 0);
	lack(&world, 10000, 95000, 0); /* it had one for some time before */
	lack(&world, 10000, 99900, 20); /* it runs a goroutine */
	report_wait(&world, REASON_IO, 0, check_in_time);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_waker),
		cmocka_unit_test(test_runnable_waker),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
