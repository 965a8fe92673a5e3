/* SPDX-License-Identifier: MIT */
/*
 * span.h - a time in which a goroutine was RUNNING, from one long wait to the next, in pieces.
 *
 * What is known of it: each time without a processor, exactly, those in short system calls included, and
 * those in the long wait that follows (span_add_syscall()); short waits, by their sums; samples. What
 * is left was spent on a processor, and the samples share it. A stretch of many sampling periods without
 * any sample was not: records are missing.
 */
#ifndef HUNT_SPAN_H
#define HUNT_SPAN_H

#include "hunt/pieces.h"

struct span {
	uint64_t start_ns;
	/* Samples, of no time, and times without a processor, in order of time. */
	struct piece *items;
	size_t count, capacity;
	unsigned thinned; /* so often every second sample was left out */
	/* short waits */
	uint64_t waiting_ns, syscall_ns, runnable_ns;
	uint64_t num_short;
	/* It may have been a wait that nobody saw, where no sample shows that it ran. */
	bool is_doubtful;
};

/* More are thinned out. */
#define SPAN_MAX_ITEMS 4096
/* Sampling periods without a sample that cannot be chance, if they take longer than a virtual machine may
 * be stopped by its host. */
#define SPAN_LOST_PERIODS 20
#define SPAN_LOST_NS      UINT64_C(100000000)
/* The same where it is doubtful. */
#define SPAN_DOUBTFUL_PERIODS 3

/* A sample, or a time without a processor, behind those that are there. False: out of memory. */
bool span_add(struct span *span, const struct piece *item);

/* Adds the pieces of a system call, which `call` is as a whole: times without a processor, as they are in the
 * span, and the rest. False: out of memory. */
bool span_add_syscall(const struct span *span, const struct piece *call, struct pieces *pieces);

/* Adds its pieces, up to end_ns: they take all of the time. It begins anew, there, with what is later.
 * period_ns: of samples; 0: none are taken. False: out of memory. */
bool span_end(struct span *span, uint64_t end_ns, uint64_t period_ns, struct pieces *pieces);

/* It begins there; what was before is forgotten. */
void span_skip(struct span *span, uint64_t until_ns);

void span_clear(struct span *span);

#endif
