/* SPDX-License-Identifier: MIT */
/*
 * table.h - the goroutines that have an open tree, found by (process, goid), and what is known of
 * each: its tree so far and the stack of its open frames.
 */
#ifndef GOFUNCGRAPH_CALLTREE_TABLE_H
#define GOFUNCGRAPH_CALLTREE_TABLE_H

/* Out of memory makes HASH_ADD fail; it never ends the process. */
#define HASH_NONFATAL_OOM	 1
#define uthash_nonfatal_oom(obj) ((obj)->in_table = false)
#include <uthash.h>

#include "gofuncgraph/calltree.h"

/* No padding: hashed and compared as bytes. */
struct owner_key {
	uint64_t goid;
	uint32_t pid;
	uint32_t tid; /* of a thread without a goroutine (goid 0), else 0 */
};

#define NOT_KEPT UINT32_MAX

struct frame {
	uint64_t position;	/* deeper is greater: see position_of() */
	uint64_t lost_at_entry; /* tree.lost when it was opened */
	struct call call;
	uint32_t index; /* in tree.calls, or NOT_KEPT */
};

/* A goroutine inside a tree. */
struct owner {
	struct owner_key key;
	UT_hash_handle hh;
	bool in_table;
	struct tree tree;
	size_t calls_capacity;
	size_t steps_capacity;
	struct frame *frames; /* open, by rising position */
	size_t num_frames;
	size_t frames_capacity;
	uint64_t root_position; /* of the call that the tree began with */
	struct owner *next_spare;
};

struct table {
	struct owner *owners; /* hash table, in order of beginning */
	struct owner *last;   /* found last: events come in runs of one goroutine */
	struct owner *spare;  /* kept for their memory */
	unsigned num_spare;
};

struct owner_key owner_key(uint32_t pid, uint64_t goid, uint32_t tid);

/* NULL: there is none. */
struct owner *table_find(struct table *table, struct owner_key key);

/* A new one with an empty tree; there must be none of this key. NULL: out of memory. */
struct owner *table_add(struct table *table, struct owner_key key);

void table_remove(struct table *table, struct owner *owner);

void table_destroy(struct table *table);

#endif
