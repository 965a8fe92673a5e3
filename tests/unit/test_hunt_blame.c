/* SPDX-License-Identifier: MIT */
/* test_hunt_blame.c - whose doing a wait was, and what that one did meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hunt_world.h"

static const struct hunt_settings plain = {.sample_ns = 1000000};
static const struct hunt_report_options none;

static void check_holder(const struct hunt_report *report)
{
	const struct hunt_doing *cause = &report->causes[0], *meanwhile = cause->meanwhile;

	assert_doing(cause, "sync.Mutex.Lock", "main.(*cache).Get", "sync.(*Mutex).Lock");
	assert_int_equal(cause->by_goid, 20);
	assert_string_equal(cause->by.function->text, "main.refresh");
	assert_int_equal(cause->by.line, 30);
	assert_int_equal(cause->behind, 0);
	assert_int_equal(cause->num_meanwhile, 2);
	assert_doing(&meanwhile[0], "sleep", "main.load", "time.Sleep");
	assert_int_equal(meanwhile[0].ns, 60000000);
	assert_int_equal(meanwhile[0].goid, 20);
	assert_int_equal((int)(meanwhile[0].share * 100 + 0.5), 75);
	assert_doing(&meanwhile[1], "cpu", "main.burn", "crypto/sha256.Sum256");
	assert_int_equal(meanwhile[1].ns, 15000000);
}

/* A goroutine that holds a lock sleeps and burns meanwhile. */
static void test_holder(void **state)
{
	struct world world;
	uint64_t us, load, get, unlock, burn;

	world_begin(&world, &(struct hunt_settings){.sample_ns = 5000000});
	load = STACK(&world, PARK, SLEEP, LOAD, REFRESH);
	get = STACK(&world, PARK, LOCK, GET, HANDLE);
	unlock = STACK(&world, UNLOCK, REFRESH);
	burn = STACK(&world, SHA, BURN, REFRESH);
	us = world_be_fast(&world, 1, 0);
	world_enter(&world, 1, us);
	/* One of before, and one of another goroutine, which have no part in it. */
	world_wait(&world, 20, us - 900, us - 10, us, REASON_SLEEP, load, 0, 0);
	world_wait(&world, 21, us, us + 70000, us + 70000, REASON_SLEEP, load, 0, 0);
	world_wait(&world, 20, us, us + 60000, us + 60000, REASON_SLEEP, load, 0, 0);
	for (unsigned i = 0; i < 3; i++)
		world_sample(&world, 20, us + 61000 + i * 5000, burn);
	world_wait(&world, 1, us, us + 80000, us + 80000, REASON_LOCK, get, 20, unlock);
	/* What it does then is no matter either. */
	world_sample(&world, 20, us + 80001, burn);
	world_leave(&world, 1, us + 80010);
	world_report(&world, &none, check_holder);
	world_end(&world);
}

/* All of the call was a wait for the lock that goroutine 20 had. */
static void end_locked(struct world *world, uint64_t us, uint64_t end_us,
		       void (*check)(const struct hunt_report *report))
{
	world_wait(world, 1, us, end_us, end_us, REASON_LOCK, STACK(world, PARK, LOCK, GET, HANDLE),
		   20, STACK(world, UNLOCK, REFRESH));
	world_leave(world, 1, end_us);
	world_report(world, &none, check);
	world_end(world);
}

static void check_busy_holder(const struct hunt_report *report)
{
	const struct hunt_doing *cause = &report->causes[0];

	assert_int_equal(cause->by_goid, 20);
	assert_int_equal(cause->num_meanwhile, 1);
	assert_doing(cause->meanwhile, "cpu", "main.burn", "crypto/sha256.Sum256");
	assert_int_equal(cause->meanwhile->ns, 500000000);
	assert_in_range(cause->meanwhile->count, 90, 110); /* told by some of them */
}

