/* SPDX-License-Identifier: MIT */
/* tally.h - what the members of a group have, each once, and how many have it. */
#ifndef GOROUTINES_TALLY_H
#define GOROUTINES_TALLY_H

#include <stddef.h>
#include <stdint.h>

struct tally {
	uint64_t key;
	size_t first; /* of the members that have it */
	size_t count;
};

/* `items`: one for each member, by rising `first`. Returns how many are left: each key once, the most frequent one
 * first. */
size_t tally_sum_up(struct tally *items, size_t num);

#endif
