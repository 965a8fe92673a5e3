/* SPDX-License-Identifier: MIT */
#include "hunt/slow.h"

/* Of the time that calls take longer than the median, as much as this above a jump makes it one, however
 * far apart the calls below it are. */
#define MOST 0.5

struct jumps {
	const struct weighted *calls;
	size_t count;
	double median;
	double total; /* see excess_of() */
};

/* By how much it is too long, of those that are; what is a little above the median is no matter. */
static double excess_of(const struct jumps *jumps, size_t at)
{
	double ns = (double)jumps->calls[at].ns;

	return ns > SLOW_RATIO * jumps->median ? (ns - jumps->median) * jumps->calls[at].weight : 0;
}

/* Where the step up to it begins. */
static double before_of(const struct jumps *jumps, size_t at)
{
	double ns = (double)jumps->calls[at - 1].ns;

	return ns > jumps->median ? ns : jumps->median;
}

/* About the binary logarithm: linear from one power of two to the next. */
static double log_of(double ratio)
{
	uint64_t fixed = (uint64_t)((ratio < 1e9 ? ratio : 1e9) * (1 << 16));
	int power = 63 - __builtin_clzll(fixed | 1);

	return power - 17 + (double)fixed / (double)(UINT64_C(1) << power);
}

/*
 * What it is worth to cut below the call at this place: how large the relative step up to it is, times
 * the share of the excess that lies above. 0: the step is none. Where durations lie wide apart, there is
 * some step below the largest ones by chance, too: it counts if it is more than half of the way from the
 * median up to there, in logarithms.
 */
static double worth_of(const struct jumps *jumps, size_t at, double above)
{
	double before = before_of(jumps, at);
	double step = (double)jumps->calls[at].ns / before, share = above / jumps->total;

	if (step < SLOW_RATIO || (share < MOST && step * step < before / jumps->median))
		return 0;
	return log_of(step) * share;
}

/* Further calls lie on either side of the jump, and not just where those that were seen do. */
static uint64_t middle_of(const struct jumps *jumps, size_t at)
{
	double before = before_of(jumps, at), after = (double)jumps->calls[at].ns;

	return (uint64_t)(before + (after - before) / 2);
}

/* 0: there is no jump. */
static uint64_t find_jump(const struct jumps *jumps)
{
	double most = 0, above = 0;
	uint64_t cut_ns = 0;

	for (size_t i = jumps->count; i-- > 1;) {
		double worth;

		above += excess_of(jumps, i);
		worth = above > 0 ? worth_of(jumps, i, above) : 0;
		if (worth <= most)
			continue;
		most = worth;
		cut_ns = middle_of(jumps, i);
	}
	return cut_ns;
}

struct slow slow_find(const struct weighted *calls, size_t count, uint64_t median_ns,
		      uint64_t p90_ns)
{
	uint64_t max_ns = calls[count - 1].ns, above_ns = median_ns + median_ns / 2, cut_ns;
	struct jumps jumps = {.calls = calls, .count = count, .median = (double)median_ns};

	if (max_ns <= above_ns || !median_ns)
		return (struct slow){.alike = true};
	for (size_t i = 0; i < count; i++)
		jumps.total += excess_of(&jumps, i);
	cut_ns = find_jump(&jumps);
	/* They rise without a jump. */
	if (!cut_ns)
		cut_ns = p90_ns > above_ns && p90_ns <= max_ns ? p90_ns : above_ns;
	return (struct slow){.cut_ns = cut_ns};
}
