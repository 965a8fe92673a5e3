/* SPDX-License-Identifier: MIT */
/* blame_search.h - what the files share that look for who kept a call waiting: blame.c, and blame_ran.c. */
#ifndef HUNT_BLAME_SEARCH_H
#define HUNT_BLAME_SEARCH_H

#include "hunt/blame.h"

/* Waits, or samples, that are looked through for one time. */
#define MAX_LOOK 4096

struct search {
	const struct history *history;
	struct blames *blames;
	uint64_t period_ns;
	uint32_t pid;
	bool is_full; /* out of memory */
};

/* A time that somebody waited. */
struct wait {
	uint32_t parent, piece;
	uint64_t start_ns, end_ns;
	unsigned depth;
};

/* What somebody did meanwhile; it is good until the next one. NULL: that is too much, or out of memory. */
struct blame *blame_add(struct search *search, const struct wait *wait, uint64_t goid,
			const struct piece *what);

/* What is too short to explain it. */
static inline bool is_little(uint64_t ns, const struct wait *wait)
{
	return ns < (wait->end_ns - wait->start_ns) / 50;
}

/* What a goroutine ran on in the time that is left of the wait. */
void blame_running(struct search *search, const struct wait *wait, struct hash_key goroutine,
		   uint64_t left_ns);

/* Who had the processor of the goroutine's thread while it ran none. Returns for how much of the wait. */
uint64_t blame_takers(struct search *search, const struct wait *wait, uint64_t goid);

/*
 * Who ran while the goroutine could not, and, if it was runnable, who had the processors of threads that would have: each
 * for as much of that time as it is of what both come to, since each of the program's Ps (src/runtime/proc.go) does one or
 * the other.
 */
void blame_others(struct search *search, const struct wait *wait, struct hash_key self,
		  bool is_runnable);

/* Who had the processor of the thread that would have ended the wait earlier, which no goroutine did. */
void blame_late(struct search *search, const struct wait *wait);

#endif
