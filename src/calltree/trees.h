/* SPDX-License-Identifier: MIT */
/* trees.h - what the files of this room share: all trees, and small things about one. */
#ifndef GOFUNCGRAPH_CALLTREE_TREES_H
#define GOFUNCGRAPH_CALLTREE_TREES_H

#include "calltree/table.h"

/* Parts of all calls kept: 64 MiB. */
#define MAX_TOTAL_PARTS (1u << 22)
/* Trees inside each other; a goroutine further down is handed on by itself. */
#define MAX_GENERATIONS 1000

struct calltree {
	struct calltree_sink sink;
	struct table table;
	struct owner *lingering; /* roots of families that have ended and wait for the others */
	/* Of all trees not handed on yet. */
	size_t total_calls; /* kept */
	size_t total_open; /* frames */
	size_t total_parts;
	size_t total_captured; /* bytes */
	size_t total_waits;
	size_t total_starts;
	uint64_t *taken_off; /* sites of RECORD_TAKEN_OFF, by bits; their number is below: */
	size_t taken_off_end; /* a multiple of 64 */
	uint64_t gap_ns; /* when the last gap (RECORD_GAP) began */
	uint64_t gaps_ns; /* of those that have ended, all together */
	uint32_t num_gaps; /* that have begun */
	bool is_gap; /* one has not ended yet */
	uint64_t looked_ns; /* see settle.h */
	uint64_t num_off; /* functions that were taken off */
	uint32_t one_in; /* see struct tree */
	bool states_off; /* RECORD_STATES_OFF was there */
	uint64_t num_begun;
	uint64_t num_roots; /* of them that are not followed ones */
	uint64_t num_ended;
	uint64_t num_ignored;
};

static inline struct frame *top_frame(struct owner *owner)
{
	return owner->num_frames ? &owner->frames[owner->num_frames - 1] : NULL;
}

static inline bool is_taken_off(const struct calltree *trees, uint32_t site)
{
	return site < trees->taken_off_end && trees->taken_off[site / 64] >> site % 64 & 1;
}

/* How long all gaps were up to a time. */
static inline uint64_t gaps_until(const struct calltree *trees, uint64_t time_ns)
{
	bool is_in_gap = trees->is_gap && time_ns > trees->gap_ns;

	return trees->gaps_ns + (is_in_gap ? time_ns - trees->gap_ns : 0);
}

/* How long its tree was without probes so far. */
static inline void note_gaps(const struct calltree *trees, struct owner *owner)
{
	uint64_t gaps_ns = gaps_until(trees, owner->timeline.now_ns);

	owner->tree.off_ns = gaps_ns > owner->gaps_before_ns ? gaps_ns - owner->gaps_before_ns : 0;
}

static inline void add_lost(struct tree *tree, uint64_t lost)
{
	if (__builtin_add_overflow(tree->lost, lost, &tree->lost))
		tree->lost = UINT64_MAX;
}

#endif
