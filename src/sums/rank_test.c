/* SPDX-License-Identifier: MIT */
#include "sums/rank_test.h"

#include <math.h>
#include <stdlib.h>

/* Sums over buckets, from the smallest values on. */
struct ranks {
	double below; /* values of before that were seen */
	double u; /* pairs in which the value of now is greater, equal ones count half */
	double ties; /* t^3 - t for each group of t equal ones */
};

static void add_bucket(struct ranks *ranks, uint64_t before, uint64_t now)
{
	double equal = (double)before + (double)now;

	ranks->u += (double)now * (ranks->below + (double)before / 2);
	ranks->below += (double)before;
	ranks->ties += equal * equal * equal - equal;
}

static struct ranks sum_up(const struct histogram *before, const struct histogram *now)
{
	struct ranks ranks = {};

	for (size_t power = 0; power < HISTOGRAM_POWERS; power++) {
		const uint64_t *of_before = before->powers[power], *of_now = now->powers[power];

		for (size_t step = 0; step < HISTOGRAM_STEPS; step++)
			add_bucket(&ranks, of_before ? of_before[step] : 0,
				   of_now ? of_now[step] : 0);
	}
	return ranks;
}

struct rank_test rank_test(const struct histogram *before, const struct histogram *now)
{
	double num_before = (double)before->count, num_now = (double)now->count;
	double pairs = num_before * num_now, all = num_before + num_now;
	struct ranks ranks = sum_up(before, now);
	struct rank_test test = {.superiority = 0.5, .p = 1};
	double variance, distance;

	if (pairs == 0)
		return test;
	test.superiority = ranks.u / pairs;
	variance = pairs / 12 * (all + 1 - ranks.ties / (all * (all - 1)));
	distance = fabs(ranks.u - pairs / 2) - 0.5;
	if (variance > 0 && distance > 0)
		test.p = erfc(distance / sqrt(2 * variance));
	return test;
}

/* ---- many tests ---- */

static int compare(const void *a, const void *b)
{
	double one = **(double *const *)a, other = **(double *const *)b;

	return one < other ? -1 : one > other;
}

void rank_test_correct(double *p, size_t count)
{
	double **sorted = calloc(count + 1, sizeof(*sorted));
	double least = 0;

	for (size_t i = 0; i < count; i++) {
		if (sorted)
			sorted[i] = &p[i];
		else
			/* Bonferroni's, which needs no order, and finds less. */
			p[i] = fmin(1, p[i] * (double)count);
	}
	if (!sorted)
		return;
	qsort(sorted, count, sizeof(*sorted), compare);
	for (size_t i = 0; i < count; i++) {
		least = fmax(least, fmin(1, *sorted[i] * (double)(count - i)));
		*sorted[i] = least;
	}
	free(sorted);
}
