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
	us = world_be_fast(&world, 1, 0);
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
	world_be_fast(&world, 1, 0);
	world_report(&world, &none, check_alike);
	world_report(&world, &(struct hunt_report_options){.slower_ns = 1000000}, check_slower);
	world_end(&world);
}

/* ---- losses, ends ---- */

static void check_holes(const struct hunt_report *report)
{
	assert_int_equal(report->calls, 23);
	assert_int_equal(report->holes, 3);
	assert_int_equal(report->holes_max_ns, 30000000);
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
	us = world_be_fast(&world, 1, 0);
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
	us = world_be_fast(&world, 1, 0);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sleep),         cmocka_unit_test(test_alike),
		cmocka_unit_test(test_losses),        cmocka_unit_test(test_open),
		cmocka_unit_test(test_stuck),         cmocka_unit_test(test_enough),
		cmocka_unit_test(test_look_at_stuck), cmocka_unit_test(test_targets),
		cmocka_unit_test(test_taken_off),     cmocka_unit_test(test_exec),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
