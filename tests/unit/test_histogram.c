/* SPDX-License-Identifier: MIT */
/* test_histogram.c - quantiles of a histogram against those of the sorted values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "sums/histogram.h"

#define NUM_VALUES 20000

static const double shares[] = {0, 0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1};

static int compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

/* The smallest value that so many are not above. */
static uint64_t quantile_of(const uint64_t *sorted, size_t count, double share)
{
	size_t rank = (size_t)(share * (double)count);

	if ((double)rank < share * (double)count)
		rank++;
	return sorted[rank ? rank - 1 : 0];
}

static void assert_agree(uint64_t *values, size_t count)
{
	struct histogram histogram = {0};

	for (size_t i = 0; i < count; i++)
		assert_true(histogram_add(&histogram, values[i]));
	qsort(values, count, sizeof(*values), compare);
	assert_int_equal(histogram.count, count);
	assert_true(histogram.min == values[0]);
	assert_true(histogram.max == values[count - 1]);
	for (size_t i = 0; i < sizeof(shares) / sizeof(*shares); i++) {
		uint64_t exact = quantile_of(values, count, shares[i]);
		uint64_t told = histogram_quantile(&histogram, shares[i]);

		assert_true(told >= exact);
		assert_true(told - exact <= exact / HISTOGRAM_STEPS);
	}
	assert_true(histogram_count_within(&histogram, 0, UINT64_MAX) == count);
	histogram_destroy(&histogram);
	assert_int_equal(histogram.count, 0);
}

static void test_small_values_are_exact(void **state)
{
	uint64_t values[HISTOGRAM_STEPS * 2];

	for (size_t i = 0; i < HISTOGRAM_STEPS * 2; i++)
		values[i] = i;
	assert_agree(values, HISTOGRAM_STEPS * 2);
}

static void test_values_of_all_sizes(void **state)
{
	static uint64_t values[NUM_VALUES];

	srandom(7);
	for (size_t i = 0; i < NUM_VALUES; i++)
		values[i] = ((uint64_t)random() << 33 ^ (uint64_t)random() << 11 ^
			     (uint64_t)random()) >>
			    random() % 64;
	values[0] = UINT64_MAX;
	values[1] = 0;
	assert_agree(values, NUM_VALUES);
}

static void test_a_single_value(void **state)
{
	for (unsigned shift = 0; shift < 64; shift++) {
		uint64_t around[] = {(1ull << shift) - 1, 1ull << shift, (1ull << shift) + 1};

		for (size_t i = 0; i < 3; i++)
			assert_agree(&around[i], 1);
	}
}

static void test_none(void **state)
{
	struct histogram histogram = {0};

	assert_true(histogram_quantile(&histogram, 0.5) == 0);
	assert_true(histogram_count_within(&histogram, 0, UINT64_MAX) == 0);
	histogram_destroy(&histogram);
}

static void test_a_sum_above_64_bits(void **state)
{
	struct histogram histogram = {0};

	histogram_add(&histogram, UINT64_MAX);
	histogram_add(&histogram, 1);
	assert_true(histogram.sum == UINT64_MAX);
	histogram_add(&histogram, 1);
	assert_true(histogram.sum == UINT64_MAX);
	histogram_destroy(&histogram);
}

static void test_counts_between(void **state)
{
	struct histogram histogram = {0};

	for (uint64_t value = 0; value < 1 << 16; value++)
		histogram_add(&histogram, value);
	assert_int_equal(histogram_count_within(&histogram, 0, 31), 32);
	assert_int_equal(histogram_count_within(&histogram, 1024, 2047), 1024);
	assert_int_equal(histogram_count_within(&histogram, 1 << 16, UINT64_MAX), 0);
	histogram_destroy(&histogram);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small_values_are_exact),
		cmocka_unit_test(test_values_of_all_sizes),
		cmocka_unit_test(test_a_single_value),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_a_sum_above_64_bits),
		cmocka_unit_test(test_counts_between),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
