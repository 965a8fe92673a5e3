/* SPDX-License-Identifier: MIT */
/* state.c - what goroutines are doing; see state.h. */
#include "calltree/state.h"

#include <string.h>

#include "calltree/frames.h"
#include "calltree/parts.h"

/* ---- waits ---- */

static bool add_to_tree(struct owner *owner, const struct wait *wait)
{
	struct tree *tree = &owner->tree;

	if (!owner_reserve(&tree->waits, &owner->waits_capacity, tree->num_waits + 1,
			   sizeof(*wait)) ||
	    !frames_reserve_steps(owner, 1))
		return false;
	tree->steps[tree->num_steps++] =
		(struct step){.index = (uint32_t)tree->num_waits, .type = STEP_WAIT};
	tree->waits[tree->num_waits++] = *wait;
	return true;
}

static bool add_to_call(struct call *call, const struct wait *wait)
{
	if (!parts_reserve_one(&call->waits, call->num_waits, sizeof(*wait)))
		return false;
	call->waits[call->num_waits++] = *wait;
	return true;
}

/* There is no room for a wait that belongs to this call. */
static void leave_out(struct calltree *trees, struct owner *owner, struct call *call)
{
	if (trees->sink.keep_calls)
		owner->tree.waits_left_out++;
	else if (call->waits_left_out != UINT32_MAX)
		call->waits_left_out++;
}

/* Until now it did what the interval says, a wait. */
static void add_wait(struct calltree *trees, struct owner *owner, const struct interval *interval,
		     bool is_open)
{
	struct call *call = frame_call(owner, &owner->frames[owner->wait_depth]);
	const struct origin *waker = interval->waker;
	struct wait wait = {
		.start_ns = owner->wait_ns,
		.end_ns = interval->end_ns,
		.depth = owner->wait_depth,
		.tid = is_open ? 0 : interval->end_tid,
		.state = interval->state,
		.reason = interval->reason,
		.is_open = is_open,
	};

	if (waker) {
		wait.by_goid = waker->by_goid;
		memcpy(wait.by_stack, waker->by_stack, sizeof(wait.by_stack));
	}
	if (trees->sink.wait_ended) {
		frames_tell_lost_first(trees, owner);
		trees->sink.wait_ended(trees->sink.context, &owner->tree, call, &wait);
		return;
	}
	if (owner->num_waits >= CALLTREE_MAX_WAITS ||
	    trees->total_waits >= CALLTREE_MAX_TOTAL_WAITS) {
		leave_out(trees, owner, call);
		return;
	}
	bool kept = trees->sink.keep_calls ? add_to_tree(owner, &wait) : add_to_call(call, &wait);
	if (!kept) {
		add_lost(&owner->tree, 1);
		return;
	}
	owner->num_waits++;
	trees->total_waits++;
}

static void keep_wait(struct calltree *trees, struct owner *owner, const struct interval *interval,
		      bool is_open)
{
	uint64_t min_wait_ns = trees->sink.min_wait_ns;

	if (min_wait_ns && interval->end_ns - owner->wait_ns >= min_wait_ns && owner->num_frames)
		add_wait(trees, owner, interval, is_open);
}

/* ---- intervals ---- */

/* What it did not run until now is the innermost call's. */
static void cut(struct calltree *trees, struct owner *owner, const struct interval *interval)
{
	struct frame *top = top_frame(owner);
	struct part part = {.ns = interval->end_ns - owner->cut_ns,
			    .state = interval->state,
			    .reason = interval->reason};

	if (top && part.ns)
		parts_add(trees, owner, frame_call(owner, top), &part);
	owner->cut_ns = interval->end_ns;
}

void state_begin(struct owner *owner)
{
	owner->cut_ns = owner->wait_ns = owner->timeline.now_ns;
	owner->wait_depth = owner->num_frames ? (uint32_t)owner->num_frames - 1 : 0;
}

void state_record(struct calltree *trees, struct owner *owner, const struct record *record)
{
	struct interval ended;

	if (timeline_judge(&owner->timeline, record, &ended) != TIMELINE_CHANGE)
		return;
	if (!state_is_running(ended.state)) {
		cut(trees, owner, &ended);
		keep_wait(trees, owner, &ended, false);
	}
	state_begin(owner);
}

void state_stays(struct calltree *trees, struct owner *owner)
{
	struct interval interval = timeline_so_far(&owner->timeline);

	if (state_is_running(interval.state))
		return;
	cut(trees, owner, &interval);
	keep_wait(trees, owner, &interval, true);
	owner->wait_ns = interval.end_ns;
}

void state_enter_frame(struct calltree *trees, struct owner *owner)
{
	struct interval interval = timeline_so_far(&owner->timeline);

	cut(trees, owner, &interval);
	if (!owner->num_frames)
		owner->wait_ns = interval.end_ns; /* before that it was no call's */
}

void state_leave_frame(struct calltree *trees, struct owner *owner, uint32_t tid)
{
	struct interval interval = timeline_so_far(&owner->timeline);

	cut(trees, owner, &interval);
	if (owner->wait_depth + 1 < owner->num_frames)
		return;
	/* The rest is another wait, of the caller. If there is none, the tree ends in this one. */
	bool is_open = owner->num_frames == 1;
	interval.end_tid = tid;
	keep_wait(trees, owner, &interval, is_open);
	owner->wait_ns = interval.end_ns;
	owner->wait_depth = is_open ? 0 : (uint32_t)owner->num_frames - 2;
}
