/* SPDX-License-Identifier: MIT */
/* settle.c - trees that stay open for long; see settle.h. */
#include "calltree/settle.h"

#include <stdlib.h>
#include <utlist.h>

#include "calltree/captured.h"
#include "calltree/family.h"
#include "calltree/frames.h"
#include "calltree/parts.h"

/* All trees are looked at so often. */
#define LOOK_NS 1000000000ull
/* While CALLTREE_SETTLE_TOTAL is reached, a tree that keeps less is left alone: another one is the
 * cause. */
#define MIN_SETTLED 64
/* Calls that are open come again in each part: no more of them for each one that has ended. */
#define MAX_AGAIN 16

/* Calls that have ended, waits, and goroutines started. */
static size_t num_settled(const struct owner *owner)
{
	const struct tree *tree = &owner->tree;
	size_t open = owner->num_frames < tree->num_calls ? owner->num_frames : tree->num_calls;

	return tree->num_calls - open + tree->num_waits + tree->num_starts;
}

static void forget_call(struct calltree *trees, struct owner *owner, struct call *call)
{
	parts_free(trees, owner, call);
	captured_free(trees, owner, call);
}

/* Forgets the calls that have ended; those that are open begin the next part. */
static void forget_calls(struct calltree *trees, struct owner *owner)
{
	struct tree *tree = &owner->tree;
	uint32_t next = 0, kept = 0;

	for (size_t i = 0; i < owner->num_frames; i++) {
		struct frame *frame = &owner->frames[i];

		frame_call(owner, frame)->incomplete |=
			frames_num_missed(trees, owner) != frame->missed_at_entry;
		frame->missed_at_entry = trees->num_gaps; /* the next part has lost nothing yet */
		if (!frame->is_kept)
			continue;
		for (; next < frame->index; next++)
			forget_call(trees, owner, &tree->calls[next]);
		tree->calls[kept] = tree->calls[next++];
		tree->steps[kept] = (struct step){.index = kept, .type = STEP_AGAIN};
		frame->index = kept++;
	}
	for (; next < tree->num_calls; next++)
		forget_call(trees, owner, &tree->calls[next]);
	trees->total_calls -= tree->num_calls - kept;
	tree->num_calls = tree->num_steps = kept;
}

static void forget(struct calltree *trees, struct owner *owner)
{
	struct tree *tree = &owner->tree;

	forget_calls(trees, owner);
	family_drop_started(trees, owner);
	trees->total_waits -= tree->num_waits;
	owner->num_waits -= tree->num_waits;
	tree->num_waits = 0;
	tree->lost = tree->left_out = tree->waits_left_out = owner->told_lost = 0;
	table_give_back(owner);
}

static void settle(struct calltree *trees, struct owner *owner)
{
	family_leave(trees, owner);
	family_let_go(owner);
	owner->tree.part++;
	note_gaps(trees, owner);
	trees->sink.tree_settled(trees->sink.context, &owner->tree);
	forget(trees, owner);
}

void settle_if_full(struct calltree *trees, struct owner *owner)
{
	const struct tree *tree = &owner->tree;
	size_t limit =
		trees->total_calls < CALLTREE_SETTLE_TOTAL ? CALLTREE_SETTLE_CALLS : MIN_SETTLED;

	if (!trees->sink.tree_settled)
		return;
	if (tree->num_waits >= CALLTREE_MAX_WAITS || tree->num_starts >= CALLTREE_MAX_WAITS ||
	    (tree->num_calls + tree->num_starts >= limit && num_settled(owner) >= limit))
		settle(trees, owner);
}

/* Something of it can be handed on, and is worth repeating the calls that are open. */
static bool is_due(const struct owner *owner, uint64_t now_ns)
{
	size_t settled = num_settled(owner);

	return now_ns > owner->settled_ns && now_ns - owner->settled_ns >= CALLTREE_SETTLE_NS &&
	       settled && settled >= owner->num_frames / MAX_AGAIN;
}

void settle_tick(struct calltree *trees, uint64_t now_ns)
{
	struct owner *owner, *next;

	if (!trees->sink.tree_settled || now_ns < trees->looked_ns ||
	    now_ns - trees->looked_ns < LOOK_NS)
		return;
	trees->looked_ns = now_ns;
	DL_FOREACH_SAFE2(trees->table.owners, owner, next, younger)
	{
		if (!is_due(owner, now_ns))
			continue;
		settle(trees, owner);
		owner->settled_ns = now_ns;
	}
}
