/* SPDX-License-Identifier: MIT */
/*
 * histogram.h - how often which duration was seen, in bounded memory.
 *
 * Log-linear buckets, as in HdrHistogram: each power of two is divided into HISTOGRAM_STEPS equal
 * steps, so that a quantile is at most 1/HISTOGRAM_STEPS too large, and never too small. Smaller
 * values than HISTOGRAM_STEPS are exact. The steps of a power of two take memory when a value is
 * first seen there: durations of one function are mostly within five powers.
 */
#ifndef SUMS_HISTOGRAM_H
#define SUMS_HISTOGRAM_H

#include <stdbool.h>
#include <stdint.h>

#define HISTOGRAM_STEP_BITS 5
#define HISTOGRAM_STEPS     (1u << HISTOGRAM_STEP_BITS)
/* Powers of two of 64 bits; those below HISTOGRAM_STEPS are one. */
#define HISTOGRAM_POWERS (64 - HISTOGRAM_STEP_BITS + 1)

/* All zero: empty. */
struct histogram {
	uint64_t *powers[HISTOGRAM_POWERS]; /* HISTOGRAM_STEPS counts each; NULL: none was seen */
	uint64_t count;
	uint64_t sum; /* stays at UINT64_MAX once it is above that */
	uint64_t min, max; /* exact; of use if there is any */
};

/* False: out of memory, and nothing changes. */
bool histogram_add(struct histogram *histogram, uint64_t value);

/* The same so many times. */
bool histogram_add_times(struct histogram *histogram, uint64_t value, uint64_t count);

/* `to` is empty. False: out of memory; it may have a part then. */
bool histogram_copy(struct histogram *to, const struct histogram *from);

/* The smallest bound that at least this share of the values, 0 to 1, is not above: that of a
 * bucket, or the maximum. 0: there are none. */
uint64_t histogram_quantile(const struct histogram *histogram, double share);

/* How many values are in first .. last; the buckets that the two are in count as a whole. */
uint64_t histogram_count_within(const struct histogram *histogram, uint64_t first, uint64_t last);

/* Frees what it owns; it is empty then. */
void histogram_destroy(struct histogram *histogram);

#endif
