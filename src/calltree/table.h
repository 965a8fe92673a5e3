/* SPDX-License-Identifier: MIT */
/*
 * table.h - the goroutines that have an open tree, found by (process, goid), and what is known of
 * each: its tree so far, the stack of its open frames, what it is doing, and its family.
 */
#ifndef GOFUNCGRAPH_CALLTREE_TABLE_H
#define GOFUNCGRAPH_CALLTREE_TABLE_H

#include "base/array.h"
#include "base/hash.h"
#include "base/processes.h"
#include "gofuncgraph/calltree.h"
#include "gofuncgraph/timeline.h"

struct owner_key {
	uint64_t goid;
	uint32_t pid;
	uint32_t tid; /* of a thread without a goroutine (goid 0), else 0 */
};

struct frame {
	uint64_t position; /* deeper is greater: see position_of() */
	uint64_t missed_at_entry; /* what had been missed when it was opened: frames_num_missed() */
	uint32_t index; /* of its call, in tree.calls or owner.passing */
	bool is_kept; /* in tree.calls */
	bool is_start; /* the function that a followed goroutine begins with */
	bool is_unseen; /* its function has lost its probes: nobody sees it end */
};

/* A goroutine inside a tree; after its end, the tree alone while it waits for its family. */
struct owner {
	struct hash_key hashed; /* of its key */
	struct owner_key key;
	struct owner *older, *younger; /* in the table, by beginning */
	struct process_member of_process; /* while it is in the table */
	struct tree tree;
	uint32_t calls_capacity;
	uint32_t steps_capacity;
	struct frame *frames; /* open, by rising position */
	uint32_t num_frames;
	uint32_t frames_capacity;
	struct call *passing; /* calls of frames that the tree does not keep, the innermost last */
	uint32_t num_passing;
	uint32_t passing_capacity;
	uint64_t told_lost; /* of tree.lost: see calltree_sink.records_lost */
	uint64_t root_position; /* of the call that the tree began with */
	uint64_t gaps_before_ns; /* gaps_until() when its tree began */
	uint64_t settled_ns; /* when it began, or its last part was handed on in time */

	/* What it is doing; see state.h. */
	struct timeline timeline;
	uint64_t cut_ns; /* from when on that is in no part yet */
	uint64_t wait_ns; /* when the wait began that is to be kept */
	uint32_t wait_depth; /* of the innermost call then */
	uint32_t num_parts; /* of its calls and frames */
	uint32_t num_captured; /* the same: those that have values */
	uint32_t num_waits; /* of its tree and frames */
	uint32_t waits_capacity;

	/* See family.h. */
	uint32_t starts_capacity;
	bool has_ended;
	struct owner *root; /* of its family; itself if it has no parent */
	struct owner *parent; /* NULL: none, or it was handed on already */
	uint32_t start; /* index in the parent's starts */
	uint32_t generation; /* of the root 0 */
	/* of a root: the others of its family that are open, in order of beginning */
	struct owner *members;
	struct owner *prev,
		*next; /* in the root's members, in calltree.lingering, in table.spare */
};

static inline struct call *frame_call(struct owner *owner, const struct frame *frame)
{
	return (frame->is_kept ? owner->tree.calls : owner->passing) + frame->index;
}

/* array_reserve() for the arrays of an owner. */
static inline bool owner_reserve(void *items, uint32_t *capacity, size_t need, size_t size)
{
	size_t room = *capacity;

	if (need <= room)
		return true;
	if (!array_reserve(items, &room, need, size))
		return false;
	*capacity = (uint32_t)room;
	return true;
}

/* Whose tree it is. */
static inline struct owner *owner_of(struct tree *tree)
{
	return (struct owner *)((char *)tree - offsetof(struct owner, tree));
}

struct table {
	struct hash by_key;
	struct owner *owners; /* the same, in order of beginning: DL_FOREACH_SAFE2 by `younger` */
	struct processes processes;
	struct owner *last; /* found last: records come in runs of one goroutine */
	struct owner *spare; /* kept for their memory */
	unsigned num_spare;
};

static inline struct owner_key owner_key(uint32_t pid, uint64_t goid, uint32_t tid)
{
	return (struct owner_key){.goid = goid, .pid = pid, .tid = goid ? 0 : tid};
}

struct owner *table_look_up(struct table *table, struct owner_key key);

/* NULL: there is none. */
static inline struct owner *table_find(struct table *table, struct owner_key key)
{
	struct owner *last = table->last;

	if (last && last->key.goid == key.goid && last->key.pid == key.pid &&
	    last->key.tid == key.tid)
		return last;
	return table_look_up(table, key);
}

/* The first of this process, in order of beginning, and the one behind it; NULL: none. The next one
 * is to be asked for before something happens to one. */
struct owner *table_first_of(const struct table *table, uint32_t pid);
struct owner *table_next_of(const struct owner *owner);

/* A new one with an empty tree; there must be none of this key. NULL: out of memory. */
struct owner *table_add(struct table *table, struct owner_key key);

/* It is found no more. */
void table_remove(struct table *table, struct owner *owner);

/* Takes back one that was removed, and whose tree owns nothing but its own arrays. */
void table_recycle(struct table *table, struct owner *owner);

/* Gives back what memory its arrays do not need now. */
void table_make_small(struct owner *owner);

/* The same, if they have become large. */
void table_give_back(struct owner *owner);

/* Frees the spare ones; all others must be gone. */
void table_destroy(struct table *table);

#endif
