/* SPDX-License-Identifier: MIT */
/*
 * calltree.c - records into call trees; see gofuncgraph/calltree.h.
 *
 * What a record says about the frames that are open follows from where it happened: a stack only
 * has frames that are shallower than the one that runs, so every open frame deeper than a record's
 * is gone. By a panic only if a recovery was seen; else it was left in another way, since the runtime
 * switches stacks, or by an end that is among the lost records.
 */
#include "gofuncgraph/calltree.h"

#include <stdlib.h>
#include <utlist.h>

#include "calltree/absence.h"
#include "calltree/captured.h"
#include "calltree/ends.h"
#include "calltree/family.h"
#include "calltree/frames.h"
#include "calltree/settle.h"
#include "calltree/state.h"
#include "calltree/trees.h"

/* From here on positions are on stacks of a thread: its g0's, and that of its signal handlers. */
#define SYSTEM_STACK (1ull << 32)
#define SIGNAL_STACK (1ull << 33)

/* Where a frame is on its goroutine's stack: deeper is greater. */
static uint64_t position_of(const struct record_frame *at)
{
	uint8_t flags = at->header.flags;

	return at->frame + (flags & RECORD_SYSTEM_STACK ? SYSTEM_STACK : 0) +
	       (flags & RECORD_SIGNAL_STACK ? SIGNAL_STACK : 0);
}

/* ---- trees ---- */

static struct owner *begin_tree(struct calltree *trees, const struct record *record,
				uint64_t position)
{
	struct owner *owner =
		table_add(&trees->table, owner_key(record->pid, record->goid, record->tid));

	if (owner) {
		owner->tree.number = ++trees->num_begun;
		owner->tree.num_off = owner->tree.num_off_before = trees->num_off;
		owner->tree.states_off_before = trees->states_off;
		owner->tree.one_in = trees->one_in;
		owner->root_position = position;
		owner->gaps_before_ns = gaps_until(trees, record->time_ns);
		owner->settled_ns = record->time_ns;
		timeline_meet(&owner->timeline, record, record->time_ns);
		family_found(owner);
	}
	return owner;
}

/* ---- records ---- */

/*
 * The entry of a call that is open already, since its code looped back to the site. Had the call
 * ended and another begun, its exit would be among the lost records.
 */
static bool is_repeat(const struct frame *frame, const struct call *call,
		      const struct record_entry *entry)
{
	const struct record *header = &entry->at.header;

	return header->flags & RECORD_MAY_REPEAT && !header->lost &&
	       call->entry_site == entry->at.site &&
	       (frame->is_start || call->caller_va == entry->caller_va);
}

/* True of what happens on a stack of another thread than the innermost call's. */
static bool is_elsewhere(struct owner *owner, const struct record_frame *at)
{
	const struct frame *top = top_frame(owner);

	return top && top->position >= SYSTEM_STACK && position_of(at) >= SYSTEM_STACK &&
	       frame_call(owner, top)->tid != at->header.tid;
}

/* The goroutine is served by this thread now: what others did for it is over. True if that was
 * all of the tree. */
static bool leave_other_threads(struct calltree *trees, struct owner *owner,
				const struct record_frame *at)
{
	struct ending ending = {.end = CALL_LEFT, .tid = at->header.tid};
	bool any = false;

	for (; is_elsewhere(owner, at); any = true)
		frames_close_top(trees, owner, &ending);
	return any && !owner->num_frames;
}

static struct error *open_entered(struct calltree *trees, struct owner *owner,
				  const struct record_entry *entry)
{
	struct beginning beginning = {.caller_va = entry->caller_va,
				      .site = entry->at.site,
				      .tid = entry->at.header.tid,
				      .captured = record_captured(&entry->at.header)};

	return frames_open(trees, owner, position_of(&entry->at), &beginning);
}

static struct error *enter_frame(struct calltree *trees, struct owner *owner,
				 const struct record_entry *entry)
{
	uint64_t position = position_of(&entry->at);
	struct ending ending = {.end = CALL_LEFT, .tid = entry->at.header.tid};

	frames_close_deeper(trees, owner, position, &ending);
	struct frame *top = top_frame(owner);
	if (top && top->position == position) {
		struct call *call = frame_call(owner, top);
		if (call->entry_site == CALLTREE_NO_SITE) {
			/* The function that a goroutine begins with is traced itself. */
			call->entry_site = entry->at.site;
			captured_keep(trees, owner, call, record_captured(&entry->at.header));
			return NULL;
		}
		if (is_repeat(top, call, entry))
			return NULL;
		frames_close_top(trees, owner, &ending);
	}
	return is_taken_off(trees, entry->at.site) ? NULL : open_entered(trees, owner, entry);
}

