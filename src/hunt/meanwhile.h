/* SPDX-License-Identifier: MIT */
/*
 * meanwhile.h - the waits of one goroutine within a time: those that are alike are one kind, so that many short ones
 * (a query for each row) explain as much as a long one does.
 */
#ifndef HUNT_MEANWHILE_H
#define HUNT_MEANWHILE_H

#include "hunt/history.h"

/* Kinds that are kept; a new one takes the place of the least, if it is more. */
#define MEANWHILE_KINDS 16

/*
 * A wait, and, if a goroutine ended it, those before it at the same place that none did: when its timer has come, a
 * select waits for the others again.
 */
struct meanwhile_stretch {
	const struct history_wait *last; /* of the history */
	uint64_t start_ns; /* of the first one; it may lie before the time */
	uint64_t ns; /* that they took */
};

/* Waits that are alike. Times are as far as they lie within the time. */
struct meanwhile_kind {
	struct meanwhile_stretch longest;
	/* Of all: until it was made ready, and from then on until it ran. */
	uint64_t waited_ns, runnable_ns;
	uint32_t count;
	/* The one that was runnable for longest, as far as that lies within the time */
	const struct history_wait *held_up;
	uint64_t held_up_ns;
};

struct meanwhile {
	struct meanwhile_kind kinds[MEANWHILE_KINDS];
	size_t count;
	/* What was added last, and the kind that it is in; NULL: that is not kept. */
	struct meanwhile_stretch first;
	struct meanwhile_kind *kind;
};

/* Of one goroutine; later ones come first. */
void meanwhile_add(struct meanwhile *meanwhile, const struct history_wait *wait, uint64_t waited_ns,
		   uint64_t runnable_ns);

/* That of the most time comes first. */
void meanwhile_sort(struct meanwhile *meanwhile);

#endif
