/* SPDX-License-Identifier: MIT */
/*
 * hunt.h - what made calls of targets slow: records of hunt (record.h) into what the slow ones spend more
 * time on than the others, and whose doing it was.
 *
 * A pure state machine, fed by a source or by a test. Memory is bounded: of most calls only the duration is
 * kept (hunt/kept.h). hunt_feed() each record, at the end hunt_report() for each target (hunt_report.h).
 */
#ifndef GOFUNCGRAPH_HUNT_H
#define GOFUNCGRAPH_HUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "gofuncgraph/record.h"
#include "gofuncgraph/waited_on.h"

/* --call and the like: so many of the slowest calls of a target at most can be told in order. */
#define HUNT_MAX_SLOWEST 1000

struct unwind_code; /* goroutines/unwind.h */
struct known_stack; /* stacks.h */
struct hunt_object; /* hunt_report.h */

struct hunt_settings {
	uint64_t sample_ns; /* from one sample of a processor to the next; 0: none are taken */
	/* Calls that are open for longer are told; 0: 5 s, or ten times the slowest that ended. */
	uint64_t stuck_ns;
	/* Of all targets together, further ones that end are of no interest; 0: all are. */
	uint64_t max_calls;
	size_t num_slowest; /* so many of the slowest calls of each target are kept in order of time */
	/* How much stack code uses, to put samples right; NULL: unknown. Not owned, but copied. */
	const struct unwind_code *code;
};

/* A call that is open. */
struct hunt_open {
	uint32_t func; /* the target: see hunt_sink.func_of_site */
	uint32_t site; /* where it was entered */
	uint32_t pid;
	uint64_t goid;
	uint64_t g; /* address of its goroutine's runtime.g; 0: unknown */
	uint64_t start_ns; /* by the clock of records */
	uint64_t now_ns;
};

struct hunt_sink {
	void *context;
	/* The function of a site: any number that all its sites have, and no others. */
	uint32_t (*func_of_site)(void *context, uint32_t site);
	/* A call is open for longer than stuck_ns, once a call: now it may be looked at (RECORD_STUCK). NULL:
	 * nobody does. */
	void (*overdue)(void *context, const struct hunt_open *call);
	/* It was; `stack` is NULL if it is not known. NULL: that is of no interest. */
	void (*stuck)(void *context, const struct hunt_open *call, const struct record_stuck *look,
		      const struct known_stack *stack);
};

struct hunt;

struct error *hunt_new(const struct hunt_settings *settings, const struct hunt_sink *sink,
		       struct hunt **hunt);
void hunt_free(struct hunt *hunt); /* NULL is fine */

/* Error: out of memory only. */
struct error *hunt_feed(struct hunt *hunt, const struct record *record);

/* What a stuck call waits on: by the record, or, where waits are sampled, as it was found last if it has not moved since.
 * Fills in kind and text, which lives as long as the hunt. False: unknown, or nothing. */
bool hunt_stuck_on(struct hunt *hunt, const struct record_stuck *look, struct hunt_object *object);

/* A stack that a record names. NULL: it is not known. Stays as long as the hunt. */
const struct known_stack *hunt_stack(const struct hunt *hunt, uint64_t id);

/* Calls of all targets so far that have ended. */
uint64_t hunt_num_calls(const struct hunt *hunt);

#endif