/* Something happened to a goroutine inside a tree. */
static void advance(struct calltree *trees, struct owner *owner, const struct record *record)
{
	if (timeline_hear(&owner->timeline, record))
		state_record(trees, owner, record);
}

/* An entry that opens its goroutine's gate. */
static struct error *handle_first_entry(struct calltree *trees, struct owner *owner,
					const struct record_entry *entry)
{
	const struct record *header = &entry->at.header;

	if (owner) {
		advance(trees, owner, header);
		end_tree(trees, owner, CALL_LEFT, header->time_ns);
	}
	owner = begin_tree(trees, header, position_of(&entry->at));
	if (!owner)
		return error_out_of_memory();
	owner->tree.root = ++trees->num_roots;
	owner->tree.stack = record_entry_stack(header);
	return open_entered(trees, owner, entry);
}

/* A goroutine that is followed from its start. */
static struct error *handle_go(struct calltree *trees, struct owner *owner,
			       const struct record_go *go)
{
	const struct record *header = &go->header;
	uint64_t by_goid = go->origin.by_goid;
	struct owner *parent;

	if (!header->goid) {
		trees->num_ignored++;
		return NULL;
	}
	if (owner)
		end_tree(trees, owner, CALL_LEFT, header->time_ns);
	owner = begin_tree(trees, header, go->frame);
	if (!owner)
		return error_out_of_memory();
	owner->tree.parent_goid = by_goid;
	parent = by_goid ? table_find(&trees->table, owner_key(header->pid, by_goid, 0)) : NULL;
	if (parent && parent != owner) {
		settle_if_full(trees, parent);
		timeline_pass(&parent->timeline, header->time_ns);
		owner->tree.root = parent->tree.root;
		family_join(trees, parent, owner, go);
	}
	struct beginning beginning = {.caller_va = go->origin.go_va,
				      .site = CALLTREE_NO_SITE,
				      .start_va = go->origin.start_va,
				      .tid = header->tid};
	struct error *err = frames_open(trees, owner, owner->root_position, &beginning);
	if (trees->sink.states) {
		timeline_start(&owner->timeline, go);
		state_begin(owner);
	}
	return err;
}

static bool same_function(const struct calltree *trees, uint32_t entry, uint32_t exit)
{
	const struct calltree_sink *sink = &trees->sink;

	return !sink->func_of_site || entry == CALLTREE_NO_SITE ||
	       sink->func_of_site(sink->context, entry) == sink->func_of_site(sink->context, exit);
}

static void leave_frame(struct calltree *trees, struct owner *owner, const struct record_frame *at)
{
	uint64_t position = position_of(at);
	struct ending left = {.end = CALL_LEFT, .tid = at->header.tid};
	struct ending ending = {.end = at->header.kind == RECORD_RETURN ? CALL_RETURN
									: CALL_TAIL_CALL,
				.site = at->site,
				.tid = at->header.tid,
				.results = record_captured(&at->header)};

	frames_close_deeper(trees, owner, position, &left);
	struct frame *top = top_frame(owner);
	if (!top || top->position != position)
		return;
	/* Whichever function it is that leaves here, nothing lives at this position any more. */
	if (!same_function(trees, frame_call(owner, top)->entry_site, at->site))
		ending = left;
	frames_close_top(trees, owner, &ending);
}

/* The panic unwound the goroutine's own stack; the thread just leaves the one that it did it on. */
static void unwind_frames(struct calltree *trees, struct owner *owner,
			  const struct record_frame *at)
{
	struct ending left = {.end = CALL_LEFT, .tid = at->header.tid};
	struct ending panic = {.end = CALL_PANIC, .tid = at->header.tid};

	frames_close_deeper(trees, owner, SYSTEM_STACK - 1, &left);
	frames_close_deeper(trees, owner, position_of(at), &panic);
}

/* An entry that begins no tree. */
static struct error *handle_entry(struct calltree *trees, struct owner *owner,
				  const struct record_entry *entry)
{
	advance(trees, owner, &entry->at.header);
	/* Shallower than the call that the tree began with: that one is gone. */
	if (!leave_other_threads(trees, owner, &entry->at) &&
	    position_of(&entry->at) >= owner->root_position)
		return enter_frame(trees, owner, entry);
	trees->num_ignored++;
	end_tree(trees, owner, CALL_LEFT, entry->at.header.time_ns);
	return NULL;
}