/* What it computes is seen at other instructions each time, and each of them is little of a long wait. */
static void test_busy_holder(void **state)
{
	struct world world;
	uint64_t us;

	world_begin(&world, &(struct hunt_settings){.sample_ns = 5000000});
	us = world_be_fast(&world, 1, 0);
	world_enter(&world, 1, us);
	for (unsigned i = 0; i < 100; i++)
		world_sample(&world, 20, us + 1000 + i * 20000,
			     STACK(&world, SHA + i, BURN, REFRESH));
	end_locked(&world, us, us + 2000000, check_busy_holder);
}

static void check_patient_holder(const struct hunt_report *report)
{
	const struct hunt_doing *cause = &report->causes[0], *meanwhile = cause->meanwhile;

	assert_int_equal(cause->num_meanwhile, 2);
	assert_doing(&meanwhile[0], "sleep", "main.load", "time.Sleep");
	assert_int_equal(meanwhile[0].ns, 800000000);
	assert_int_equal(meanwhile[0].count, 200);
	assert_int_equal(meanwhile[1].ns, 100000000);
	assert_int_equal(meanwhile[1].count, 1);
}

/* It waits again and again at one place, and each of these waits is little; one elsewhere is longer than each. */
static void test_patient_holder(void **state)
{
	struct world world;
	uint64_t us, load, other;

	world_begin(&world, &(struct hunt_settings){.sample_ns = 5000000});
	us = world_be_fast(&world, 1, 0);
	load = STACK(&world, PARK, SLEEP, LOAD, REFRESH);
	other = STACK(&world, PARK, SLEEP, BURN, REFRESH);
	world_enter(&world, 1, us);
	for (unsigned i = 0; i < 200; i++)
		world_wait(&world, 20, us + i * 5000, us + i * 5000 + 4000, us + i * 5000 + 4000,
			   REASON_SLEEP, load, 0, 0);
	world_wait(&world, 20, us + 1000000, us + 1100000, us + 1100000, REASON_SLEEP, other, 0, 0);
	end_locked(&world, us, us + 1200000, check_patient_holder);
}

static void check_convoy(const struct hunt_report *report)
{
	const struct hunt_doing *cause = &report->causes[0];

	assert_doing(cause, "sync.Mutex.Lock", "main.(*cache).Get", "sync.(*Mutex).Lock");
	assert_int_equal(cause->by_goid, 9);
	assert_string_equal(cause->by.function->text, "main.refresh");
	assert_int_equal(cause->behind, 2);
	assert_int_equal(cause->num_meanwhile, 1);
	assert_doing(&cause->meanwhile[0], "sleep", "main.load", "time.Sleep");
	assert_int_equal(cause->meanwhile[0].ns, 90000000);
	assert_int_equal(cause->meanwhile[0].goid, 9);
}

/* The lock went from hand to hand: the first in the row had it all the time. */
static void test_convoy(void **state)
{
	struct world world;
	uint64_t us, load, get, unlock, unlock_get;

	world_begin(&world, &plain);
	load = STACK(&world, PARK, SLEEP, LOAD, REFRESH);
	get = STACK(&world, PARK, LOCK, GET, HANDLE);
	unlock = STACK(&world, UNLOCK, REFRESH);
	unlock_get = STACK(&world, UNLOCK, GET, HANDLE);
	us = world_be_fast(&world, 1, 0);
	world_enter(&world, 1, us);
	world_wait(&world, 9, us, us + 90000, us + 90000, REASON_SLEEP, load, 0, 0);
	world_wait(&world, 3, us, us + 90010, us + 90020, REASON_LOCK, get, 9, unlock);
	world_wait(&world, 2, us, us + 90030, us + 90040, REASON_LOCK, get, 3, unlock_get);
	world_wait(&world, 1, us, us + 90050, us + 90060, REASON_LOCK, get, 2, unlock_get);
	world_leave(&world, 1, us + 90070);
	world_report(&world, &none, check_convoy);
	world_end(&world);
}

