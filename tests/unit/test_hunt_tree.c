/* SPDX-License-Identifier: MIT */
/* test_hunt_tree.c - the wall-time tree of slow calls: which functions their time went to, line by line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hunt_world.h"

static const struct hunt_settings plain = {.sample_ns = 1000000};
static const struct hunt_report_options none;

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
		cmocka_unit_test(test_library),
		cmocka_unit_test(test_calling_line),
		cmocka_unit_test(test_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
