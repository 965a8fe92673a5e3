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
	const struct captured *results; /* CALL_RETURN only; NULL: none */
};

/* As in struct call. */
struct beginning {
	uint64_t caller_va;
	uint64_t start_va;
	uint32_t site;
	uint32_t tid;
	const struct captured *captured; /* values; NULL: none */
};

/* Opens a frame for a call that begins now. */
struct error *frames_open(struct calltree *trees, struct owner *owner, uint64_t position,
			  const struct beginning *beginning);

/* Losses of its tree, and gaps: more than when a frame was opened if something may have been missed since. */
static inline uint64_t frames_num_missed(const struct calltree *trees, const struct owner *owner)
{
	return owner->tree.lost + trees->num_gaps;
}

void frames_close_top(struct calltree *trees, struct owner *owner, const struct ending *ending);

/*
 * The function that has its entry at `site` loses its probes. Those of its calls that are open and have no
 * open call inside end now, others with the last of those: from now on it is as if the function had never
 * been chosen, and what is called is told as called by who called it.
 */
void frames_give_up(struct calltree *trees, struct owner *owner, uint32_t site, uint64_t time_ns);

/* Ends all frames deeper than position, the innermost first. */
static inline void frames_close_deeper(struct calltree *trees, struct owner *owner,
				       uint64_t position, const struct ending *ending)
{
	while (owner->num_frames && top_frame(owner)->position > position)
		frames_close_top(trees, owner, ending);
}

/* Tells what was lost of the tree since the last time. */
void frames_tell_lost(struct calltree *trees, struct owner *owner);

/* Something is about to be told of the tree: what was lost before is told first. */
static inline void frames_tell_lost_first(struct calltree *trees, struct owner *owner)
{
	if (trees->sink.records_lost && owner->told_lost != owner->tree.lost)
		frames_tell_lost(trees, owner);
}

/* Room for so many steps more, besides the exits of all calls. False: out of memory. */
bool frames_reserve_steps(struct owner *owner, size_t more);

#endif
