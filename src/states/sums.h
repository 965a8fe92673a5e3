/* SPDX-License-Identifier: MIT */
/*
 * sums.h - sums of time by state and reason, kept small: a goroutine knows few of the many.
 */
#ifndef STATES_SUMS_H
#define STATES_SUMS_H

#include "gofuncgraph/states.h"

struct sum {
	uint64_t ns;
	uint64_t count; /* of times in the state that have ended, or were counted while open */
	uint8_t state; /* enum goroutine_state, not above STATE_DEAD_EXTRA */
	uint8_t reason; /* of STATE_WAITING, else 0 */
};

struct sums {
	struct sum *items;
	uint32_t num_items;
	uint64_t changes;
	uint64_t longest_wait_ns;
	uint8_t longest_wait_reason;
};

/* Makes room for what is in (state, reason), so that sums_add() of it cannot fail. */
bool sums_reserve(struct sums *sums, uint8_t state, uint8_t reason);

/* `begins`: it is another time in this state, not more of the one that was counted last. */
void sums_add(struct sums *sums, uint8_t state, uint8_t reason, uint64_t ns, bool begins);

/* So much of a wait that was added for one reason, and counted, was for another one all the time:
 * sums_reserve() has made room for it. */
void sums_correct(struct sums *sums, uint8_t from_reason, uint8_t to_reason, uint64_t ns,
		  uint64_t wait_ns);

/* A wait took, or takes by now, so long. */
void sums_wait(struct sums *sums, uint8_t reason, uint64_t ns);

/* All time but that in STATE_RUNNING. */
uint64_t sums_not_running_ns(const struct sums *sums);

void sums_expand(const struct sums *sums, struct state_sums *out);

void sums_destroy(struct sums *sums);

#endif
