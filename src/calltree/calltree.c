/* SPDX-License-Identifier: MIT */
/*
 * calltree.c - events into call trees; see gofuncgraph/calltree.h.
 *
 * What an event says about the frames that are open follows from where it happened: a stack only
 * has frames that are shallower than the one that runs, so every open frame deeper than an event's
 * is gone. By a panic only if a recovery was seen; else it was left in another way, since the runtime
 * switches stacks, or by an end that is among the lost events.
 */
#include "gofuncgraph/calltree.h"

#include <stdlib.h>
#include <utlist.h>

#include "calltree/family.h"
#include "calltree/frames.h"
#include "calltree/settle.h"
#include "calltree/state.h"
#include "calltree/trees.h"

/* From here on positions are on stacks of a thread: its g0's, and that of its signal handlers. */
#define SYSTEM_STACK (1ull << 32)
#define SIGNAL_STACK (1ull << 33)

/* Where a frame is on its goroutine's stack: deeper is greater. */
static uint64_t position_of(const struct event *event)
{
	return event->frame + (event->flags & EVENT_SYSTEM_STACK ? SYSTEM_STACK : 0) +
	       (event->flags & EVENT_SIGNAL_STACK ? SIGNAL_STACK : 0);
}

/* ---- trees ---- */

static struct owner *begin_tree(struct calltree *trees, const struct event *event,
				uint64_t position)
{
	struct owner *owner =
		table_add(&trees->table, owner_key(event->pid, event->goid, event->tid));

	if (owner) {
		owner->tree.number = ++trees->num_begun;
		owner->root_position = position;
		owner->now_ns = owner->settled_ns = event->time_ns;
		owner->state = STATE_RUNNING;
		family_found(owner);
	}
	return owner;
}

/* Ends what is open of the tree, and forgets its goroutine. */
static void end_tree(struct calltree *trees, struct owner *owner, enum call_end end,
		     uint64_t time_ns)
{
	struct ending ending = {.end = end};

	set_now(owner, time_ns);
	state_stays(trees, owner);
	while (owner->num_frames)
		frames_close_top(trees, owner, &ending);
	trees->num_ended++;
	table_remove(&trees->table, owner);
	family_end(trees, owner);
}

static void end_lost(struct calltree *trees, struct owner *owner, uint32_t lost, uint64_t now_ns)
{
	add_lost(&owner->tree, lost ? lost : 1);
	end_tree(trees, owner, CALL_LOST, now_ns);
}

static void end_process(struct calltree *trees, uint32_t pid, uint64_t time_ns)
{
	struct owner *owner, *next;

	for (owner = table_first_of(&trees->table, pid); owner; owner = next) {
		next = table_next_of(owner);
		end_tree(trees, owner, CALL_PROCESS_EXIT, time_ns);
	}
}

/* An event of this process was lost, and nobody knows of which goroutine. */
static void lose_of_process(struct calltree *trees, uint32_t pid)
{
	struct owner *owner;

	for (owner = table_first_of(&trees->table, pid); owner; owner = table_next_of(owner))
		add_lost(&owner->tree, 1);
}

/* What is known of this process is not true. */
static void distrust_process(struct calltree *trees, uint32_t pid, uint64_t time_ns)
{
	struct owner *owner, *next;

	for (owner = table_first_of(&trees->table, pid); owner; owner = next) {
		next = table_next_of(owner);
		end_lost(trees, owner, 1, time_ns);
	}
}

/* ---- events ---- */

/*
 * The entry of a call that is open already, since its code looped back to the site. Had the call
 * ended and another begun, its exit would be among the lost events.
 */
static bool is_repeat(const struct frame *frame, const struct call *call,
		      const struct event *event)
{
	return event->flags & EVENT_MAY_REPEAT && !event->lost && call->entry_site == event->site &&
	       (frame->is_start || call->caller_va == event->caller_va);
}

/* True of what happens on a stack of another thread than the innermost call's. */
static bool is_elsewhere(struct owner *owner, const struct event *event)
{
	const struct frame *top = top_frame(owner);

	return top && top->position >= SYSTEM_STACK && position_of(event) >= SYSTEM_STACK &&
	       frame_call(owner, top)->tid != event->tid;
}

/* The goroutine is served by this thread now: what others did for it is over. True if that was
 * all of the tree. */
static bool leave_other_threads(struct calltree *trees, struct owner *owner,
				const struct event *event)
{
	struct ending ending = {.end = CALL_LEFT, .tid = event->tid};
	bool any = false;

	for (; is_elsewhere(owner, event); any = true)
		frames_close_top(trees, owner, &ending);
	return any && !owner->num_frames;
}

static struct error *open_entered(struct calltree *trees, struct owner *owner,
				  const struct event *event)
{
	struct beginning beginning = {
		.caller_va = event->caller_va, .site = event->site, .tid = event->tid};

	return frames_open(trees, owner, position_of(event), &beginning);
}

