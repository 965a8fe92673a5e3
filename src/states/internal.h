/* SPDX-License-Identifier: MIT */
/* internal.h - what the files of this room share. */
#ifndef STATES_INTERNAL_H
#define STATES_INTERNAL_H

#include "states/goroutines.h"

struct states {
	struct states_sink sink;
	struct states_summary summary;
	struct timeline_coverage coverage;
	struct goroutines goroutines;
	uint64_t num_forgotten;
};

/* An interval of the goroutine goes into its sums, if it has any: one that has ended, or what it does
 * until now. False: out of memory. */
bool states_sum_up(struct goroutine *goroutine, const struct interval *interval);
bool states_sum_up_until(struct goroutine *goroutine, uint64_t now_ns);

#endif
