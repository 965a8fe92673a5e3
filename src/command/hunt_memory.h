/* SPDX-License-Identifier: MIT */
/*
 * hunt_memory.h - what goroutines do whose calls are stuck: they make no records while they wait, so the
 * memory of their process is read, and RECORD_STUCK tells it at once.
 */
#ifndef COMMAND_HUNT_MEMORY_H
#define COMMAND_HUNT_MEMORY_H

#include "base/cost_limit.h"
#include "gofuncgraph/hunt.h"
#include "gofuncgraph/plan.h"
#include "gofuncgraph/source.h"
#include "goroutines/leads.h"
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
	struct leads *leads; /* of those of its stuck calls that wait for other goroutines */
	size_t num_leads;
	struct cost_limit leads_cost; /* of this thread's time, as records tell it */
	struct hunt_open stuck[STUCK_MAX]; /* to be told */
	size_t num_stuck;
	uint64_t num_more;
};

/* Remembers the call, to be told soon. */
void hunt_memory_add_stuck(struct hunt_memory *memory, const struct hunt_open *call);

/* Looks at all that were remembered: hands on a RECORD_STUCK of each, and before it the stacks that it names. The
 * source is that of the calls. Leads are looked for as long as that costs little. */
void hunt_memory_look(struct hunt_memory *memory, const struct source *source,
		      const struct record_sink *sink);

void hunt_memory_release(struct hunt_memory *memory);

#endif
