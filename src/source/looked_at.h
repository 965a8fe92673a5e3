/* SPDX-License-Identifier: MIT */
/* looked_at.h - the processes whose goroutines are looked at (looks.h): each one's memory, and when it was read. */
#ifndef SOURCE_LOOKED_AT_H
#define SOURCE_LOOKED_AT_H

#include "base/event_clock.h"
#include "base/hash.h"
#include "source/target_stacks.h"

struct looked_at {
	struct hash_key key; /* pid */
	pid_t pid;
	bool is_readable;
	struct snapshot_source source;
	struct memory memory; /* which that reads, and notes when */
	const struct event_clock *clock;
	uint64_t read_ns; /* when it was read last */
};

/* All zero, but for the clock: none. */
struct looked_at_all {
	struct hash processes;
	const struct event_clock *clock; /* not owned */
	bool has_warned;
};

/* Of one that was not looked at before, it is found out what it is read from; that it cannot be read is told of the
 * first of these alone. NULL: out of memory. */
struct looked_at *looked_at_find(struct looked_at_all *all, struct target_stacks *stacks,
				 pid_t pid);
/* It is not there any more. */
void looked_at_forget(struct looked_at_all *all, pid_t pid);
void looked_at_release(struct looked_at_all *all);

#endif
