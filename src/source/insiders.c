/* SPDX-License-Identifier: MIT */
#include "source/insiders.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "gofuncgraph/maps.h"

/* ---- in and out ---- */

void insiders_remove(struct insiders *insiders, struct insider *one)
{
	struct insider *last = insiders->items[--insiders->count];

	last->at = one->at;
	insiders->items[last->at] = last;
	hash_remove(&insiders->by_key, &one->key);
	free(one);
}

void insiders_forget(struct insiders *insiders)
{
	while (insiders->count)
		insiders_remove(insiders, insiders->items[0]);
}

void insiders_release(struct insiders *insiders)
{
	insiders_forget(insiders);
	hash_clear(&insiders->by_key);
	free(insiders->items);
}

struct insider *insiders_find(const struct insiders *insiders, uint64_t goid, uint32_t pid)
{
	return hash_find(&insiders->by_key, (struct hash_key){.first = goid, .second = pid});
}

static void remember(struct insiders *insiders, struct hash_key key, uint64_t g, uint64_t parent)
{
	struct insider *one;

	if (insiders->count == MAX_OPEN_GATES ||
	    !array_reserve(&insiders->items, &insiders->capacity, insiders->count + 1,
			   sizeof(*insiders->items)))
		return;
	one = calloc(1, sizeof(*one));
	if (!one)
		return;
	*one = (struct insider){.key = key, .g = g, .parent = parent, .at = insiders->count};
	if (hash_add(&insiders->by_key, &one->key))
		insiders->items[insiders->count++] = one;
	else
		free(one);
}

bool insiders_are_over(const struct record *record)
{
	return record->kind == RECORD_EXEC || record->kind == RECORD_PROCESS_EXIT ||
	       record->kind == RECORD_WRONG_GOID;
}

void insiders_add(struct insiders *insiders, uint64_t goid, uint32_t pid, uint64_t g)
{
	if (!insiders_find(insiders, goid, pid))
		remember(insiders, (struct hash_key){.first = goid, .second = pid}, g, 0);
}

/* `parent` 0: all of the process. */
static void leave(struct insiders *insiders, uint32_t pid, uint64_t parent)
{
	for (size_t i = insiders->count; i-- > 0;) {
		struct insider *one = insiders->items[i];

		if (one->key.second == pid && (!parent || one->parent == parent))
			insiders_remove(insiders, one);
	}
}

void insiders_see(struct insiders *insiders, const struct record *record)
{
	const struct hash_key key = {.first = record->goid, .second = record->pid};
	uint64_t g = record_entry_g(record);
	struct insider *known;

	if (insiders_are_over(record))
		leave(insiders, record->pid, 0);
	if (!record->goid || (!g && !(record->flags & RECORD_CLOSES_TREE)))
		return;
	known = hash_find(&insiders->by_key, key);
	if (known)
		insiders_remove(insiders, known);
	if (g)
		remember(insiders, key, g, 0);
}

void insiders_see_started(struct insiders *started, const struct insiders *inside,
			  const struct record *record, size_t most)
{
	const struct hash_key key = {.first = record->goid, .second = record->pid};
	const struct origin *origin = record_origin(record);
	uint64_t g = record_go_g(record);

	if (insiders_are_over(record))
		leave(started, record->pid, 0);
	else if (record->goid && record->flags & (RECORD_OPENS_TREE | RECORD_CLOSES_TREE))
		leave(started, record->pid, record->goid);
	if (!g || started->count >= most || !insiders_find(inside, origin->by_goid, record->pid) ||
	    insiders_find(started, record->goid, record->pid))
		return;
	remember(started, key, g, origin->by_goid);
}

/* ---- some of them ---- */

static void swap(struct insiders *insiders, size_t one, size_t other)
{
	struct insider *insider = insiders->items[one];

	insiders->items[one] = insiders->items[other];
	insiders->items[one]->at = one;
	insiders->items[other] = insider;
	insider->at = other;
}

static int by_process(const void *one, const void *other)
{
	const struct insider *a = *(struct insider *const *)one,
			     *b = *(struct insider *const *)other;

	return a->key.second < b->key.second ? -1 : a->key.second > b->key.second;
}

size_t insiders_choose(struct insiders *insiders, struct insider **chosen, size_t most)
{
	size_t count = insiders->count < most ? insiders->count : most;

	for (size_t i = 0; i < count && count < insiders->count; i++) {
		insiders->seed = hash_mix(insiders->seed + 1);
		swap(insiders, i, i + insiders->seed % (insiders->count - i));
	}
	if (count)
		memcpy(chosen, insiders->items, count * sizeof(*chosen));
	qsort(chosen, count, sizeof(*chosen), by_process);
	return count;
}
