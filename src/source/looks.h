/* SPDX-License-Identifier: MIT */
/*
 * looks.h - what goroutines inside targets do, where their waits are not seen: the memory of their
 * processes is read now and then, and each one that is found there is a RECORD_LOOK, with its stack, and the peer
 * that it waits for. So are those that calls started, as long as the call is open, and those that may hold a lock that
 * somebody of these waits for (holders.h).
 *
 * Who is inside is known by the records that the kernel sends, which all pass by here; who was before is told
 * (looks_add()). Memory and time are bounded: of more goroutines than can be read at once some are, chosen by chance,
 * and where that takes long it is done more rarely.
 */
#ifndef SOURCE_LOOKS_H
#define SOURCE_LOOKS_H

#include "base/event_clock.h"
#include "gofuncgraph/plan.h"
#include "gofuncgraph/record.h"
#include "graph.skel.h"

/* Goroutines that are read at once, at most. */
#define LOOKS_MAX 256
/* Of those that calls started; further ones are not looked at. */
#define LOOKS_MAX_STARTED 128
/* Of the time of one processor, for reading; as much again for finding out who holds locks. */
#define LOOKS_MAX_SHARE 0.05

struct looks;

/* None of these is owned. Error: the goroutines of this binary's processes cannot be read. looks_free() in any
 * case. */
struct error *looks_new(const struct plan *plan, const struct graph_bpf *bpf, uint32_t frequency_hz,
			const struct event_clock *clock, struct looks **looks);
void looks_free(struct looks *looks); /* NULL is fine */

/* A record of the kernel's. Whom there is no memory for is not looked at. */
void looks_see(struct looks *looks, const struct record *record);

/* A goroutine that was inside before there were looks. */
void looks_add(struct looks *looks, uint64_t goid, uint32_t pid, uint64_t g);

/* Nobody is inside any more. */
void looks_forget(struct looks *looks);

/* So long after now_ns the next look is due; 0: it is. */
uint64_t looks_wait_ns(const struct looks *looks, uint64_t now_ns);

/* Looks. All records must have been seen that there are. */
void looks_take(struct looks *looks);

/* Tells what was found up to then, by the clock of records: before records that are later. */
void looks_tell(struct looks *looks, uint64_t until_ns,
		void (*tell)(void *context, const struct record *record), void *context);

#endif
