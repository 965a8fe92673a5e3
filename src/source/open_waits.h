/* SPDX-License-Identifier: MIT */
/*
 * open_waits.h - waits that have not ended, which make no records before they do. Those inside targets are noted
 * while the probes are at work: what is read of a process's memory is of the wait that they have seen begin, if
 * that has not ended meanwhile. One that has is told by a record of its own, which is still to come.
 */
#ifndef SOURCE_OPEN_WAITS_H
#define SOURCE_OPEN_WAITS_H

#include "gofuncgraph/hunt_options.h"
#include "gofuncgraph/maps.h"
#include "gofuncgraph/plan.h"
#include "gofuncgraph/record.h"
#include "graph.skel.h"

/* Waits inside targets whose stacks are read, and what they are on. */
#define OPEN_WAITS_MAX_STACKS 1000

struct open_waits; /* NULL: there are none */

/* None of these is owned. Error: out of memory. */
struct error *open_waits_new(const struct plan *plan, const struct graph_bpf *bpf,
			     const struct hunt_options *options, struct open_waits **waits);
void open_waits_free(struct open_waits *waits);

/* Notes those inside targets that are open at `time_ns`, by the clock of records, in place of all that were noted
 * before. Of more than OPEN_WAITS_MAX_STACKS these alone: it is short. What there is no memory for is left out. */
void open_waits_note(struct open_waits *waits, uint64_t time_ns);
/* The others that were open then. It may take long: not before tracing has stopped, if it does. */
void open_waits_note_others(struct open_waits *waits);

/* Tells those of them that are open still, with their stacks before them, as far as these are known: RECORD_IS_OPEN,
 * and all at the time for which they were noted. `is_last`: and the short waits that no other record will tell. */
void open_waits_tell(struct open_waits *waits, bool is_last,
		     void (*tell)(void *context, const struct record *record), void *context);

/* When a process ends, there is no memory to read any more. So waits inside targets are noted when they have become
 * long: this does so now and then, whenever it is called, some at a time. */
void open_waits_note_long(struct open_waits *waits, uint64_t now_ns);
/* Tells, in the same way, what is open in the program that this record says has ended: without a stack and a reason
 * what was not noted. Nothing of it is told again. Where programs end so fast that it would take more than a tenth of
 * all time to look for that, of some nothing is told. */
void open_waits_tell_ended(struct open_waits *waits, const struct record_process *end,
			   void (*tell)(void *context, const struct record *record), void *context);

#endif