static void check_pipeline(const struct hunt_report *report)
{
	const struct hunt_doing *one = &report->causes[0], *two = one->meanwhile;

	assert_doing(one, "chan receive", "main.handle", NULL);
	assert_int_equal(one->by_goid, 2);
	assert_string_equal(one->by.function->text, "main.refresh");
	assert_int_equal(one->num_meanwhile, 1);
	assert_doing(two, "chan receive", "main.refresh", NULL);
	assert_int_equal(two->by_goid, 3);
	assert_string_equal(two->by.function->text, "main.load");
	assert_int_equal(two->num_meanwhile, 1);
	assert_doing(two->meanwhile, "sleep", "main.load", "time.Sleep");
	assert_int_equal(two->meanwhile->num_meanwhile, 0);
}

/* A call of goroutine 1, which waits for 2, which waits for 3, which sleeps; `by_timer`: 2 went on by itself. Returns
 * when it is over. */
static uint64_t call_through(struct world *world, uint64_t us, uint64_t sleep_us, bool by_timer)
{
	uint64_t end = us + sleep_us;

	world_enter(world, 1, us);
	world_wait(world, 3, us, end, end, REASON_SLEEP, STACK(world, PARK, SLEEP, LOAD), 0, 0);
	world_wait(world, 2, us, end + 10, end + 20, REASON_CHAN, STACK(world, REFRESH),
		   by_timer ? 0 : 3, by_timer ? 0 : STACK(world, LOAD));
	world_wait(world, 1, us, end + 30, end + 40, REASON_CHAN, STACK(world, HANDLE), 2,
		   STACK(world, REFRESH));
	world_leave(world, 1, end + 70);
	return end + 1000;
}

/* A chain of goroutines that wait for each other in different places. */
static void test_pipeline(void **state)
{
	struct world world;

	world_begin(&world, &plain);
	call_through(&world, world_be_fast(&world, 1, 0), 50000, false);
	world_report(&world, &none, check_pipeline);
	world_end(&world);
}

/* The same, but in one call, the longest one, goroutine 2 went on because its timer had come. */
static void test_pipeline_of_most_calls(void **state)
{
	struct world world;
	uint64_t us;

	world_begin(&world, &plain);
	us = world_be_fast(&world, 1, 0);
	us = call_through(&world, us, 50000, false);
	us = call_through(&world, us, 60000, true);
	call_through(&world, us, 50000, false);
	world_report(&world, &none, check_pipeline);
	world_end(&world);
}

static void check_hog(const struct hunt_report *report)
{
	const struct hunt_doing *cause = &report->causes[0];

	assert_string_equal(cause->kind_name, "runnable");
	assert_int_equal(cause->num_meanwhile, 1);
	assert_doing(cause->meanwhile, "cpu", "main.hog", NULL);
	assert_int_equal((int)(cause->meanwhile->share * 100 + 0.5), 100);
	assert_int_equal(cause->by_goid, 0);
}

/* Nobody ended that: others ran. */
static void test_hog(void **state)
{
	struct world world;
	uint64_t us, hog;
	union any_record room = {0};

	world_begin(&world, &plain);
	hog = STACK(&world, HOG);
	us = world_be_fast(&world, 1, 0);
	world_enter(&world, 1, us);
	for (unsigned i = 1; i < 40; i++)
		world_sample(&world, 5 + i % 3, us + i * 1000, hog);
	room.wait = (struct record_wait){
		.start_ns = world_ns(us), .ready_ns = world_ns(us), .state = STATE_RUNNABLE};
	world_feed(&world, &room, RECORD_WAIT, us + 40000, 1);
	world_leave(&world, 1, us + 40010);
	world_report(&world, &none, check_hog);
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_holder),
		cmocka_unit_test(test_busy_holder),
		cmocka_unit_test(test_patient_holder),
		cmocka_unit_test(test_convoy),
		cmocka_unit_test(test_pipeline),
		cmocka_unit_test(test_pipeline_of_most_calls),
		cmocka_unit_test(test_hog),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
