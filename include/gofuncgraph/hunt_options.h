/* SPDX-License-Identifier: MIT */
/*
 * hunt_options.h - what of goroutines inside targets is told besides calls: their waits, the times that
 * they have no processor, and samples of what they do on one; record.h, "hunt". All zero: nothing.
 */
#ifndef GOFUNCGRAPH_HUNT_OPTIONS_H
#define GOFUNCGRAPH_HUNT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define HUNT_FREQUENCY_HZ        199 /* no multiple of what programs and kernels do at a fixed rate */
#define HUNT_LONG_WAIT_NS        UINT64_C(100000)
#define HUNT_OUTSIDE_MIN_WAIT_NS UINT64_C(1000000)

enum hunt_waits {
	HUNT_WAITS_AUTO, /* exact, until somebody takes the sites of states off */
	HUNT_WAITS_EXACT,
	HUNT_WAITS_SAMPLED, /* from the beginning: record.h, struct record_look */
};

struct hunt_options {
	/* There are waits in place of RECORD_STATE, and the plan has the sites of run_options.states, unless
	 * waits are sampled */
	bool is_wanted;
	enum hunt_waits waits;
	uint32_t frequency_hz; /* of samples, on each processor, and of looks; 0: none are taken */
	uint64_t
		long_wait_ns; /* shorter waits inside targets are told by their sums, without stacks */
	uint64_t outside_min_wait_ns; /* shorter waits of other goroutines are not told */
};

#endif
