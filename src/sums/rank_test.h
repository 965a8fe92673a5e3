/* SPDX-License-Identifier: MIT */
/*
 * rank_test.h - whether values became greater, from histograms of them: the Mann-Whitney U test (also called
 * Wilcoxon's rank-sum test), which asks nothing of how values are distributed.
 *
 * Values in one bucket of a histogram count as equal ones, and their number is corrected for, as for ties. That
 * is right whatever the buckets are, since these are the same for both sides and in order: differences within a
 * bucket are not seen, and nothing is seen that is not there. p is by the normal distribution, with correction
 * for continuity: for fewer than 10 values of a side it is too large, if anything.
 */
#ifndef SUMS_RANK_TEST_H
#define SUMS_RANK_TEST_H

#include <stddef.h>

#include "sums/histogram.h"

struct rank_test {
	/* How likely a value of now is greater than one of before, equal ones count half (Vargha and Delaney's
	 * A): 0.5 for what is alike. */
	double superiority;
	double p; /* that two samples of one distribution differ as much, in either direction */
};

/* With no values on a side, they are alike. */
struct rank_test rank_test(const struct histogram *before, const struct histogram *now);

/*
 * Holm's correction, in place: the chance that any of so many tests that find what is not there has a
 * corrected p below x is at most x.
 */
void rank_test_correct(double *p, size_t count);

#endif
