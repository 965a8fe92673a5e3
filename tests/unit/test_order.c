/* SPDX-License-Identifier: MIT */
/* test_order.c - in which order functions get probes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "guard/order.h"

static struct gobin_func funcs[] = {
	{.name = "runtime.mallocgc"},
	{.name = "runtime.newobject"},
	{.name = "net/http.(*conn).serve"},
	{.name = "net/http.Get"},
	{.name = "net/http/cgi.Serve"},
	{.name = "slices.Sort[go.shape.[]net/url.x]"},
	{.name = "slices.Max[go.shape.int]"},
	{.name = "main.main"},
	{.name = "main.(*x).y"},
};
#define NUM_FUNCS (sizeof(funcs) / sizeof(*funcs))

static void check(const uint32_t *seen, const uint32_t *wanted, size_t seen_end, size_t near_end)
{
	struct plan_func plan_funcs[NUM_FUNCS];
	struct plan plan = {.funcs = plan_funcs, .num_funcs = NUM_FUNCS};
	uint32_t order[NUM_FUNCS];
	size_t ends[ORDER_NUM_CLASSES];

	for (size_t i = 0; i < NUM_FUNCS; i++)
		plan_funcs[i] = (struct plan_func){.func = &funcs[i], .num_sites = 2};
	plan_funcs[1].num_sites = 0;
	plan_funcs[8].needs_resume = true;
	order_make(&plan, seen, order, ends);
	assert_int_equal(ends[ORDER_SEEN], seen_end);
	assert_int_equal(ends[ORDER_NEAR], near_end);
	assert_int_equal(ends[ORDER_FAR], NUM_FUNCS - 2);
	for (size_t i = 0; i < NUM_FUNCS - 2; i++)
		assert_int_equal(order[i], wanted[i]);
}

static void test_classes(void **state)
{
	const uint32_t seen[NUM_FUNCS] = {[3] = 1, [6] = 7};

	check(seen, (const uint32_t[]){3, 6, 2, 5, 0, 4, 7}, 2, 4);
}

static void test_nobody_looked(void **state)
{
	check(NULL, (const uint32_t[]){0, 2, 3, 4, 5, 6, 7}, 0, NUM_FUNCS - 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_nobody_looked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
