/* SPDX-License-Identifier: MIT */
/* frames.h - the open frames of a goroutine, and the calls in its tree that they become. */
#ifndef GOFUNCGRAPH_CALLTREE_FRAMES_H
#define GOFUNCGRAPH_CALLTREE_FRAMES_H

#include "calltree/trees.h"

struct ending {
	/* CALL_LEFT and CALL_PANIC are said of complete calls only: what is among lost records may
	 * be another end. */
	enum call_end end;
	uint32_t site; /* CALL_RETURN and CALL_TAIL_CALL only */
	uint32_t tid; /* thread that it happened on */
};

/* As in struct call. */
struct beginning {
	uint64_t caller_va;
	uint64_t start_va;
	uint32_t site;
	uint32_t tid;
};

/* Opens a frame for a call that begins now. */
struct error *frames_open(struct calltree *trees, struct owner *owner, uint64_t position,
			  const struct beginning *beginning);

void frames_close_top(struct calltree *trees, struct owner *owner, const struct ending *ending);

/* Ends all frames deeper than position, the innermost first. */
static inline void frames_close_deeper(struct calltree *trees, struct owner *owner,
				       uint64_t position, const struct ending *ending)
{
	while (owner->num_frames && top_frame(owner)->position > position)
		frames_close_top(trees, owner, ending);
}

/* Something is about to be told of the tree: what was lost before is told first. */
void frames_tell_lost(struct calltree *trees, struct owner *owner);

/* Room for so many steps more, besides the exits of all calls. False: out of memory. */
bool frames_reserve_steps(struct owner *owner, size_t more);

#endif
