/* SPDX-License-Identifier: MIT */
/*
 * state.h - what a goroutine inside a tree is doing, as its timeline says: its time not running goes
 * into the parts of the innermost open call, and long waits are kept.
 *
 * A frame that opens or closes meanwhile (code on the system stack, lost records) cuts the time, so
 * that each call gets the piece inside it. All happens at owner.timeline.now_ns.
 */
#ifndef GOFUNCGRAPH_CALLTREE_STATE_H
#define GOFUNCGRAPH_CALLTREE_STATE_H

#include "calltree/trees.h"

/* An interval of its timeline begins now. */
void state_begin(struct owner *owner);

/* A record of the goroutine that its timeline has heard of, and is to judge. */
void state_record(struct calltree *trees, struct owner *owner, const struct record *record);

/* Its tree ends: what it is doing lasts. */
void state_stays(struct calltree *trees, struct owner *owner);

/* A frame is about to be opened while it does not run. */
void state_enter_frame(struct calltree *trees, struct owner *owner);

/* The innermost frame is about to be closed meanwhile, by something that happened on this thread.
 */
void state_leave_frame(struct calltree *trees, struct owner *owner, uint32_t tid);

#endif
