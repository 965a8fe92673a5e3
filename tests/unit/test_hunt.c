/* SPDX-License-Identifier: MIT */
/* test_hunt.c - records of calls, waits and samples become the causes of slow calls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "hunt_world.h"

static const struct hunt_settings plain = {.sample_ns = 1000000};
static const struct hunt_report_options none;

/* Twenty calls of 10 us, one after the other from `us` on; when the last one ended. */
static uint64_t be_fast(struct world *world, uint64_t goid, uint64_t us)
{
	for (unsigned i = 0; i < 20; i++, us += 20) {
		world_enter(world, goid, us);
		world_leave(world, goid, us + 10);
	}
	return us;
}

/* ---- one slow call ---- */

static void check_sleep(const struct hunt_report *report)
{
	assert_string_equal(report->target.function->text, "main.handle");
	assert_int_equal(report->calls, 21);
	assert_int_equal(report->slow, 1);
	assert_false(report->alike);
	assert_int_equal(report->max_ns, 50000000);
	assert_int_equal(report->slow_ns, 50000000);
	assert_int_equal(report->fast_ns, 10000);
	assert_int_equal(report->causes[0].ns, 49000000);
	assert_true(report->causes[0].share > 0.97);
	assert_doing(&report->causes[0], "sleep", "main.load", "time.Sleep");
	assert_int_equal(report->causes[0].own.line, 40);
	assert_string_equal(report->causes[0].own.file->text, "/src/load.go");
	assert_int_equal(report->causes[0].num_frames, 4);
	assert_int_equal(report->causes[0].by_goid, 0);
	assert_doing(&report->causes[1], "runnable", "main.load", "time.Sleep");
	assert_int_equal(report->causes[1].ns, 500000);
	assert_int_equal(report->total_ns, 50000000);
	assert_int_equal(report->explained_ns, 50000000);
}

static void test_sleep(void **state)
{
	struct world world;
	uint64_t us, stack;

	world_begin(&world, &plain);
	stack = STACK(&world, PARK, SLEEP, LOAD, HANDLE);
	us = be_fast(&world, 1, 0);
	world_enter(&world, 1, us);
	world_wait(&world, 1, us + 200, us + 49200, us + 49700, REASON_SLEEP, stack, 0, 0);
	world_leave(&world, 1, us + 50000);
	assert_int_equal(hunt_num_calls(world.hunt), 21);
	assert_int_equal(world_report(&world, &none, check_sleep), 1);
	world_end(&world);
}

/* ---- no slow calls ---- */

static void check_alike(const struct hunt_report *report)
{
	assert_true(report->alike);
	assert_int_equal(report->slow, 0);
	assert_int_equal(report->looked_at, 20);
	assert_int_equal(report->causes[0].ns, 10000);
	assert_doing(&report->causes[0], "cpu", NULL, NULL);
}

static void check_slower(const struct hunt_report *report)
{
	assert_false(report->alike);
	assert_int_equal(report->slow, 0);
	assert_int_equal(report->num_causes, 0);
}

static void test_alike(void **state)
{
	struct world world;

	world_begin(&world, &plain);
	assert_int_equal(world_report(&world, &none, NULL), 0);
	be_fast(&world, 1, 0);
	world_report(&world, &none, check_alike);
	world_report(&world, &(struct hunt_report_options){.slower_ns = 1000000}, check_slower);
	world_end(&world);
}

/* ---- whose doing ---- */

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
	us = be_fast(&world, 1, 0);
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
	us = be_fast(&world, 1, 0);
	world_enter(&world, 1, us);
	for (unsigned i = 0; i < 100; i++)
		world_sample(&world, 20, us + 1000 + i * 20000,
			     STACK(&world, SHA + i, BURN, REFRESH));
	world_wait(&world, 1, us, us + 2000000, us + 2000000, REASON_LOCK,
		   STACK(&world, PARK, LOCK, GET, HANDLE), 20, STACK(&world, UNLOCK, REFRESH));
	world_leave(&world, 1, us + 2000000);
	world_report(&world, &none, check_busy_holder);
	world_end(&world);
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
	us = be_fast(&world, 1, 0);
	load = STACK(&world, PARK, SLEEP, LOAD, REFRESH);
	other = STACK(&world, PARK, SLEEP, BURN, REFRESH);
	world_enter(&world, 1, us);
	for (unsigned i = 0; i < 200; i++)
		world_wait(&world, 20, us + i * 5000, us + i * 5000 + 4000, us + i * 5000 + 4000,
			   REASON_SLEEP, load, 0, 0);
	world_wait(&world, 20, us + 1000000, us + 1100000, us + 1100000, REASON_SLEEP, other, 0, 0);
	world_wait(&world, 1, us, us + 1200000, us + 1200000, REASON_LOCK,
		   STACK(&world, PARK, LOCK, GET, HANDLE), 20, STACK(&world, UNLOCK, REFRESH));
	world_leave(&world, 1, us + 1200000);
	world_report(&world, &none, check_patient_holder);
	world_end(&world);
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
	us = be_fast(&world, 1, 0);
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

