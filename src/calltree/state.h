/* SPDX-License-Identifier: MIT */
/*
 * state.h - what a goroutine inside a tree is doing: its time not running goes into the parts of
 * the innermost open call, and long waits are kept.
 *
 * A frame that opens or closes meanwhile (code on the system stack, lost records) cuts the time, so
 * that each call gets the piece inside it. All happens at owner.now_ns.
 */
#ifndef GOFUNCGRAPH_CALLTREE_STATE_H
#define GOFUNCGRAPH_CALLTREE_STATE_H

#include "calltree/trees.h"

/* No part of a call's time. A stack is copied while its goroutine runs into its end
 * (runtime.newstack). */
static inline bool state_is_running(uint8_t state)
{
	return state == STATE_RUNNING || state == STATE_COPYSTACK || state == STATE_IDLE ||
	       state == STATE_DEAD;
}

/* It is in this state from now on; until now it was running. */
void state_begin(struct owner *owner, uint8_t state, uint8_t reason);

/* RECORD_STATE */
void state_change(struct calltree *trees, struct owner *owner, const struct record_state *change);

/* It runs, as this record shows, whatever is known of its state. */
void state_runs(struct calltree *trees, struct owner *owner, const struct record *record);

/* Its tree ends: what it is doing lasts. */
void state_stays(struct calltree *trees, struct owner *owner);

/* A frame is about to be opened while it does not run. */
void state_enter_frame(struct calltree *trees, struct owner *owner);

/* The innermost frame is about to be closed meanwhile, by something that happened on this thread.
 */
void state_leave_frame(struct calltree *trees, struct owner *owner, uint32_t tid);

#endif