static struct error *handle_entry(struct calltree *trees, struct owner *owner,
				  const struct event *event)
{
	uint64_t position = position_of(event);
	struct ending ending = {.end = CALL_LEFT, .tid = event->tid};

	frames_close_deeper(trees, owner, position, &ending);
	struct frame *top = top_frame(owner);
	if (top && top->position == position) {
		struct call *call = frame_call(owner, top);
		if (call->entry_site == CALLTREE_NO_SITE) {
			/* The function that a goroutine begins with is traced itself. */
			call->entry_site = event->site;
			return NULL;
		}
		if (is_repeat(top, call, event))
			return NULL;
		frames_close_top(trees, owner, &ending);
	}
	return open_entered(trees, owner, event);
}

/* Its goroutine's code made it happen; code on the system stack may run for one that stands still.
 */
static bool shows_it_runs(const struct event *event)
{
	return !(event->flags & EVENT_SYSTEM_STACK) || event->kind == EVENT_GOEXIT;
}

/* An entry that opens its goroutine's gate. */
static struct error *handle_first_entry(struct calltree *trees, struct owner *owner,
					const struct event *event)
{
	if (owner) {
		set_now(owner, event->time_ns);
		if (shows_it_runs(event))
			state_runs(trees, owner, event);
		end_tree(trees, owner, CALL_LEFT, event->time_ns);
	}
	owner = begin_tree(trees, event, position_of(event));
	if (!owner)
		return error_out_of_memory();
	owner->tree.root = ++trees->num_roots;
	return open_entered(trees, owner, event);
}

/* A goroutine that is followed from its start. */
static struct error *handle_go(struct calltree *trees, struct owner *owner,
			       const struct event *event)
{
	const struct goroutine_event *go = (const struct goroutine_event *)event;

	if (!event->goid || !(event->flags & EVENT_HAS_MORE)) {
		trees->num_ignored++;
		return NULL;
	}
	if (owner)
		end_tree(trees, owner, CALL_LEFT, event->time_ns);
	owner = begin_tree(trees, event, event->frame);
	if (!owner)
		return error_out_of_memory();
	owner->tree.parent_goid = go->by_goid;
	struct owner *parent =
		go->by_goid ? table_find(&trees->table, owner_key(event->pid, go->by_goid, 0))
			    : NULL;
	if (parent && parent != owner) {
		settle_if_full(trees, parent);
		set_now(parent, event->time_ns);
		owner->tree.root = parent->tree.root;
		family_join(trees, parent, owner, go);
	}
	struct beginning beginning = {.caller_va = event->caller_va,
				      .site = CALLTREE_NO_SITE,
				      .start_va = go->start_va,
				      .tid = event->tid};
	struct error *err = frames_open(trees, owner, owner->root_position, &beginning);
	if (trees->sink.states)
		state_begin(owner, event->new_state, event->reason);
	return err;
}

static bool same_function(const struct calltree *trees, uint32_t entry, uint32_t exit)
{
	const struct calltree_sink *sink = &trees->sink;

	return !sink->func_of_site || entry == CALLTREE_NO_SITE ||
	       sink->func_of_site(sink->context, entry) == sink->func_of_site(sink->context, exit);
}

static void handle_exit(struct calltree *trees, struct owner *owner, const struct event *event)
{
	uint64_t position = position_of(event);
	struct ending left = {.end = CALL_LEFT, .tid = event->tid};
	struct ending ending = {.end = event->kind == EVENT_RETURN ? CALL_RETURN : CALL_TAIL_CALL,
				.site = event->site,
				.tid = event->tid};

	frames_close_deeper(trees, owner, position, &left);
	struct frame *top = top_frame(owner);
	if (!top || top->position != position)
		return;
	/* Whichever function it is that leaves here, nothing lives at this position any more. */
	if (!same_function(trees, frame_call(owner, top)->entry_site, event->site))
		ending = left;
	frames_close_top(trees, owner, &ending);
}

static void handle_left(struct calltree *trees, struct owner *owner, const struct event *event)
{
	struct ending left = {.end = CALL_LEFT, .tid = event->tid};

	frames_close_deeper(trees, owner, position_of(event), &left);
}

/* The panic unwound the goroutine's own stack; the thread just leaves the one that it did it on. */
static void handle_unwind(struct calltree *trees, struct owner *owner, const struct event *event)
{
	struct ending left = {.end = CALL_LEFT, .tid = event->tid};
	struct ending panic = {.end = CALL_PANIC, .tid = event->tid};

	frames_close_deeper(trees, owner, SYSTEM_STACK - 1, &left);
	frames_close_deeper(trees, owner, position_of(event), &panic);
}

