/* SPDX-License-Identifier: MIT */
/* frames.c - frames into calls; see frames.h. */
#include "calltree/frames.h"

#include <stdlib.h>

#include "base/array.h"
#include "calltree/parts.h"
#include "calltree/state.h"

static bool may_keep(const struct calltree *trees, const struct tree *tree)
{
	return tree->num_calls < CALLTREE_MAX_CALLS &&
	       trees->total_calls < CALLTREE_MAX_TOTAL_CALLS;
}

bool frames_reserve_steps(struct owner *owner, size_t more)
{
	struct tree *tree = &owner->tree;

	return array_reserve(&tree->steps, &owner->steps_capacity,
			     2 * tree->num_calls + tree->num_waits + tree->num_starts + more,
			     sizeof(*tree->steps));
}

/* Adds the frame's call to its tree. False: out of memory. */
static bool keep_call(struct calltree *trees, struct owner *owner, struct frame *frame)
{
	struct tree *tree = &owner->tree;

	/* Room for the exit of every call is made with its entry: closing needs no memory. */
	if (!array_reserve(&tree->calls, &owner->calls_capacity, tree->num_calls + 1,
			   sizeof(*tree->calls)) ||
	    !frames_reserve_steps(owner, 2))
		return false;
	frame->index = (uint32_t)tree->num_calls;
	tree->calls[tree->num_calls++] = frame->call;
	tree->steps[tree->num_steps++] = (struct step){.index = frame->index, .type = STEP_ENTRY};
	trees->total_calls++;
	return true;
}

struct error *frames_open(struct calltree *trees, struct owner *owner, uint64_t position,
			  const struct beginning *beginning)
{
	struct tree *tree = &owner->tree;

	if (owner->num_frames >= CALLTREE_MAX_OPEN ||
	    trees->total_open >= CALLTREE_MAX_TOTAL_OPEN) {
		add_lost(tree, 1);
		return NULL;
	}
	if (!array_reserve(&owner->frames, &owner->frames_capacity, owner->num_frames + 1,
			   sizeof(*owner->frames)))
		goto out_of_memory;

	struct frame *frame = &owner->frames[owner->num_frames];
	*frame = (struct frame){
		.position = position,
		.lost_at_entry = tree->lost,
		.index = NOT_KEPT,
		.is_start = beginning->site == CALLTREE_NO_SITE,
		.call = {.start_ns = owner->now_ns,
			 .caller_va = beginning->caller_va,
			 .entry_site = beginning->site,
			 .depth = (uint32_t)owner->num_frames,
			 .tid = beginning->tid,
			 .start_va = beginning->start_va},
	};
	if (trees->sink.keep_calls && !may_keep(trees, tree))
		tree->left_out++;
	else if (trees->sink.keep_calls && !keep_call(trees, owner, frame))
		goto out_of_memory;
	if (!state_is_running(owner->state))
		state_enter_frame(trees, owner);
	owner->num_frames++;
	trees->total_open++;
	return NULL;
out_of_memory:
	add_lost(tree, 1);
	return error_out_of_memory();
}

/* Its parts stay with the call if that is kept, and are its caller's too. */
static void hand_up_parts(struct calltree *trees, struct owner *owner, struct frame *frame)
{
	struct frame *caller = top_frame(owner);

	if (frame->index != NOT_KEPT) {
		owner->tree.calls[frame->index].parts = frame->call.parts;
		owner->tree.calls[frame->index].num_parts = frame->call.num_parts;
		if (caller)
			parts_fold(trees, owner, &frame->call, &caller->call);
	} else if (caller) {
		parts_move(trees, owner, &frame->call, &caller->call);
	} else {
		parts_free(trees, owner, &frame->call);
	}
}

static void free_waits(struct calltree *trees, struct owner *owner, struct call *call)
{
	free(call->waits);
	owner->num_waits -= call->num_waits;
	trees->total_waits -= call->num_waits;
}

void frames_close_top(struct calltree *trees, struct owner *owner, const struct ending *ending)
{
	struct tree *tree = &owner->tree;

	if (!state_is_running(owner->state))
		state_leave_frame(trees, owner, ending->tid);
	struct frame *frame = &owner->frames[--owner->num_frames];
	struct call *call = &frame->call;
	trees->total_open--;
	call->incomplete |= tree->lost != frame->lost_at_entry;
	call->end = (uint8_t)ending->end;
	if (call->incomplete && (ending->end == CALL_LEFT || ending->end == CALL_PANIC))
		call->end = CALL_LOST;
	call->exit_site = ending->site;
	call->end_ns = owner->now_ns;
	if (frame->index != NOT_KEPT) {
		tree->calls[frame->index] = *call;
		tree->steps[tree->num_steps++] =
			(struct step){.index = frame->index, .type = STEP_EXIT};
	}
	if (trees->sink.call_ended)
		trees->sink.call_ended(trees->sink.context, tree, call);
	if (call->num_waits)
		free_waits(trees, owner, call);
	if (call->num_parts)
		hand_up_parts(trees, owner, frame);
}
