/* SPDX-License-Identifier: MIT */
/* test_hunt_started.c - goroutines that slow calls started, and what these did until the calls ended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "hunt/starts.h"
#include "hunt_world.h"

static const struct hunt_report_options none;

static void check_started(const struct hunt_report *report)
{
	const struct hunt_started *started = report->started;

	assert_int_equal(report->slow, 2);
	assert_int_equal(report->num_started, 2);
	assert_string_equal(started[0].function.function->text, "main.load");
	assert_string_equal(started[0].go.function->text, "main.handle");
	assert_int_equal(started[0].go.line, 10);
	assert_float_equal(started[0].count, 1.5, 1e-9);
	/* 40 and 20 ms of the first call, 40 of the second */
	assert_int_equal(started[0].did.ns, 50000000);
	assert_int_equal(started[0].did.num_meanwhile, 2);
	assert_string_equal(started[0].did.meanwhile[0].kind_name, "sleep");
	assert_string_equal(started[0].did.meanwhile[0].own.function->text, "main.load");
	assert_float_equal(started[0].did.meanwhile[0].share, 0.8, 1e-9);
	assert_string_equal(started[0].did.meanwhile[1].kind_name, "sync.Mutex.Lock");
	assert_string_equal(started[0].did.meanwhile[1].by.function->text, "main.refresh");
	/* Of this one nothing is known. */
	assert_string_equal(started[1].function.function->text, "main.refresh");
	assert_float_equal(started[1].count, 0.5, 1e-9);
	assert_int_equal(started[1].did.ns, 0);
	assert_int_equal(started[1].did.num_meanwhile, 0);
}

/* Those of fast calls, of nobody's, and what they did later are left out. */
static void test_started(void **state)
{
	struct world world;
	uint64_t load, lock, unlock, us = 0;

	world_begin(&world, &(struct hunt_settings){.num_slowest = 1});
	load = STACK(&world, PARK, SLEEP, LOAD);
	lock = STACK(&world, PARK, LOCK, LOAD);
	unlock = STACK(&world, UNLOCK, REFRESH);
	world_go(&world, 30, 1, 0, 0x4000);
	for (unsigned i = 0; i < 10; i++, us += 1000) {
		world_enter(&world, 1, us);
		world_go(&world, 40 + i, 1, us, 0x4000);
		world_leave(&world, 1, us + 100);
	}
	world_enter(&world, 1, us);
	world_go(&world, 50, 1, us, 0x4000);
	world_go(&world, 51, 1, us + 10000, 0x4000);
	world_go(&world, 52, 1, us + 10000, 0x3000);
	world_wait(&world, 50, us, us + 40000, us + 40000, REASON_SLEEP, load, 0, 0);
	world_wait(&world, 51, us + 10000, us + 30000, us + 30000, REASON_LOCK, lock, 60, unlock);
	world_leave(&world, 1, us + 50000);
	world_wait(&world, 50, us + 50000, us + 99000, us + 99000, REASON_SLEEP, load, 0, 0);
	us += 100000;
	world_enter(&world, 1, us);
	world_go(&world, 53, 1, us, 0x4000);
	world_wait(&world, 53, us, us + 40000, us + 40000, REASON_SLEEP, load, 0, 0);
	world_leave(&world, 1, us + 50000);
	world_report(&world, &none, check_started);
	world_end(&world);
}

static void check_many(const struct hunt_report *report)
{
	assert_int_equal(report->num_started, 1);
	assert_float_equal(report->started[0].count, MAX_STARTS + 9, 1e-9);
}

static void test_many(void **state)
{
	struct world world;

	world_begin(&world, &(struct hunt_settings){0});
	world_enter(&world, 1, 0);
	for (unsigned i = 0; i < MAX_STARTS + 9; i++)
		world_go(&world, 100 + i, 1, i, 0x4000);
	world_leave(&world, 1, 50000);
	world_report(&world, &none, check_many);
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_started),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
