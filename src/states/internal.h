/* SPDX-License-Identifier: MIT */
/* internal.h - what the files of this room share. */
#ifndef STATES_INTERNAL_H
#define STATES_INTERNAL_H

#include "states/goroutines.h"

struct states {
	struct states_sink sink;
	bool summary;
	/* A goroutine that is met now was in its state since then, for all that is known. */
	uint64_t start_ns;
	uint64_t lost_ns; /* when the loss of records was noticed last; 0: never */
	struct goroutines goroutines;
	uint64_t num_dropped;
};

/* The time in its state up to now_ns goes into the goroutine's sums, if it has any. False: out of
 * memory. */
bool states_sum_up(struct goroutine *goroutine, uint64_t now_ns);

/* What it waits for, as is known only now: what is in the sums already was for that, too. False:
 * out of memory. */
bool states_know_reason(struct goroutine *goroutine, uint8_t reason);

/* A g that is kept for the next goroutine is none. */
static inline bool state_is_alive(uint8_t state)
{
	return state != STATE_IDLE && state != STATE_DEAD && state != STATE_DEAD_EXTRA;
}

#endif