/* Frames end: by an exit, a panic, or another change of stacks. */
static void handle_leaving(struct calltree *trees, struct owner *owner,
			   const struct record_frame *at)
{
	struct ending left = {.end = CALL_LEFT, .tid = at->header.tid};
	uint8_t kind = at->header.kind;
	bool is_over = at->header.flags & RECORD_CLOSES_TREE;

	advance(trees, owner, &at->header);
	/* Late otherwise: the goroutine has gone on to another thread. */
	if (!is_elsewhere(owner, at)) {
		is_over |= position_of(at) < owner->root_position;
		if (kind == RECORD_UNWIND)
			unwind_frames(trees, owner, at);
		else if (kind == RECORD_LEFT)
			frames_close_deeper(trees, owner, position_of(at), &left);
		else
			leave_frame(trees, owner, at);
	}
	if (is_over)
		end_tree(trees, owner, kind == RECORD_UNWIND ? CALL_PANIC : CALL_LEFT,
			 at->header.time_ns);
}

/* A record of a goroutine inside a tree, other than what begins another. */
static struct error *handle_inside(struct calltree *trees, struct owner *owner,
				   const struct record *record)
{
	settle_if_full(trees, owner);
	switch (record->kind) {
	case RECORD_ENTRY:
		return handle_entry(trees, owner, (const struct record_entry *)record);
	case RECORD_STATE:
		if (trees->sink.states)
			advance(trees, owner, record);
		return NULL;
	case RECORD_GOEXIT:
		advance(trees, owner, record);
		end_tree(trees, owner, CALL_GOEXIT, record->time_ns);
		return NULL;
	default:
		handle_leaving(trees, owner, (const struct record_frame *)record);
		return NULL;
	}
}

static struct error *handle_goroutine(struct calltree *trees, const struct record *record)
{
	struct owner *owner =
		table_find(&trees->table, owner_key(record->pid, record->goid, record->tid));

	if (owner)
		add_lost(&owner->tree, record->lost);
	if (record->kind == RECORD_ENTRY && record->flags & RECORD_OPENS_TREE)
		return handle_first_entry(trees, owner, (const struct record_entry *)record);
	if (record->kind == RECORD_GO)
		return handle_go(trees, owner, (const struct record_go *)record);
	if (owner)
		return handle_inside(trees, owner, record);
	trees->num_ignored++;
	return NULL;
}

struct error *calltree_feed(struct calltree *trees, const struct record *record)
{
	switch (record->kind) {
	case RECORD_EXEC:
	case RECORD_PROCESS_EXIT:
		end_process(trees, record->pid, record->time_ns);
		return NULL;
	case RECORD_UNREADABLE:
		lose_of_process(trees, record->pid);
		return NULL;
	case RECORD_WRONG_GOID:
		distrust_process(trees, record->pid, record->time_ns);
		return NULL;
	case RECORD_LOST:
	case RECORD_LOST_END:
		hear_loss(trees, record);
		return NULL;
	case RECORD_TICK:
		family_tick(trees, record->time_ns);
		settle_tick(trees, record->time_ns);
		return NULL;
	case RECORD_STOPPED:
		end_all(trees, record->time_ns);
		return NULL;
	case RECORD_GAP:
		absence_gap(trees, record->time_ns);
		return NULL;
	case RECORD_GAP_END:
		absence_gap_end(trees, record->time_ns);
		return NULL;
	case RECORD_TAKEN_OFF:
		return absence_taken_off(trees, (const struct record_frame *)record);
	case RECORD_STATES_OFF:
		absence_states_off(trees);
		return NULL;
	case RECORD_ONE_IN:
		trees->one_in = ((const struct record_one_in *)record)->one_in;
		return NULL;
	case RECORD_STATISTICS:
	case RECORD_STACK:
		return NULL;
	case RECORD_ENTRY:
	case RECORD_RETURN:
	case RECORD_TAIL_CALL:
	case RECORD_UNWIND:
	case RECORD_GOEXIT:
	case RECORD_LEFT:
	case RECORD_STATE:
	case RECORD_GO:
		return handle_goroutine(trees, record);
	default:
		trees->num_ignored++;
		return NULL;
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
	DL_FOREACH_SAFE2(trees->table.owners, owner, next, younger)
	{
		table_remove(&trees->table, owner);
		family_drop(trees, owner);
	}
	DL_FOREACH_SAFE(trees->lingering, owner, next)
	{
		family_drop(trees, owner);
	}
	table_destroy(&trees->table);
	free(trees->taken_off);
	free(trees);
}

uint64_t calltree_num_begun(const struct calltree *trees)
{
	return trees->num_begun;
}

uint64_t calltree_num_roots(const struct calltree *trees)
{
	return trees->num_roots;
}

uint64_t calltree_num_ended(const struct calltree *trees)
{
	return trees->num_ended;
}

size_t calltree_num_open(const struct calltree *trees)
{
	return trees->table.by_key.count;
}

uint64_t calltree_num_ignored(const struct calltree *trees)
{
	return trees->num_ignored;
}
