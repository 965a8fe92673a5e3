/* SPDX-License-Identifier: MIT */
/*
 * stacks.h - stacks by the ids that records name them by: takes RECORD_STACK, and answers whoever reads
 * another record. All zero is an empty store.
 */
#ifndef GOFUNCGRAPH_STACKS_H
#define GOFUNCGRAPH_STACKS_H

#include "base/error.h"
#include "base/hash.h"
#include "gofuncgraph/record.h"

/* Further ones stay unknown. */
#define MAX_STACKS (1u << 18)

struct stacks {
	struct hash by_id;
};

/* As in struct record_stack. */
struct known_stack {
	struct hash_key id;
	uint16_t count;
	uint8_t end; /* enum stack_end */
	uint64_t addresses[];
};

/* A record of any kind; it is valid. Error: out of memory. */
struct error *stacks_feed(struct stacks *stacks, const struct record *record);

/* NULL: it is not known. Stays as long as the store. */
const struct known_stack *stacks_find(const struct stacks *stacks, uint64_t id);

/* Makes a record of a stack that no kernel told, of which `count`, `end` and the addresses are filled in: its
 * header, and its id, a hash as the kernel's are, but another one. */
void stacks_name(struct record_stack *stack);

void stacks_clear(struct stacks *stacks);

#endif
