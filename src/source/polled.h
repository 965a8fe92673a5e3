/* SPDX-License-Identifier: MIT */
/*
 * polled.h - what a goroutine waits on in the network poller, asked for again and again: as long as that is the same
 * file, its process's descriptor is held for a moment once alone.
 */
#ifndef SOURCE_POLLED_H
#define SOURCE_POLLED_H

#include "source/open_on.h"

/* All zero: nothing was asked yet. */
struct polled {
	uint64_t file; /* that `on` tells of; 0: none */
	struct waited_on on;
};

/* `last`: of the same goroutine. NULL: it is in no such wait, or that is not known. */
const struct waited_on *polled_find(struct polled *last, const struct graph_bpf *bpf,
				    const struct gate_key *key);

#endif
