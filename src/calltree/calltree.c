/* SPDX-License-Identifier: MIT */
/*
 * calltree.c - events into call trees; see gofuncgraph/calltree.h.
 *
 * What an event says about the frames that are open follows from where it happened: a stack only
 * has frames that are shallower than the one that runs, so every open frame deeper than an event's
 * is gone. If none of the goroutine's events was lost since that frame was opened, it can only have
 * been unwound by a panic; else how it ended is unknown.
 */
#include "gofuncgraph/calltree.h"

#include <stdlib.h>

#include "base/array.h"
#include "calltree/table.h"

struct calltree {
	struct calltree_sink sink;
	struct table table;
	size_t total_calls; /* kept, of all open trees */
	size_t total_open;  /* frames, of all open trees */
	uint64_t num_begun;
	uint64_t num_ended;
	uint64_t num_ignored;
};

/* How frames end: in a known way, or as their goroutine's losses tell. */
#define END_VANISHED CALL_OPEN

struct ending {
	enum call_end end;
	uint64_t time_ns;
	uint32_t site; /* CALL_RETURN and CALL_TAIL_CALL only */
};

/* Where a frame is on its goroutine's stack: deeper is greater. */
static uint64_t position_of(const struct event *event)
{
	return event->frame + (event->flags & EVENT_SYSTEM_STACK ? 1ull << 32 : 0);
}

static struct frame *top_frame(struct owner *owner)
{
	return owner->num_frames ? &owner->frames[owner->num_frames - 1] : NULL;
}

static void add_lost(struct tree *tree, uint64_t lost)
{
	if (__builtin_add_overflow(tree->lost, lost, &tree->lost))
		tree->lost = UINT64_MAX;
}

/* ---- calls ---- */

static bool may_keep(const struct calltree *trees, const struct tree *tree)
{
	return tree->num_calls < CALLTREE_MAX_CALLS &&
	       trees->total_calls < CALLTREE_MAX_TOTAL_CALLS;
}

/* Adds the frame's call to its tree. False: out of memory. */
static bool keep_call(struct calltree *trees, struct owner *owner, struct frame *frame)
{
	struct tree *tree = &owner->tree;

	/* Room for the exit of every call is made with its entry: closing needs no memory. */
	if (!array_reserve(&tree->calls, &owner->calls_capacity, tree->num_calls + 1,
			   sizeof(*tree->calls)) ||
	    !array_reserve(&tree->steps, &owner->steps_capacity, 2 * (tree->num_calls + 1),
			   sizeof(*tree->steps)))
		return false;
	frame->index = (uint32_t)tree->num_calls;
	tree->calls[tree->num_calls++] = frame->call;
	tree->steps[tree->num_steps++] = (struct step){.index = frame->index, .type = STEP_ENTRY};
	trees->total_calls++;
	return true;
}

static struct error *open_call(struct calltree *trees, struct owner *owner,
			       const struct event *event)
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
		.position = position_of(event),
		.lost_at_entry = tree->lost,
		.index = NOT_KEPT,
		.call = {.start_ns = event->time_ns,
			 .caller_va = event->caller_va,
			 .entry_site = event->site,
			 .depth = (uint32_t)owner->num_frames,
			 .tid = event->tid},
	};
	if (trees->sink.keep_calls && !may_keep(trees, tree))
		tree->left_out++;
	else if (trees->sink.keep_calls && !keep_call(trees, owner, frame))
		goto out_of_memory;
	owner->num_frames++;
	trees->total_open++;
	return NULL;
out_of_memory:
	add_lost(tree, 1);
	return error_out_of_memory();
}

static void close_top(struct calltree *trees, struct owner *owner, const struct ending *ending)
{
	struct tree *tree = &owner->tree;
	struct frame *frame = &owner->frames[--owner->num_frames];
	struct call *call = &frame->call;

	trees->total_open--;
	call->incomplete = tree->lost != frame->lost_at_entry;
	call->end = (uint8_t)ending->end;
	if (ending->end == END_VANISHED)
		call->end = call->incomplete ? CALL_LOST : CALL_PANIC;
	call->exit_site = ending->site;
	/* Never before its start, even if clocks of two sources are compared. */
	call->end_ns = ending->time_ns > call->start_ns ? ending->time_ns : call->start_ns;
	if (frame->index != NOT_KEPT) {
		tree->calls[frame->index] = *call;
		tree->steps[tree->num_steps++] =
			(struct step){.index = frame->index, .type = STEP_EXIT};
	}
	if (trees->sink.call_ended)
		trees->sink.call_ended(trees->sink.context, tree, call);
}

