/* SPDX-License-Identifier: MIT */
/*
 * polled.h - what goroutines wait on in the network poller, asked for again and again: whom a socket is connected
 * to is asked once, and the process's descriptor is held for a moment once, as long as the socket is among those
 * that were asked for last.
 */
#ifndef SOURCE_POLLED_H
#define SOURCE_POLLED_H

#include "source/open_on.h"

#define POLLED_FILES 256

/* All zero: nothing was asked yet. */
struct polled {
	struct {
		uint64_t file; /* 0: none */
		struct waited_on on;
	} known[POLLED_FILES]; /* by a part of `file` */
	struct waited_on unknown; /* one that is asked for each time */
};

/* `left`: where the goroutine was found. NULL: it is in no such wait there, or what it waits on is not known. Good until
 * it is called again. */
const struct waited_on *polled_find(struct polled *polled, const struct graph_bpf *bpf,
				    const struct gate_key *key, const struct left_at *left);

#endif
