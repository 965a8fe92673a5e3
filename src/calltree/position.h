/* SPDX-License-Identifier: MIT */
/*
 * position.h - what a record says about the frames that are open, which follows from where it happened: a stack
 * only has frames that are shallower than the one that runs, so every open frame deeper than a record's is gone. By a
 * panic only if a recovery was seen; else it was left in another way, since the runtime switches stacks, or by an end
 * that is among the lost records.
 */
#ifndef GOFUNCGRAPH_CALLTREE_POSITION_H
#define GOFUNCGRAPH_CALLTREE_POSITION_H

#include "calltree/trees.h"

/* Where a frame is on its goroutine's stack: deeper is greater. */
uint64_t position_of(const struct record_frame *at);

/* True of what happens on a stack of another thread than the innermost call's. */
bool position_is_elsewhere(struct owner *owner, const struct record_frame *at);

/* The goroutine is served by this thread now: what others did for it is over. True if that was
 * all of the tree. */
bool position_leave_other_threads(struct calltree *trees, struct owner *owner,
				  const struct record_frame *at);

/* A call begins, with nothing open that is as deep or deeper. */
struct error *position_open(struct calltree *trees, struct owner *owner,
			    const struct record_entry *entry);
/* The same, whatever is open. */
struct error *position_enter(struct calltree *trees, struct owner *owner,
			     const struct record_entry *entry);

/* Frames end: by an exit, a panic, or another change of stacks. */
void position_leave(struct calltree *trees, struct owner *owner, const struct record_frame *at);

#endif