/* Ends all frames deeper than position, the innermost first. */
static void close_deeper(struct calltree *trees, struct owner *owner, uint64_t position,
			 enum call_end end, uint64_t time_ns)
{
	struct ending ending = {.end = end, .time_ns = time_ns};

	while (owner->num_frames && top_frame(owner)->position > position)
		close_top(trees, owner, &ending);
}

/* ---- trees ---- */

static struct owner *begin_tree(struct calltree *trees, const struct event *event)
{
	struct owner *owner =
		table_add(&trees->table, owner_key(event->pid, event->goid, event->tid));

	if (owner) {
		owner->tree.number = ++trees->num_begun;
		owner->root_position = position_of(event);
	}
	return owner;
}

/* Ends what is open of the tree, hands it on and forgets it. */
static void end_tree(struct calltree *trees, struct owner *owner, enum call_end end,
		     uint64_t time_ns)
{
	struct ending ending = {.end = end, .time_ns = time_ns};

	while (owner->num_frames)
		close_top(trees, owner, &ending);
	trees->num_ended++;
	trees->total_calls -= owner->tree.num_calls;
	if (trees->sink.tree_ended)
		trees->sink.tree_ended(trees->sink.context, &owner->tree);
	table_remove(&trees->table, owner);
}

static void end_process(struct calltree *trees, uint32_t pid, uint64_t time_ns)
{
	struct owner *owner, *next;

	HASH_ITER (hh, trees->table.owners, owner, next) {
		if (owner->key.pid == pid)
			end_tree(trees, owner, CALL_PROCESS_EXIT, time_ns);
	}
}

/* An event of this process was lost, and nobody knows of which goroutine. */
static void lose_of_process(struct calltree *trees, uint32_t pid)
{
	struct owner *owner;

	for (owner = trees->table.owners; owner; owner = owner->hh.next)
		if (owner->key.pid == pid)
			add_lost(&owner->tree, 1);
}

/* ---- events ---- */

/*
 * The entry of a call that is open already, since its code looped back to the site. Had the call
 * ended and another begun, its exit would be among the lost events.
 */
static bool is_repeat(const struct frame *frame, const struct event *event)
{
	return event->flags & EVENT_MAY_REPEAT && !event->lost &&
	       frame->call.entry_site == event->site && frame->call.caller_va == event->caller_va;
}

static struct error *handle_entry(struct calltree *trees, struct owner *owner,
				  const struct event *event)
{
	uint64_t position = position_of(event);

	close_deeper(trees, owner, position, END_VANISHED, event->time_ns);
	struct frame *top = top_frame(owner);
	if (top && top->position == position) {
		if (is_repeat(top, event))
			return NULL;
		struct ending ending = {.end = END_VANISHED, .time_ns = event->time_ns};
		close_top(trees, owner, &ending);
	}
	return open_call(trees, owner, event);
}

/* An entry that opens its goroutine's gate. */
static struct error *handle_first_entry(struct calltree *trees, struct owner *owner,
					const struct event *event)
{
	if (owner)
		end_tree(trees, owner, END_VANISHED, event->time_ns);
	owner = begin_tree(trees, event);
	return owner ? open_call(trees, owner, event) : error_out_of_memory();
}

static bool same_function(const struct calltree *trees, uint32_t entry, uint32_t exit)
{
	const struct calltree_sink *sink = &trees->sink;

	return !sink->func_of_site ||
	       sink->func_of_site(sink->context, entry) == sink->func_of_site(sink->context, exit);
}

static void handle_exit(struct calltree *trees, struct owner *owner, const struct event *event)
{
	uint64_t position = position_of(event);
	struct ending ending = {.end = event->kind == EVENT_RETURN ? CALL_RETURN : CALL_TAIL_CALL,
				.time_ns = event->time_ns,
				.site = event->site};

	close_deeper(trees, owner, position, END_VANISHED, event->time_ns);
	struct frame *top = top_frame(owner);
	if (!top || top->position != position)
		return;
	/* Whichever function it is that leaves here, nothing lives at this position any more. */
	if (!same_function(trees, top->call.entry_site, event->site))
		ending = (struct ending){.end = END_VANISHED, .time_ns = event->time_ns};
	close_top(trees, owner, &ending);
}

