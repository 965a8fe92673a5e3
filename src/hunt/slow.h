/* SPDX-License-Identifier: MIT */
/*
 * slow.h - which calls are slow: those above a jump of durations over the median, the one that is worth
 * most, by how large it is and how much of the time lies above it that calls take longer than the median.
 *
 * So one slow call is enough where the others are alike, and where there are many slow calls, one that is
 * slower yet does not stand for all of them.
 */
#ifndef HUNT_SLOW_H
#define HUNT_SLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A call that stands for others of about its duration. */
struct weighted {
	uint64_t ns;
	double weight;
};

struct slow {
	uint64_t cut_ns; /* slow calls take at least that: the middle of the jump */
	bool alike; /* there are none; cut_ns is 0 */
};

/* Durations that are less than this much above the median are no matter. */
#define SLOW_RATIO 1.5

/*
 * `calls` by rising duration, at least one; `median_ns`, `p90_ns`: of all that they stand for.
 * Percentiles alone would miss programs whose calls are of two kinds, a fast and a slow one.
 */
struct slow slow_find(const struct weighted *calls, size_t count, uint64_t median_ns,
		      uint64_t p90_ns);

#endif
