/* SPDX-License-Identifier: MIT */
#include "hunt/slow.h"

/* From one duration to the next, which is much longer: cut there. 0: there is no such jump. */
static uint64_t find_jump(const struct weighted *calls, size_t count, uint64_t median_ns)
{
	double most = SLOW_RATIO;
	uint64_t cut_ns = 0;

	for (size_t i = 1; i < count; i++) {
		uint64_t before_ns = calls[i - 1].ns > median_ns ? calls[i - 1].ns : median_ns;
		double ratio = before_ns ? (double)calls[i].ns / (double)before_ns : 0;

		if (ratio < most)
			continue;
		most = ratio;
		cut_ns = calls[i].ns;
	}
	return cut_ns;
}

struct slow slow_find(const struct weighted *calls, size_t count, uint64_t median_ns,
		      uint64_t p90_ns)
{
	uint64_t max_ns = calls[count - 1].ns, cut_ns = find_jump(calls, count, median_ns);
	uint64_t above_ns = median_ns + median_ns / 2;

	if (max_ns <= above_ns || !median_ns)
		return (struct slow){.alike = true};
	/* They rise without a jump. */
	if (!cut_ns)
		cut_ns = p90_ns > above_ns && p90_ns <= max_ns ? p90_ns : above_ns;
	return (struct slow){.cut_ns = cut_ns};
}