/* A chain of goroutines that wait for each other in different places. */
static void test_pipeline(void **state)
{
	struct world world;
	uint64_t us, first, second, third;

	world_begin(&world, &plain);
	first = STACK(&world, HANDLE);
	second = STACK(&world, REFRESH);
	third = STACK(&world, PARK, SLEEP, LOAD);
	us = be_fast(&world, 1, 0);
	world_enter(&world, 1, us);
	world_wait(&world, 3, us, us + 50000, us + 50000, REASON_SLEEP, third, 0, 0);
	world_wait(&world, 2, us, us + 50010, us + 50020, REASON_CHAN, second, 3,
		   STACK(&world, LOAD));
	world_wait(&world, 1, us, us + 50030, us + 50040, REASON_CHAN, first, 2,
		   STACK(&world, REFRESH));
	world_leave(&world, 1, us + 50070);
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
	us = be_fast(&world, 1, 0);
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

/* ---- losses, ends ---- */

static void check_holes(const struct hunt_report *report)
{
	assert_int_equal(report->calls, 23);
	assert_int_equal(report->holes, 3);
	assert_int_equal(report->lost, 2);
	assert_int_equal(report->max_ns, 30000000);
	assert_int_equal(report->looked_at, 20);
}

static void test_losses(void **state)
{
	struct world world;
	union any_record room = {0};
	uint64_t us;

	world_begin(&world, &plain);
	us = be_fast(&world, 1, 0);
	/* Of this one something is missing. */
	world_enter(&world, 1, us);
	room.sample.header.lost = 1;
	world_feed(&world, &room, RECORD_SAMPLE, us + 10, 1);
	world_leave(&world, 1, us + 30000);
	/* Of these, how they ended. */
	world_enter(&world, 1, us + 40000);
	world_enter(&world, 1, us + 50000);
	memset(&room, 0, sizeof(room));
	world_feed(&world, &room, RECORD_LOST_END, us + 60000, 1);
	world_leave(&world, 1, us + 60001);
	/* Of this one nobody knows. */
	world_enter(&world, 2, us + 60000);
	world_feed(&world, &room, RECORD_GAP, us + 60001, 0);
	world_leave(&world, 2, us + 60002);
	world_enter(&world, 3, us + 60003);
	world_feed(&world, &room, RECORD_GAP_END, us + 60004, 0);
	world_leave(&world, 3, us + 60005);
	world_report(&world, &none, check_holes);
	world_end(&world);
}

static void check_open(const struct hunt_report *report)
{
	assert_int_equal(report->calls, 20);
	assert_int_equal(report->open, 2);
	assert_int_equal(report->slow, 1);
	assert_doing(&report->causes[0], "chan receive", "main.handle", NULL);
	assert_int_equal(report->causes[0].ns, 7000000000);
	assert_int_equal(report->slowest[0].rank, 1);
	assert_true(report->slowest[0].is_open);
	assert_true(report->slowest[0].is_in_order);
	assert_int_equal(report->slowest[0].num_steps, 2);
	assert_int_equal(report->slowest[0].steps[1].at_ns, 1000000);
	assert_int_equal(report->slowest[0].goid, 2);
}

/* What is open when tracing ends; one that has only begun is no matter. */
static void test_open(void **state)
{
	struct world world;
	union any_record tick = {0}, room = {0};
	uint64_t us;

	world_begin(&world, &(struct hunt_settings){.sample_ns = 1000000, .num_slowest = 1});
	us = be_fast(&world, 1, 0);
	world_enter(&world, 2, us);
	world_feed(&world, &tick, RECORD_TICK, us + 4999999, 0);
	assert_int_equal(world.num_stuck, 0);
	world_feed(&world, &tick, RECORD_TICK, us + 5000000, 0);
	world_feed(&world, &tick, RECORD_TICK, us + 5000001, 0);
	assert_int_equal(world.num_stuck, 1);
	assert_int_equal(world.stuck.goid, 2);
	assert_int_equal(world.stuck.now_ns - world.stuck.start_ns, 5000000000);
	world_enter(&world, 3, us + 7000999);
	room.wait = (struct record_wait){.start_ns = world_ns(us + 1000),
					 .state = STATE_WAITING,
					 .reason = REASON_CHAN,
					 .stack = STACK(&world, HANDLE)};
	room.header.flags = RECORD_IS_OPEN;
	world_feed(&world, &room, RECORD_WAIT, us + 7001000, 2);
	world_stop(&world, us + 7001000);
	world_report(&world, &(struct hunt_report_options){.rank = 1}, check_open);
	world_end(&world);
}

/* Ten times the slowest; or as it was said. */
static void test_stuck(void **state)
{
	struct world world;
	union any_record tick = {0};

	world_begin(&world, &plain);
	world_enter(&world, 1, 0);
	world_leave(&world, 1, 1000000);
	world_enter(&world, 2, 1000000);
	world_feed(&world, &tick, RECORD_TICK, 9000000, 0);
	assert_int_equal(world.num_stuck, 0);
	world_feed(&world, &tick, RECORD_TICK, 11000000, 0);
	assert_int_equal(world.num_stuck, 1);
	world_end(&world);
	world_begin(&world, &(struct hunt_settings){.stuck_ns = 1000});
	world_enter(&world, 2, 0);
	world_feed(&world, &tick, RECORD_TICK, 1, 0);
	assert_int_equal(world.num_stuck, 1);
	world_end(&world);
}

static void check_enough(const struct hunt_report *report)
{
	assert_int_equal(report->calls, 2);
	assert_int_equal(report->open, 1);
	assert_int_equal(report->lost, 0);
}

/* Further calls do not count, and one that is open to the end began before. */
static void test_enough(void **state)
{
	struct world world;

	world_begin(&world, &(struct hunt_settings){.max_calls = 2});
	world_enter(&world, 4, 0);
	world_enter(&world, 3, 0);
	for (unsigned i = 0; i < 3; i++) {
		world_enter(&world, 1, 10 * i + 1);
		world_leave(&world, 1, 10 * i + 5);
	}
	world_leave(&world, 3, 100);
	world_stop(&world, 200);
	assert_int_equal(world_report(&world, &none, check_enough), 1);
	assert_int_equal(hunt_num_calls(world.hunt), 2);
	world_end(&world);
}

/* What it does is told while it is open; of one that is not, nothing. */
static void test_look_at_stuck(void **state)
{
	struct world world;
	union any_record room = {0};

	world_begin(&world, &plain);
	world_enter(&world, 2, 0);
	room.stuck.stack = STACK(&world, HANDLE);
	world_feed(&world, &room, RECORD_STUCK, 6000000, 2);
	assert_int_equal(world.num_looks, 1);
	assert_int_equal(world.num_addresses, 1);
	room.stuck.stack = 1;
	world_feed(&world, &room, RECORD_STUCK, 6000000, 2);
	assert_int_equal(world.num_looks, 2);
	assert_int_equal(world.num_addresses, 0);
	world_leave(&world, 2, 7000000);
	world_feed(&world, &room, RECORD_STUCK, 7000000, 2);
	assert_int_equal(world.num_looks, 2);
	world_end(&world);
}

static void check_two(const struct hunt_report *report)
{
	assert_int_equal(report->calls, 1);
	assert_string_equal(report->target.function->text,
			    report->max_ns == 1000 ? "main.handle" : "main.refresh");
}

/* Each target has a report. Calls of one inside of another's are part of that. */
static void test_targets(void **state)
{
	struct world world;
	union any_record room = {.at = {.site = 2}};

	world_begin(&world, &plain);
	world_enter(&world, 1, 0);
	room.header.flags = 0;
	world_feed(&world, &room, RECORD_ENTRY, 0, 1);
	world_leave(&world, 1, 1);
	room.header.flags = RECORD_OPENS_TREE;
	world_feed(&world, &room, RECORD_ENTRY, 2, 1);
	world_leave(&world, 1, 4);
	assert_int_equal(world_report(&world, &none, check_two), 2);
	world_end(&world);
}

static void check_taken_off(const struct hunt_report *report)
{
	assert_int_equal(report->calls, 0);
	assert_int_equal(report->lost, 1);
}

static void test_taken_off(void **state)
{
	struct world world;
	union any_record room = {.at = {.site = 1}};

	world_begin(&world, &plain);
	world_enter(&world, 1, 0);
	world_feed(&world, &room, RECORD_TAKEN_OFF, 1, 0);
	world_leave(&world, 1, 2);
	world_enter(&world, 1, 3);
	world_leave(&world, 1, 4);
	assert_int_equal(world_report(&world, &none, check_taken_off), 1);
	world_end(&world);
}

/* Another program, with the same numbers. */
static void check_exec(const struct hunt_report *report)
{
	assert_int_equal(report->calls, 0);
	assert_int_equal(report->open, 2);
}

static void test_exec(void **state)
{
	struct world world;
	union any_record room = {0};

	world_begin(&world, &plain);
	world_enter(&world, 1, 0);
	world_enter(&world, 2, 0);
	world_feed(&world, &room, RECORD_EXEC, 5, 0);
	world_leave(&world, 1, 6);
	world_report(&world, &none, check_exec);
	world_end(&world);
}

/* ---- the tree ---- */

static void check_tree(const struct hunt_report *report)
{
	const struct hunt_node *tree = report->tree;

	/* handle (Get (Lock (sync.Mutex.Lock)), burn (Sum256 (cpu))) */
	assert_int_equal(report->num_nodes, 7);
	assert_string_equal(tree[0].frame.place.function->text, "main.handle");
	assert_int_equal(tree[0].ns, 100000000);
	assert_int_equal(tree[0].end, 7);
	assert_string_equal(tree[1].frame.place.function->text, "main.(*cache).Get");
	assert_int_equal(tree[1].ns, 80000000);
	assert_int_equal(tree[1].end, 4);
	assert_int_equal(tree[1].depth, 1);
	assert_true(tree[1].frame.is_own);
	assert_string_equal(tree[2].frame.place.function->text, "sync.(*Mutex).Lock");
	assert_false(tree[2].frame.is_own);
	assert_string_equal(tree[3].kind, "sync.Mutex.Lock");
	assert_string_equal(tree[4].frame.place.function->text, "main.burn");
	assert_int_equal((int)(tree[4].share * 100 + 0.5), 20);
	assert_string_equal(tree[5].frame.place.function->text, "crypto/sha256.Sum256");
	assert_string_equal(tree[6].kind, "cpu");
	assert_int_equal(tree[6].depth, 3);
}

/* handle (sleep (time.Sleep), ...): what the library calls itself is left out. */
static void check_short_tree(const struct hunt_report *report)
{
	assert_int_equal(report->num_nodes, 3);
	assert_string_equal(report->tree[1].frame.place.function->text, "time.Sleep");
	assert_string_equal(report->tree[2].kind, "sleep");
}

static void check_full_tree(const struct hunt_report *report)
{
	assert_int_equal(report->num_nodes, 4);
	assert_string_equal(report->tree[2].frame.place.function->text, "sync.(*Mutex).Lock");
}

static void test_library(void **state)
{
	struct world world;

	world_begin(&world, &plain);
	world_enter(&world, 1, 0);
	world_wait(&world, 1, 0, 80000, 80000, REASON_SLEEP,
		   STACK(&world, PARK, LOCK, SLEEP, HANDLE), 0, 0);
	world_leave(&world, 1, 80000);
	world_report(&world, &none, check_short_tree);
	world_report(&world, &(struct hunt_report_options){.full_stacks = true}, check_full_tree);
	world_end(&world);
}

/* handle (time.Sleep (no cpu, cpu)): it calls something there, so its line is the same in all. */
static void check_calling_line(const struct hunt_report *report)
{
	assert_int_equal(report->num_nodes, 4);
	assert_string_equal(report->tree[1].frame.place.function->text, "time.Sleep");
	assert_int_equal(report->tree[1].end, 4);
}

static void test_calling_line(void **state)
{
	struct world world;
	uint64_t stack;

	world_begin(&world, &(struct hunt_settings){.sample_ns = 5000000});
	stack = STACK(&world, LOCK, SLEEP, HANDLE);
	world_enter(&world, 1, 0);
	world_off_cpu(&world, 0, 60000, false, stack);
	world_sample(&world, 1, 61000, stack);
	world_leave(&world, 1, 80000);
	world_report(&world, &none, check_calling_line);
	world_end(&world);
}

static void test_tree(void **state)
{
	struct world world;
	uint64_t get, burn;

	world_begin(&world, &(struct hunt_settings){.sample_ns = 5000000});
	get = STACK(&world, PARK, LOCK, GET, HANDLE);
	burn = STACK(&world, SHA, BURN, HANDLE);
	world_enter(&world, 1, 0);
	world_wait(&world, 1, 0, 80000, 80000, REASON_LOCK, get, 0, 0);
	world_sample(&world, 1, 81000, burn);
	world_leave(&world, 1, 100000);
	world_report(&world, &none, check_tree);
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sleep),        cmocka_unit_test(test_alike),
		cmocka_unit_test(test_holder),       cmocka_unit_test(test_convoy),
		cmocka_unit_test(test_busy_holder),  cmocka_unit_test(test_patient_holder),
		cmocka_unit_test(test_pipeline),     cmocka_unit_test(test_hog),
		cmocka_unit_test(test_losses),       cmocka_unit_test(test_open),
		cmocka_unit_test(test_stuck),        cmocka_unit_test(test_look_at_stuck),
		cmocka_unit_test(test_enough),       cmocka_unit_test(test_targets),
		cmocka_unit_test(test_taken_off),    cmocka_unit_test(test_exec),
		cmocka_unit_test(test_tree),         cmocka_unit_test(test_library),
		cmocka_unit_test(test_calling_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
