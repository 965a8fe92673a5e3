/* SPDX-License-Identifier: MIT */
/*
 * goroutines.h - what is known of each goroutine, found by (process, goid): those that live in order
 * of their last change, those that ended in order of their end; and what they were started with and
 * by.
 */
#ifndef STATES_GOROUTINES_H
#define STATES_GOROUTINES_H

#include "base/processes.h"
#include "gofuncgraph/timeline.h"
#include "states/groups.h"

struct goroutine {
	struct hash_key key; /* goid, the process */
	bool in_table;
	bool has_ended;
	/* The interval that it is in is in the sums already, from begin_ns up to summed_ns. */
	bool is_summed;
	uint8_t summed_reason; /* there it counts as waiting for that */
	struct timeline timeline;
	uint64_t begin_ns; /* of what of it belongs into the sums: later, if records came late */
	uint64_t summed_ns;
	uint64_t start_va;
	struct group *function; /* that it was started with; NULL: no sums are kept */
	struct group *statement; /* that started it; NULL: no sums of it are kept */
	struct sums sums;
	struct goroutine *prev, *next; /* in goroutines.living or goroutines.ended */
	struct process_member of_process; /* good while it is in the table */
};

struct goroutines {
	/* The living, and of those of the ended whose process may go on with their
	 * goid: a thread of C's that calls Go again and again has one goroutine for it. */
	struct hash table;
	struct processes processes; /* of those in the table */
	struct goroutine *living; /* the one unchanged for longest first */
	struct goroutine *ended; /* the one that ended first is first */
	size_t count; /* of both lists */
	struct groups functions, statements;
};

/* NULL: there is none. */
struct goroutine *goroutines_find(struct goroutines *goroutines, uint32_t pid, uint64_t goid);

/* Any one of this process that can be found; NULL: there is none. */
struct goroutine *goroutines_of_process(struct goroutines *goroutines, uint32_t pid);

/* A new one, living; there must be none of this name. NULL: out of memory. */
struct goroutine *goroutines_add(struct goroutines *goroutines, uint32_t pid, uint64_t goid);

/* It changed last of all, and lives or has ended. */
void goroutines_touch(struct goroutines *goroutines, struct goroutine *goroutine, bool has_ended);

/* It cannot be found any more: another one may get its goid. */
void goroutines_hide(struct goroutines *goroutines, struct goroutine *goroutine);

void goroutines_remove(struct goroutines *goroutines, struct goroutine *goroutine);

void goroutines_destroy(struct goroutines *goroutines);

#endif
