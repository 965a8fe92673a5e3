/* SPDX-License-Identifier: MIT */
/* frames.c - frames into calls; see frames.h. */
#include "calltree/frames.h"

#include <stdlib.h>

#include "calltree/captured.h"
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

	return owner_reserve(&tree->steps, &owner->steps_capacity,
			     2 * tree->num_calls + tree->num_waits + tree->num_starts + more,
			     sizeof(*tree->steps));
}

/* A place for the call of a frame that is about to be opened, in its tree or beside it. False: out of
 * memory. */
static bool place_call(struct owner *owner, struct frame *frame)
{
	struct tree *tree = &owner->tree;

	if (!frame->is_kept) {
		frame->index = owner->num_passing;
		return owner_reserve(&owner->passing, &owner->passing_capacity,
				     owner->num_passing + 1, sizeof(*owner->passing));
	}
	frame->index = tree->num_calls;
	/* Room for the exit of every call is made with its entry: closing needs no memory. */
	return owner_reserve(&tree->calls, &owner->calls_capacity, tree->num_calls + 1,
			     sizeof(*tree->calls)) &&
	       frames_reserve_steps(owner, 2);
}

static void count_call(struct calltree *trees, struct owner *owner, const struct frame *frame)
{
	struct tree *tree = &owner->tree;

	if (!frame->is_kept) {
		owner->num_passing++;
		tree->left_out += trees->sink.keep_calls;
		return;
	}
	tree->num_calls++;
	tree->steps[tree->num_steps++] = (struct step){.index = frame->index, .type = STEP_ENTRY};
	trees->total_calls++;
}

static struct hit_time hit_time(const struct calltree *trees, uint32_t site)
{
	const struct hit_time *times = trees->sink.hit_times;

	return times && site != CALLTREE_NO_SITE ? times[site] : (struct hit_time){};
}

/* A call ends; NULL: it was the tree's first. */
static void count_probes(const struct calltree *trees, struct call *call, bool has_exit,
			 struct call *caller)
{
	uint64_t duration_ns = call->end_ns - call->start_ns;
	struct hit_time entry = hit_time(trees, call->entry_site);
	struct hit_time exit = has_exit ? hit_time(trees, call->exit_site) : (struct hit_time){};

	call->probe_ns += exit.before_ns;
	if (call->probe_ns > duration_ns)
		call->probe_ns = duration_ns;
	if (caller)
		caller->probe_ns += entry.before_ns + call->probe_ns + exit.behind_ns;
}

void frames_tell_lost(struct calltree *trees, struct owner *owner)
{
	const struct calltree_sink *sink = &trees->sink;
	uint64_t count = owner->tree.lost - owner->told_lost;
	const struct frame *top = top_frame(owner);
	const struct call *call = top ? frame_call(owner, top) : NULL;

	if (!call)
		return;
	owner->told_lost = owner->tree.lost;
	sink->records_lost(sink->context, &owner->tree,
			   &(struct loss){.count = count,
					  .before_ns = owner->timeline.now_ns,
					  .depth = call->depth,
					  .tid = call->tid});
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
	frames_tell_lost_first(trees, owner);
	struct frame frame = {
		.position = position,
		/* a gap that goes on is missed still */
		.missed_at_entry = frames_num_missed(trees, owner) - trees->is_gap,
		.is_kept = trees->sink.keep_calls && may_keep(trees, tree),
		.is_start = beginning->site == CALLTREE_NO_SITE,
	};
	if (!owner_reserve(&owner->frames, &owner->frames_capacity, owner->num_frames + 1,
			   sizeof(*owner->frames)) ||
	    !place_call(owner, &frame)) {
		add_lost(tree, 1);
		return error_out_of_memory();
	}
	struct call *call = frame_call(owner, &frame);
	const struct frame *top = top_frame(owner);
	*call = (struct call){
		.number = ++tree->num_entered,
		.parent = top ? frame_call(owner, top)->number : 0,
		.start_ns = owner->timeline.now_ns,
		.caller_va = beginning->caller_va,
		.entry_site = beginning->site,
		.depth = owner->num_frames,
		.tid = beginning->tid,
		.start_va = beginning->start_va,
		.probe_ns = hit_time(trees, beginning->site).behind_ns,
	};
	captured_keep(trees, owner, call, beginning->captured);
	count_call(trees, owner, &frame);
	if (trees->sink.call_began)
		trees->sink.call_began(trees->sink.context, tree, call);
	if (!state_is_running(owner->timeline.state))
		state_enter_frame(trees, owner);
	owner->frames[owner->num_frames++] = frame;
	trees->total_open++;
	return NULL;
}

