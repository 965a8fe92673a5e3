/* SPDX-License-Identifier: MIT */
/*
 * offcpu.h - times in which threads that run Go code had no processor, in targets and outside, lately. Goroutines are
 * runnable meanwhile that such a thread, or the next one, would have run.
 *
 * A ring: what is new takes the place of the oldest.
 */
#ifndef HUNT_OFFCPU_H
#define HUNT_OFFCPU_H

#include "gofuncgraph/record.h"
#include "hunt/pieces.h"

#define OFFCPU_TIMES (1u << 15)
/* Shorter ones are not told outside of targets: in them these do not count, either. */
#define OFFCPU_MIN_NS UINT64_C(1000000)
/* Those that had processors instead, of one time; further ones are not known. */
#define OFFCPU_MAX_TAKERS 8

struct offcpu_time;

/* All zero: empty. */
struct offcpu {
	struct offcpu_time *times;
	uint64_t count; /* so far */
};

/* What it is in a call: when, how long, and who had the processor; nothing else is set. */
struct piece offcpu_piece(const struct record_offcpu *off);

/* False: out of memory. */
bool offcpu_add(struct offcpu *offcpu, const struct record_offcpu *off);

/* Of the process, or of one goroutine of it (goid not 0), from start_ns to end_ns: fills in one piece for each who had
 * processors instead, with the times of all threads as far as they lie within. Returns how many there are. */
size_t offcpu_takers(const struct offcpu *offcpu, uint32_t pid, uint64_t goid, uint64_t start_ns,
		     uint64_t end_ns, struct piece takers[OFFCPU_MAX_TAKERS]);

/* A thread of the process that runs no goroutine had no processor up to the end of that time, and then looked for work.
 * Fills in who had it, for as much of the time. False: there was none. */
bool offcpu_late(const struct offcpu *offcpu, uint32_t pid, uint64_t start_ns, uint64_t end_ns,
		 struct piece *piece);

void offcpu_clear(struct offcpu *offcpu);

#endif
