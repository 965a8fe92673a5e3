/* SPDX-License-Identifier: MIT */
/*
 * own.h - what calls spent their own time on: what a call has of it, without what those directly inside
 * have.
 */
#ifndef SUMS_OWN_H
#define SUMS_OWN_H

#include "base/hash.h"
#include "gofuncgraph/calltree.h"

/* What time was spent on, as in struct call: each state and reason once. All zero: nothing. */
struct spent {
	struct part *parts; /* owned */
	size_t num_parts, capacity;
};

/* False: out of memory, and some is missing. */
bool spent_add_call(struct spent *spent, const struct call *call);
void spent_destroy(struct spent *spent);

/* Calls that are open and have had calls inside. All zero: none. */
struct own {
	struct hash inner;
};

/*
 * A call has ended, and those inside of it before: adds what its own time was spent on to `self`, of one
 * whose time is known. False: out of memory, and some is missing.
 */
bool own_call_ended(struct own *own, const struct tree *tree, const struct call *call,
		    struct spent *self);
void own_destroy(struct own *own);

#endif
