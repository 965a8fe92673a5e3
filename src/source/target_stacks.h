/* SPDX-License-Identifier: MIT */
/* target_stacks.h - stacks of goroutines that are read from memory, down to the target, as records of hunt have them. */
#ifndef SOURCE_TARGET_STACKS_H
#define SOURCE_TARGET_STACKS_H

#include "base/hash.h"
#include "gofuncgraph/plan.h"
#include "gofuncgraph/record.h"
#include "goroutines/places.h"
#include "goroutines/snapshot.h"

struct target_stacks {
	struct gobin *bin; /* not owned */
	struct places places;
	struct hash targets; /* by the address of their first instruction */
	struct target *all_targets;
};

/* The plan's binary is not owned. Error: goroutines of its processes cannot be read. target_stacks_release() in any
 * case. */
struct error *target_stacks_init(struct target_stacks *stacks, const struct plan *plan);
void target_stacks_release(struct target_stacks *stacks);

/* What goroutines of a process are read from. *pid is not owned. */
struct error *target_stacks_source(struct target_stacks *stacks, const pid_t *pid,
				   struct snapshot_source *source);

/* Fills in the stack as return addresses, the innermost first, down to the outermost target, but for its record's
 * process and time. False: there is none, or it is in no target. */
bool target_stacks_take(struct target_stacks *stacks, const struct snapshot *snapshot,
			const struct goroutine *goroutine, struct record_stack *stack);
/* The same down to the goroutine's first function. False: there is none. */
bool target_stacks_take_whole(const struct snapshot *snapshot, const struct goroutine *goroutine,
			      struct record_stack *stack);

#endif