/* Its parts stay with the call if that is kept, and are its caller's too. */
static void hand_up_parts(struct calltree *trees, struct owner *owner, struct call *call,
			  bool is_kept)
{
	struct frame *top = top_frame(owner);
	struct call *caller = top ? frame_call(owner, top) : NULL;

	if (is_kept && caller)
		parts_fold(trees, owner, call, caller);
	else if (!is_kept && caller)
		parts_move(trees, owner, call, caller);
	else if (!is_kept)
		parts_free(trees, owner, call);
}

static void free_waits(struct calltree *trees, struct owner *owner, struct call *call)
{
	free(call->waits);
	owner->num_waits -= call->num_waits;
	trees->total_waits -= call->num_waits;
}

static void close_top(struct calltree *trees, struct owner *owner, const struct ending *ending)
{
	struct tree *tree = &owner->tree;

	frames_tell_lost_first(trees, owner);
	if (!state_is_running(owner->timeline.state))
		state_leave_frame(trees, owner, ending->tid);
	struct frame *frame = &owner->frames[--owner->num_frames];
	struct call *call = frame_call(owner, frame);
	trees->total_open--;
	call->incomplete |= frames_num_missed(trees, owner) != frame->missed_at_entry;
	call->end = (uint8_t)ending->end;
	if (call->incomplete && (ending->end == CALL_LEFT || ending->end == CALL_PANIC))
		call->end = CALL_LOST;
	if (ending->end != CALL_RETURN && ending->end != CALL_TAIL_CALL &&
	    is_taken_off(trees, call->entry_site))
		call->end = CALL_TAKEN_OFF;
	call->lacks_states = tree->states_off = trees->states_off;
	call->exit_site = ending->site;
	captured_keep_results(trees, owner, call, ending->results);
	call->end_ns = owner->timeline.now_ns;
	struct frame *caller = top_frame(owner);
	if (caller)
		frame_call(owner, caller)->inner_ns += call->end_ns - call->start_ns;
	if (trees->sink.hit_times)
		count_probes(trees, call,
			     ending->end == CALL_RETURN || ending->end == CALL_TAIL_CALL,
			     caller ? frame_call(owner, caller) : NULL);
	if (frame->is_kept)
		tree->steps[tree->num_steps++] =
			(struct step){.index = frame->index, .type = STEP_EXIT};
	if (!caller)
		note_gaps(trees, owner);
	if (trees->sink.call_ended)
		trees->sink.call_ended(trees->sink.context, tree, call);
	if (call->num_waits)
		free_waits(trees, owner, call);
	if (call->num_parts)
		hand_up_parts(trees, owner, call, frame->is_kept);
	if (!frame->is_kept)
		captured_free(trees, owner, call);
	owner->num_passing -= !frame->is_kept;
}

/* But for the call that the tree began with: what is deeper is in the tree, whatever has become of it. */
static bool ends_unseen(struct owner *owner)
{
	return owner->num_frames > 1 && top_frame(owner)->is_unseen;
}

static void close_unseen(struct calltree *trees, struct owner *owner, uint32_t tid)
{
	struct ending ending = {.end = CALL_LEFT, .tid = tid};

	while (ends_unseen(owner))
		close_top(trees, owner, &ending);
}

void frames_close_top(struct calltree *trees, struct owner *owner, const struct ending *ending)
{
	close_top(trees, owner, ending);
	close_unseen(trees, owner, ending->tid);
}

void frames_give_up(struct calltree *trees, struct owner *owner, uint32_t site, uint64_t time_ns)
{
	for (uint32_t i = 0; i < owner->num_frames; i++)
		if (frame_call(owner, &owner->frames[i])->entry_site == site)
			owner->frames[i].is_unseen = true;
	if (!ends_unseen(owner))
		return;
	timeline_pass(&owner->timeline, time_ns);
	close_unseen(trees, owner, frame_call(owner, top_frame(owner))->tid);
}
