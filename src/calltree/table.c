/* SPDX-License-Identifier: MIT */
/* table.c - goroutines inside trees; see table.h. */
#include "calltree/table.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

/* Trees come and go all the time; large ones are rare, and their memory is given back. */
#define MAX_SPARE          64
#define MAX_SPARE_CAPACITY 4096

static struct hash_key hashed(struct owner_key key)
{
	return (struct hash_key){.first = key.goid, .second = (uint64_t)key.tid << 32 | key.pid};
}

struct owner *table_look_up(struct table *table, struct owner_key key)
{
	struct owner *owner = hash_find(&table->by_key, hashed(key));

	if (owner)
		table->last = owner;
	return owner;
}

static struct owner *owner_or_null(struct process_member *member)
{
	return member ? process_member_of(member, struct owner, of_process) : NULL;
}

struct owner *table_first_of(const struct table *table, uint32_t pid)
{
	return owner_or_null(processes_first(&table->processes, pid));
}

struct owner *table_next_of(const struct owner *owner)
{
	return owner_or_null(owner->of_process.next);
}

static void owner_free(struct owner *owner)
{
	free(owner->frames);
	free(owner->passing);
	free(owner->tree.calls);
	free(owner->tree.steps);
	free(owner->tree.waits);
	free(owner->tree.starts);
	free(owner);
}

/* Empties it, but leaves it its memory. */
static void owner_reset(struct owner *owner)
{
	*owner = (struct owner){
		.frames = owner->frames,
		.frames_capacity = owner->frames_capacity,
		.passing = owner->passing,
		.passing_capacity = owner->passing_capacity,
		.calls_capacity = owner->calls_capacity,
		.steps_capacity = owner->steps_capacity,
		.waits_capacity = owner->waits_capacity,
		.starts_capacity = owner->starts_capacity,
		.tree = {.calls = owner->tree.calls,
			 .steps = owner->tree.steps,
			 .waits = owner->tree.waits,
			 .starts = owner->tree.starts},
	};
}

static struct owner *owner_new(struct table *table)
{
	struct owner *owner = table->spare;

	if (!owner)
		return calloc(1, sizeof(*owner));
	table->spare = owner->next;
	table->num_spare--;
	return owner;
}

static bool enter(struct table *table, struct owner *owner)
{
	if (!processes_add(&table->processes, owner->key.pid, &owner->of_process))
		return false;
	owner->hashed = hashed(owner->key);
	if (!hash_add(&table->by_key, &owner->hashed)) {
		processes_remove(&table->processes, owner->key.pid, &owner->of_process);
		return false;
	}
	DL_APPEND2(table->owners, owner, older, younger);
	return true;
}

struct owner *table_add(struct table *table, struct owner_key key)
{
	struct owner *owner = owner_new(table);

	if (!owner)
		return NULL;
	owner->key = key;
	if (!enter(table, owner)) {
		owner_free(owner);
		return NULL;
	}
	owner->tree.pid = key.pid;
	owner->tree.goid = key.goid;
	table->last = owner;
	return owner;
}

void table_remove(struct table *table, struct owner *owner)
{
	hash_remove(&table->by_key, &owner->hashed);
	DL_DELETE2(table->owners, owner, older, younger);
	processes_remove(&table->processes, owner->key.pid, &owner->of_process);
	if (table->last == owner)
		table->last = NULL;
}

static bool is_large(const struct owner *owner)
{
	return owner->calls_capacity > MAX_SPARE_CAPACITY ||
	       owner->frames_capacity > MAX_SPARE_CAPACITY ||
	       owner->passing_capacity > MAX_SPARE_CAPACITY ||
	       owner->waits_capacity > MAX_SPARE_CAPACITY ||
	       owner->starts_capacity > MAX_SPARE_CAPACITY;
}

void table_recycle(struct table *table, struct owner *owner)
{
	if (table->num_spare >= MAX_SPARE || is_large(owner)) {
		owner_free(owner);
		return;
	}
	owner_reset(owner);
	owner->next = table->spare;
	table->spare = owner;
	table->num_spare++;
}

/* Its capacity becomes `room`, not below what is in it; that it can fail does not matter. */
static void shrink(void *items, uint32_t *capacity, uint32_t room, size_t size)
{
	if (!room) {
		free(*(void **)items);
		*(void **)items = NULL;
		*capacity = 0;
		return;
	}
	void *smaller = realloc(*(void **)items, room * size);
	if (smaller) {
		*(void **)items = smaller;
		*capacity = room;
	}
}

void table_make_small(struct owner *owner)
{
	struct tree *tree = &owner->tree;

	shrink(&owner->frames, &owner->frames_capacity, owner->num_frames, sizeof(*owner->frames));
	shrink(&owner->passing, &owner->passing_capacity, owner->num_passing,
	       sizeof(*owner->passing));
	shrink(&tree->calls, &owner->calls_capacity, tree->num_calls, sizeof(*tree->calls));
	/* With the exits of calls that are open. */
	shrink(&tree->steps, &owner->steps_capacity,
	       2 * tree->num_calls + tree->num_waits + tree->num_starts, sizeof(*tree->steps));
	shrink(&tree->waits, &owner->waits_capacity, tree->num_waits, sizeof(*tree->waits));
	shrink(&tree->starts, &owner->starts_capacity, tree->num_starts, sizeof(*tree->starts));
}

void table_give_back(struct owner *owner)
{
	if (is_large(owner))
		table_make_small(owner);
}

void table_destroy(struct table *table)
{
	struct owner *owner;

	while ((owner = table->spare)) {
		table->spare = owner->next;
		owner_free(owner);
	}
	hash_clear(&table->by_key);
	processes_destroy(&table->processes);
}
