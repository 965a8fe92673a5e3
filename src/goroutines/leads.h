/* SPDX-License-Identifier: MIT */
/*
 * leads.h - who may serve what a goroutine waits for: who has the channel or wait group on its stack, or has an object
 * in common with who waits that holds the channel, as both ends of a connection's request have the connection. Only
 * pointers count that functions use later (live_stack.h); who waits for the same is no lead. If there is none: who was
 * started by it, and is there still.
 */
#ifndef GOROUTINES_LEADS_H
#define GOROUTINES_LEADS_H

#include "gofuncgraph/lead.h"
#include "gofuncgraph/waited_on.h"
#include "goroutines/places.h"
#include "goroutines/snapshot.h"

/* Goroutines that are asked for at once. */
#define LEADS_MAX_ASKED 64

struct lead {
	size_t index; /* in the snapshot */
	uint64_t object; /* address of the channel or wait group; 0: LEAD_STARTED */
	enum lead_by by;
	struct waited_on on; /* what its "IO wait" is on, of a process */
};

/* Of one goroutine that waits. */
struct leads {
	size_t waiter; /* its index in the snapshot */
	size_t count; /* 0: none is known */
	struct lead items[LEADS_MAX];
};

/* Whether what it waits for may have leads, as far as that is known. */
bool leads_may_have(const struct goroutine *one);

/*
 * Looks for leads of those of the first `count` of `found` that wait for channels or wait groups, by their `waiter`. Reads
 * the stacks of all goroutines once more, as far as there is time for. Who has gone on meanwhile is no lead. `pid`: 0, or
 * whose descriptors are named. The only error is out of memory.
 */
struct error *leads_find(const struct snapshot_source *source, struct places *places,
			 const struct snapshot *snapshot, pid_t pid, struct leads *found,
			 size_t count);

#endif
