/* SPDX-License-Identifier: MIT */
/* calltree.c - records into call trees; see gofuncgraph/calltree.h. */
#include "gofuncgraph/calltree.h"

#include <stdlib.h>
#include <utlist.h>

#include "calltree/absence.h"
#include "calltree/ends.h"
#include "calltree/family.h"
#include "calltree/frames.h"
#include "calltree/position.h"
#include "calltree/settle.h"
#include "calltree/state.h"
#include "calltree/trees.h"

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
	return position_open(trees, owner, entry);
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

/* An entry that begins no tree. */
static struct error *handle_entry(struct calltree *trees, struct owner *owner,
				  const struct record_entry *entry)
{
	advance(trees, owner, &entry->at.header);
	/* Shallower than the call that the tree began with: that one is gone. */
	if (!position_leave_other_threads(trees, owner, &entry->at) &&
	    position_of(&entry->at) >= owner->root_position)
		return position_enter(trees, owner, entry);
	trees->num_ignored++;
	end_tree(trees, owner, CALL_LEFT, entry->at.header.time_ns);
	return NULL;
}

/* Frames end: by an exit, a panic, or another change of stacks. */
static void handle_leaving(struct calltree *trees, struct owner *owner,
			   const struct record_frame *at)
{
	bool is_over = at->header.flags & RECORD_CLOSES_TREE;

	advance(trees, owner, &at->header);
	/* Late otherwise: the goroutine has gone on to another thread. */
	if (!position_is_elsewhere(owner, at)) {
		is_over |= position_of(at) < owner->root_position;
		position_leave(trees, owner, at);
	}
	if (is_over)
		end_tree(trees, owner, at->header.kind == RECORD_UNWIND ? CALL_PANIC : CALL_LEFT,
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
