/* SPDX-License-Identifier: MIT */
/* test_paths.c - calls summed up by path: what goroutines have of their own, and what they share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "gofuncgraph/calltree.h"
#include "sums/paths.h"

/* Each of them calls each function, two levels down: more paths than goroutines have of their own. */
#define NUM_GOROUTINES (PATHS_MAX_GOROUTINES + 10)
#define NUM_FUNCTIONS  100

static struct paths *paths;
static struct name names[NUM_FUNCTIONS + 2]; /* by number */

static int make(void **state)
{
	for (uint32_t i = 0; i < NUM_FUNCTIONS + 2; i++)
		names[i].number = i;
	error_free(paths_new(true, &paths));
	return paths ? 0 : -1;
}

static int destroy(void **state)
{
	paths_free(paths);
	return 0;
}

/* Goroutine `goid` calls the function `numbers[0]`, and in it `numbers[1]`, of one unit of time each. */
static void call(uint64_t goid, const uint32_t numbers[2])
{
	const struct tree tree = {.number = goid, .goid = goid};
	const struct call calls[] = {
		{.number = 1, .end_ns = 2, .inner_ns = 1, .end = CALL_RETURN},
		{.number = 2, .parent = 1, .end_ns = 1, .end = CALL_RETURN},
	};
	const struct place entries[] = {{.function = &names[numbers[0]]},
					{.function = &names[numbers[1]]}};

	for (int i = 0; i < 2; i++)
		assert_true(paths_call_began(paths, &entries[i], &tree, &calls[i]));
	for (int i = 2; i-- > 0;)
		assert_true(paths_call_ended(paths, &entries[i], &tree, &calls[i]));
}

/* NULL: there is none. */
static const struct path *find(uint64_t goid, const uint32_t numbers[2])
{
	for (size_t i = 0; i < paths_count(paths); i++) {
		const struct path *path = paths_at(paths, i);

		if (path->goid == goid && path->key.second == numbers[1] && path->parent &&
		    path->parent->key.second == numbers[0])
			return path;
	}
	return NULL;
}

static void test_goroutines(void **state)
{
	const uint32_t numbers[] = {1, 2};

	call(7, numbers);
	call(7, numbers);
	call(8, numbers);
	call(0, numbers);
	assert_int_equal(paths_count(paths), 6);
	assert_int_equal(find(7, numbers)->calls, 2);
	assert_int_equal(find(8, numbers)->calls, 1);
	assert_int_equal(find(0, numbers)->calls, 1);
}

/* All calls are there, each at its own path. */
static void test_bounds(void **state)
{
	const uint32_t first[] = {NUM_FUNCTIONS + 1, 1};
	uint64_t calls[NUM_FUNCTIONS] = {}, all = 0, ns = 0;

	for (uint32_t number = 1; number <= NUM_FUNCTIONS; number++)
		for (uint64_t goid = 1; goid <= NUM_GOROUTINES; goid++)
			call(goid, (uint32_t[]){NUM_FUNCTIONS + 1, number});
	assert_in_range(paths_count(paths), PATHS_MAX_BY_GOROUTINE,
			PATHS_MAX_BY_GOROUTINE + NUM_FUNCTIONS + 1);
	for (size_t i = 0; i < paths_count(paths); i++) {
		const struct path *path = paths_at(paths, i);

		assert_int_equal(path->number, i + 1);
		assert_int_equal(path->depth, path->parent ? 2 : 1);
		assert_true(!path->parent || (path->parent->goid == path->goid &&
					      path->parent->number < path->number));
		if (path->parent)
			calls[path->key.second - 1] += path->calls;
		all += path->calls;
		ns += path->self_ns;
	}
	for (int i = 0; i < NUM_FUNCTIONS; i++)
		assert_int_equal(calls[i], NUM_GOROUTINES);
	assert_int_equal(all, 2 * NUM_GOROUTINES * NUM_FUNCTIONS);
	assert_int_equal(ns, all);
	/* What has a path of its own keeps it, and further goroutines share. */
	call(1, first);
	assert_int_equal(find(1, first)->calls, 2);
	assert_null(find(NUM_GOROUTINES, first));
	assert_int_equal(find(0, first)->calls, NUM_GOROUTINES - PATHS_MAX_GOROUTINES);
	assert_null(find(1, (uint32_t[]){NUM_FUNCTIONS + 1, NUM_FUNCTIONS}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_goroutines, make, destroy),
		cmocka_unit_test_setup_teardown(test_bounds, make, destroy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
