/* SPDX-License-Identifier: MIT */
/*
 * groups.h - goroutines that have something in common, summed up: the function that they were started
 * with, or the `go` statement.
 */
#ifndef STATES_GROUPS_H
#define STATES_GROUPS_H

#include "base/hash.h"
#include "states/sums.h"

/* Sums of some goroutines. */
struct crowd {
	uint64_t count;
	struct sums sums;
};

/* Those of one address, in one process. */
struct group {
	struct hash_key key; /* the address, the process */
	struct crowd all;
	/* Of those, the ended ones of which no more is known. */
	struct crowd dropped;
	/* As of the last summary. */
	struct crowd ended; /* that have no rows of their own */
	uint64_t num_living;
	uint64_t start_va; /* what they were started with; 0: unknown, or they differ */
	bool has_starts; /* they differ */
};

/* All zero: empty. */
struct groups {
	struct hash table;
	struct group others; /* those beyond STATES_MAX_FUNCTIONS */
};

/* The one of this name, a new one if need be. NULL: out of memory. */
struct group *groups_find(struct groups *groups, uint32_t pid, uint64_t va);

/* Each that has goroutines: `at` is 0 at first. NULL: there are no more. */
struct group *groups_next(struct groups *groups, size_t *at);

/* It has one goroutine more, which was started with that. */
void group_add(struct group *group, uint64_t start_va);

void groups_destroy(struct groups *groups);

/* The sums of `count` goroutines are added. False: out of memory, and not all of them are. */
bool crowd_add(struct crowd *crowd, uint64_t count, const struct sums *sums);
void crowd_clear(struct crowd *crowd);

#endif
