/* SPDX-License-Identifier: MIT */
/*
 * hunt_stuck.h - what goroutines do whose calls are stuck: they make no records, so their process's memory
 * is read.
 */
#ifndef COMMAND_HUNT_STUCK_H
#define COMMAND_HUNT_STUCK_H

#include "gofuncgraph/hunt.h"
#include "gofuncgraph/output.h"
#include "goroutines/places.h"

/* Told at once; further ones are told when they are looked at next, without what they do. */
#define STUCK_MAX 16

struct stuck_calls {
	struct hunt_open calls[STUCK_MAX];
	size_t count;
	uint64_t left_out;
};

/* Remembers the call, to be told soon. */
void stuck_calls_add(struct stuck_calls *stuck, const struct hunt_open *call);

/* Tells all that were remembered. `bin`: what their processes run; `places`: of the same. */
void stuck_calls_tell(struct stuck_calls *stuck, struct gobin *bin, struct places *places,
		      struct names *names, struct output *output);

#endif
