/* SPDX-License-Identifier: MIT */
/* goroutines.c - what is known of each goroutine; see goroutines.h. */
#include "states/goroutines.h"

#include <stdlib.h>
#include <utlist.h>

struct goroutine *goroutines_find(struct goroutines *goroutines, uint32_t pid, uint64_t goid)
{
	struct hash_key key = {.first = goid, .second = pid};

	return hash_find(&goroutines->table, key);
}

struct goroutine *goroutines_of_process(struct goroutines *goroutines, uint32_t pid)
{
	struct process_member *first = processes_first(&goroutines->processes, pid);

	return first ? process_member_of(first, struct goroutine, of_process) : NULL;
}

/* False: out of memory. */
static bool enter_table(struct goroutines *goroutines, struct goroutine *goroutine)
{
	uint32_t pid = (uint32_t)goroutine->key.second;

	if (!processes_add(&goroutines->processes, pid, &goroutine->of_process))
		return false;
	goroutine->in_table = hash_add(&goroutines->table, &goroutine->key);
	if (!goroutine->in_table)
		processes_remove(&goroutines->processes, pid, &goroutine->of_process);
	return goroutine->in_table;
}

struct goroutine *goroutines_add(struct goroutines *goroutines, uint32_t pid, uint64_t goid)
{
	struct goroutine *goroutine = calloc(1, sizeof(*goroutine));

	if (!goroutine)
		return NULL;
	goroutine->key = (struct hash_key){.first = goid, .second = pid};
	if (!enter_table(goroutines, goroutine)) {
		free(goroutine);
		return NULL;
	}
	DL_APPEND(goroutines->living, goroutine);
	goroutines->count++;
	return goroutine;
}

static struct goroutine **list_of(struct goroutines *goroutines, const struct goroutine *goroutine)
{
	return goroutine->has_ended ? &goroutines->ended : &goroutines->living;
}

void goroutines_touch(struct goroutines *goroutines, struct goroutine *goroutine, bool has_ended)
{
	struct goroutine *last = goroutines->living ? goroutines->living->prev : NULL;

	/* Records come in runs of one goroutine. */
	if (goroutine == last && !has_ended)
		return;
	DL_DELETE(*list_of(goroutines, goroutine), goroutine);
	goroutine->has_ended = has_ended;
	DL_APPEND(*list_of(goroutines, goroutine), goroutine);
}

void goroutines_hide(struct goroutines *goroutines, struct goroutine *goroutine)
{
	if (!goroutine->in_table)
		return;
	hash_remove(&goroutines->table, &goroutine->key);
	goroutine->in_table = false;
	processes_remove(&goroutines->processes, (uint32_t)goroutine->key.second,
			 &goroutine->of_process);
}

static void goroutine_free(struct goroutine *goroutine)
{
	sums_destroy(&goroutine->sums);
	free(goroutine);
}

void goroutines_remove(struct goroutines *goroutines, struct goroutine *goroutine)
{
	goroutines_hide(goroutines, goroutine);
	DL_DELETE(*list_of(goroutines, goroutine), goroutine);
	goroutines->count--;
	goroutine_free(goroutine);
}

void goroutines_destroy(struct goroutines *goroutines)
{
	struct goroutine *goroutine, *next;

	hash_clear(&goroutines->table);
	processes_destroy(&goroutines->processes);
	DL_FOREACH_SAFE(goroutines->living, goroutine, next)
	goroutine_free(goroutine);
	DL_FOREACH_SAFE(goroutines->ended, goroutine, next)
	goroutine_free(goroutine);
	groups_destroy(&goroutines->functions);
	groups_destroy(&goroutines->statements);
}
