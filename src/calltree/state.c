/* SPDX-License-Identifier: MIT */
/* state.c - what goroutines are doing; see state.h. */
#include "calltree/state.h"

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

/* Ends the wait now, if it is one to keep. `record` may be NULL. */
static void keep_wait(struct calltree *trees, struct owner *owner, struct wait wait,
		      const struct record *record)
{
	uint64_t min_wait_ns = trees->sink.min_wait_ns;

	wait.start_ns = owner->wait_ns;
	wait.end_ns = owner->now_ns;
	if (!min_wait_ns || wait.end_ns - wait.start_ns < min_wait_ns || !owner->num_frames)
		return;
	struct call *call = frame_call(owner, &owner->frames[owner->wait_depth]);
	if (owner->num_waits >= CALLTREE_MAX_WAITS ||
	    trees->total_waits >= CALLTREE_MAX_TOTAL_WAITS) {
		leave_out(trees, owner, call);
		return;
	}
	wait.depth = owner->wait_depth;
	wait.state = owner->state;
	wait.reason = owner->reason;
	const struct origin *origin = record ? record_origin(record) : NULL;
	if (origin && origin->by_goid && origin->by_goid != record->goid) {
		wait.by_goid = origin->by_goid;
		for (unsigned i = 0; i < WAKER_DEPTH; i++)
			wait.by_stack[i] = origin->by_stack[i];
	}
	bool kept = trees->sink.keep_calls ? add_to_tree(owner, &wait) : add_to_call(call, &wait);
	if (!kept) {
		add_lost(&owner->tree, 1);
		return;
	}
	owner->num_waits++;
	trees->total_waits++;
}

/* ---- intervals ---- */

/* What it did not run until now is the innermost call's. */
static void cut(struct calltree *trees, struct owner *owner)
{
	struct frame *top = top_frame(owner);
	struct part part = {.ns = owner->now_ns - owner->since_ns,
			    .state = owner->state,
			    .reason = owner->reason};

	if (top && part.ns)
		parts_add(trees, owner, frame_call(owner, top), &part);
	owner->since_ns = owner->now_ns;
}

static void end_wait(struct calltree *trees, struct owner *owner, struct wait wait,
		     const struct record *record)
{
	if (state_is_running(owner->state))
		return;
	cut(trees, owner);
	keep_wait(trees, owner, wait, record);
	owner->state = STATE_RUNNING;
}

void state_begin(struct owner *owner, uint8_t state, uint8_t reason)
{
	owner->state = state & STATE_NUMBER;
	owner->reason = owner->state == STATE_WAITING ? reason : 0;
	owner->since_ns = owner->wait_ns = owner->now_ns;
	owner->wait_depth = owner->num_frames ? (uint32_t)owner->num_frames - 1 : 0;
}

void state_change(struct calltree *trees, struct owner *owner, const struct record_state *change)
{
	uint8_t new_state = change->new_state & STATE_NUMBER;

	if (!trees->sink.states || new_state == owner->state)
		return;
	/* The collector took its mark away. Where that is seen only behind it, what casgstatus was
	 * called for has been told before. */
	if (new_state == (change->old_state & STATE_NUMBER))
		return;
	/* Before Go 1.21 the reason may be set after the change (runtime.park_m). */
	if (owner->state == STATE_WAITING && (change->old_state & STATE_NUMBER) == STATE_WAITING)
		owner->reason = change->reason;
	end_wait(trees, owner, (struct wait){.tid = change->header.tid}, &change->header);
	state_begin(owner, new_state, change->reason);
}

void state_runs(struct calltree *trees, struct owner *owner, const struct record *record)
{
	/* What makes a system call is code, on the goroutine's own stack: between entersyscall and
	 * exitsyscall (src/runtime/proc.go) calls of it are nothing unusual. */
	if (owner->state == STATE_SYSCALL && !record->lost && record->kind != RECORD_GOEXIT)
		return;
	end_wait(trees, owner, (struct wait){.tid = record->tid}, record);
}

void state_stays(struct calltree *trees, struct owner *owner)
{
	end_wait(trees, owner, (struct wait){.is_open = true}, NULL);
}

void state_enter_frame(struct calltree *trees, struct owner *owner)
{
	cut(trees, owner);
	if (!owner->num_frames)
		owner->wait_ns = owner->now_ns; /* before that it was no call's */
}

void state_leave_frame(struct calltree *trees, struct owner *owner, uint32_t tid)
{
	cut(trees, owner);
	if (owner->wait_depth + 1 < owner->num_frames)
		return;
	/* The rest is another wait, of the caller. If there is none, the tree ends in this one. */
	bool is_open = owner->num_frames == 1;
	keep_wait(trees, owner, (struct wait){.is_open = is_open, .tid = is_open ? 0 : tid}, NULL);
	owner->wait_ns = owner->now_ns;
	owner->wait_depth = is_open ? 0 : (uint32_t)owner->num_frames - 2;
}
