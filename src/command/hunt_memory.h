/* SPDX-License-Identifier: MIT */
/*
 * hunt_memory.h - what goroutines do whose calls are open: they make no records while they wait, so the
 * memory of their process is read. While such a call is stuck, to tell it at once; and when tracing ends, to
 * know where it waits.
 */
#ifndef COMMAND_HUNT_MEMORY_H
#define COMMAND_HUNT_MEMORY_H

#include "gofuncgraph/hunt.h"
#include "gofuncgraph/output.h"
#include "gofuncgraph/plan.h"
#include "gofuncgraph/source.h"
#include "goroutines/places.h"
#include "goroutines/snapshot.h"

/* Stuck calls that are told at once; further ones are counted. */
#define STUCK_MAX 16
/* Calls that are open when tracing ends, whose stacks are looked for. */
#define OPEN_MAX 1000

struct hunt_memory {
	const struct plan *plan; /* not owned, nor is its binary */
	struct places *places; /* of that; not owned */
	/* Of one process, as it was when it was asked for; pid 0: none. */
	pid_t pid;
	struct snapshot snapshot;
	struct error *err; /* why there is none */
	struct hunt_open stuck[STUCK_MAX]; /* to be told */
	size_t num_stuck;
	uint64_t num_more;
	size_t num_open; /* whose stacks were looked for */
};

/* Remembers the call, to be told soon. */
void hunt_memory_add_stuck(struct hunt_memory *memory, const struct hunt_open *call);

/* Tells all that were remembered. None of these is owned; the hunt and the source are those of the calls. */
struct hunt_memory_teller {
	struct hunt *hunt;
	const struct source *source;
	struct names *names;
	struct output *output;
};
void hunt_memory_tell_stuck(struct hunt_memory *memory, const struct hunt_memory_teller *teller);

/*
 * Of a wait that had not ended when tracing did: makes `stack` where it waits, down to the target, as a record
 * that comes before it, and `named`, the wait with that stack. False: that is not known.
 */
bool hunt_memory_find_stack(struct hunt_memory *memory, const struct record_wait *wait,
			    struct record_stack *stack, struct record_wait_on *named);

void hunt_memory_release(struct hunt_memory *memory);

#endif
