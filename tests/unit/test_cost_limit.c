/* SPDX-License-Identifier: MIT */
/* test_cost_limit.c - what may take only a part of all time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/cost_limit.h"

static bool allows(struct cost_limit *limit, uint64_t now_ns)
{
	return cost_limit_allows(limit, now_ns, 100, 10);
}

static void test_is_paid_back(void **state)
{
	struct cost_limit limit = {0};

	assert_true(allows(&limit, 5000));
	limit.owed_ns += 150;
	assert_false(allows(&limit, 5000));
	assert_false(allows(&limit, 5500)); /* 100 are owed */
	assert_true(allows(&limit, 5510));
	assert_int_equal(limit.owed_ns, 99);
}

/* However long nothing was done, no more may be owed than else; a clock that goes back pays nothing. */
static void test_nothing_is_saved_up(void **state)
{
	struct cost_limit limit = {0};

	assert_true(allows(&limit, 5000));
	assert_true(allows(&limit, 1000000));
	limit.owed_ns += 100;
	assert_false(allows(&limit, 1000000));
	assert_false(allows(&limit, 900000));
	assert_int_equal(limit.owed_ns, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_is_paid_back),
		cmocka_unit_test(test_nothing_is_saved_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