/* An event of a goroutine inside a tree, other than an entry that begins another. */
static struct error *handle_inside(struct calltree *trees, struct owner *owner,
				   const struct event *event)
{
	struct error *err = NULL;
	enum call_end end = event->kind == EVENT_UNWIND ? CALL_PANIC : CALL_LEFT;
	bool is_over = event->flags & EVENT_CLOSES_TREE;

	settle_if_full(trees, owner);
	set_now(owner, event->time_ns);
	if (event->kind == EVENT_STATE) {
		state_change(trees, owner, event);
		return NULL;
	}
	if (!state_is_running(owner->state) && shows_it_runs(event))
		state_runs(trees, owner, event);
	switch (event->kind) {
	case EVENT_ENTRY:
		/* Shallower than the call that the tree began with: that one is gone. */
		is_over = leave_other_threads(trees, owner, event) ||
			  position_of(event) < owner->root_position;
		if (!is_over)
			err = handle_entry(trees, owner, event);
		else
			trees->num_ignored++;
		break;
	case EVENT_RETURN:
	case EVENT_TAIL_CALL:
	case EVENT_UNWIND:
	case EVENT_LEFT:
		if (is_elsewhere(owner, event))
			break; /* late: the goroutine has gone on to another thread */
		is_over |= position_of(event) < owner->root_position;
		if (event->kind == EVENT_UNWIND)
			handle_unwind(trees, owner, event);
		else if (event->kind == EVENT_LEFT)
			handle_left(trees, owner, event);
		else
			handle_exit(trees, owner, event);
		break;
	case EVENT_GOEXIT:
		end_tree(trees, owner, CALL_GOEXIT, event->time_ns);
		return NULL;
	}
	if (is_over)
		end_tree(trees, owner, end, event->time_ns);
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
	if (event->kind == EVENT_WRONG_GOID) {
		distrust_process(trees, event->pid, event->time_ns);
		return NULL;
	}
	if (event->kind < EVENT_ENTRY || event->kind > EVENT_LEFT) {
		trees->num_ignored++;
		return NULL;
	}

	struct owner *owner =
		table_find(&trees->table, owner_key(event->pid, event->goid, event->tid));
	if (owner)
		add_lost(&owner->tree, event->lost);
	if (event->kind == EVENT_ENTRY && event->flags & EVENT_OPENS_TREE)
		return handle_first_entry(trees, owner, event);
	if (event->kind == EVENT_GO)
		return handle_go(trees, owner, event);
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
		if (owner)
			end_lost(trees, owner, lost, now_ns);
		return;
	}
	for (owner = table_first_of(&trees->table, pid); owner; owner = next) {
		next = table_next_of(owner);
		if (!owner->key.goid)
			end_lost(trees, owner, lost, now_ns);
	}
}

void calltree_were_lost(struct calltree *trees, uint32_t pid, uint64_t goid, uint32_t tid,
			uint32_t lost)
{
	struct owner *owner = table_find(&trees->table, owner_key(pid, goid, tid));

	if (owner)
		add_lost(&owner->tree, lost);
}

void calltree_ask_lost_ends(struct calltree *trees, uint32_t pid, uint64_t now_ns,
			    bool (*was_lost)(void *context, uint64_t goid, uint32_t tid,
					     uint32_t *lost),
			    void *context)
{
	struct owner *owner, *next;

	for (owner = table_first_of(&trees->table, pid); owner; owner = next) {
		uint32_t lost = 0;
		next = table_next_of(owner);
		if (was_lost(context, owner->key.goid, owner->key.tid, &lost))
			end_lost(trees, owner, lost, now_ns);
		else
			add_lost(&owner->tree, lost);
	}
}

/* ---- life ---- */

struct error *calltree_new(const struct calltree_sink *sink, struct calltree **trees)
{
	*trees = calloc(1, sizeof(**trees));
	if (!*trees)
		return error_out_of_memory();
	(*trees)->sink = *sink;
	(*trees)->num_begun = sink->num_before;
	return NULL;
}

void calltree_free(struct calltree *trees)
{
	struct owner *owner, *next;

	if (!trees)
		return;
	HASH_ITER (hh, trees->table.owners, owner, next) {
		table_remove(&trees->table, owner);
		family_drop(trees, owner);
	}
	DL_FOREACH_SAFE(trees->lingering, owner, next)
	{
		family_drop(trees, owner);
	}
	table_destroy(&trees->table);
	free(trees);
}

void calltree_tick(struct calltree *trees, uint64_t now_ns)
{
	family_tick(trees, now_ns);
	settle_tick(trees, now_ns);
}

void calltree_finish(struct calltree *trees, uint64_t now_ns)
{
	struct owner *owner, *next;

	HASH_ITER (hh, trees->table.owners, owner, next)
		end_tree(trees, owner, CALL_RUNNING, now_ns);
}

uint64_t calltree_num_begun(const struct calltree *trees)
{
	return trees->num_begun;
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