/* An event of a goroutine inside a tree, other than an entry that begins another. */
static struct error *handle_inside(struct calltree *trees, struct owner *owner,
				   const struct event *event)
{
	struct error *err = NULL;
	bool is_over = event->flags & EVENT_CLOSES_TREE;

	switch (event->kind) {
	case EVENT_ENTRY:
		/* Shallower than the call that the tree began with: that one is gone. */
		is_over = position_of(event) < owner->root_position;
		if (!is_over)
			err = handle_entry(trees, owner, event);
		else
			trees->num_ignored++;
		break;
	case EVENT_RETURN:
	case EVENT_TAIL_CALL:
		is_over |= position_of(event) < owner->root_position;
		handle_exit(trees, owner, event);
		break;
	case EVENT_UNWIND:
		is_over |= position_of(event) < owner->root_position;
		close_deeper(trees, owner, position_of(event), END_VANISHED, event->time_ns);
		break;
	case EVENT_GOEXIT:
		end_tree(trees, owner, CALL_GOEXIT, event->time_ns);
		return NULL;
	}
	if (is_over)
		end_tree(trees, owner, END_VANISHED, event->time_ns);
	return err;
}

struct error *calltree_feed(struct calltree *trees, const struct event *event)
{
	if (event->kind == EVENT_EXEC || event->kind == EVENT_PROCESS_EXIT) {
		end_process(trees, event->pid, event->time_ns);
		return NULL;
	}
	if (event->kind == EVENT_UNREADABLE) {
		lose_of_process(trees, event->pid);
		return NULL;
	}
	if (event->kind < EVENT_ENTRY || event->kind > EVENT_GOEXIT) {
		trees->num_ignored++;
		return NULL;
	}

	struct owner *owner =
		table_find(&trees->table, owner_key(event->pid, event->goid, event->tid));
	if (owner)
		add_lost(&owner->tree, event->lost);
	if (event->kind == EVENT_ENTRY && event->flags & EVENT_OPENS_TREE)
		return handle_first_entry(trees, owner, event);
	if (owner)
		return handle_inside(trees, owner, event);
	trees->num_ignored++;
	return NULL;
}

void calltree_end_was_lost(struct calltree *trees, uint32_t pid, uint64_t goid, uint32_t lost,
			   uint64_t now_ns)
{
	struct owner *owner, *next;

	if (goid) {
		owner = table_find(&trees->table, owner_key(pid, goid, 0));
		if (owner) {
			add_lost(&owner->tree, lost ? lost : 1);
			end_tree(trees, owner, CALL_LOST, now_ns);
		}
		return;
	}
	HASH_ITER (hh, trees->table.owners, owner, next) {
		if (owner->key.pid == pid && !owner->key.goid) {
			add_lost(&owner->tree, lost ? lost : 1);
			end_tree(trees, owner, CALL_LOST, now_ns);
		}
	}
}

/* ---- life ---- */

struct error *calltree_new(const struct calltree_sink *sink, struct calltree **trees)
{
	*trees = calloc(1, sizeof(**trees));
	if (!*trees)
		return error_out_of_memory();
	(*trees)->sink = *sink;
	return NULL;
}

void calltree_free(struct calltree *trees)
{
	if (!trees)
		return;
	table_destroy(&trees->table);
	free(trees);
}

void calltree_tick(struct calltree *trees, uint64_t now_ns)
{
}

void calltree_finish(struct calltree *trees, uint64_t now_ns)
{
	struct owner *owner, *next;

	HASH_ITER (hh, trees->table.owners, owner, next)
		end_tree(trees, owner, CALL_RUNNING, now_ns);
}

uint64_t calltree_num_ended(const struct calltree *trees)
{
	return trees->num_ended;
}

size_t calltree_num_open(const struct calltree *trees)
{
	return HASH_COUNT(trees->table.owners);
}

uint64_t calltree_num_ignored(const struct calltree *trees)
{
	return trees->num_ignored;
}
