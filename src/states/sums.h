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
	uint8_t state; /* enum goroutine_state without STATE_SCAN */
	uint8_t reason; /* of STATE_WAITING, else 0 */
};

struct sums {
	struct sum *items;
	uint32_t num_items;
	uint64_t changes;
	uint64_t longest_wait_ns;
	uint8_t longest_wait_reason;
};

/* What is in (state, reason), added if need be; good until the next one is asked for. NULL: out of
 * memory. */
struct sum *sums_item(struct sums *sums, uint8_t state, uint8_t reason);

/* So much of a wait that was added for one reason, and counted, was for another one all the time:
 * `to` is the item of that one. */
void sums_correct(struct sums *sums, uint8_t from_reason, struct sum *to, uint64_t ns,
		  uint64_t wait_ns);

/* A wait took, or takes by now, so long. */
void sums_wait(struct sums *sums, uint8_t reason, uint64_t ns);

/* Adds those of another one. False: out of memory, and not all of them are. */
bool sums_add(struct sums *sums, const struct sums *more);

/* In this state; all time but that in STATE_RUNNING. */
uint64_t sums_ns(const struct sums *sums, uint8_t state);
uint64_t sums_not_running_ns(const struct sums *sums);

void sums_expand(const struct sums *sums, struct state_sums *out);

void sums_destroy(struct sums *sums);

#endif
