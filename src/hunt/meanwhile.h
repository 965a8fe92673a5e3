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

/* Waits that are alike. Times are as far as they lie within the time. */
struct meanwhile_kind {
	const struct history_wait *longest; /* of the history */
	uint64_t longest_ns;
	/* Of all: until it was made ready, and from then on until it ran. */
	uint64_t waited_ns, runnable_ns;
	uint32_t count;
};

struct meanwhile {
	struct meanwhile_kind kinds[MEANWHILE_KINDS];
	size_t count;
};

void meanwhile_add(struct meanwhile *meanwhile, const struct history_wait *wait, uint64_t waited_ns,
		   uint64_t runnable_ns);

/* That of the most time comes first. */
void meanwhile_sort(struct meanwhile *meanwhile);

#endif
