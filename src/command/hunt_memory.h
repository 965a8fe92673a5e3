/* SPDX-License-Identifier: MIT */
/*
 * hunt_memory.h - what goroutines do whose calls are stuck: they make no records while they wait, so the
 * memory of their process is read, to tell it at once.
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

void hunt_memory_release(struct hunt_memory *memory);

#endif
