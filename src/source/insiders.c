/* SPDX-License-Identifier: MIT */
#include "source/insiders.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "gofuncgraph/maps.h"

/* ---- in and out ---- */

static void forget(struct insiders *insiders, struct insider *one)
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
		forget(insiders, insiders->items[0]);
}

void insiders_release(struct insiders *insiders)
{
	insiders_forget(insiders);
	hash_clear(&insiders->by_key);
	free(insiders->items);
}

static void remember(struct insiders *insiders, struct hash_key key, uint64_t g)
{
	struct insider *one;

	if (insiders->count == MAX_OPEN_GATES ||
	    !array_reserve(&insiders->items, &insiders->capacity, insiders->count + 1,
			   sizeof(*insiders->items)))
		return;
	one = calloc(1, sizeof(*one));
	if (!one)
		return;
	*one = (struct insider){.key = key, .g = g, .at = insiders->count};
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

void insiders_see(struct insiders *insiders, const struct record *record)
{
	const struct hash_key key = {.first = record->goid, .second = record->pid};
	uint64_t g = record_entry_g(record);
	struct insider *known;

	for (size_t i = insiders_are_over(record) ? insiders->count : 0; i-- > 0;)
		if (insiders->items[i]->key.second == record->pid)
			forget(insiders, insiders->items[i]);
	if (!record->goid || (!g && !(record->flags & RECORD_CLOSES_TREE)))
		return;
	known = hash_find(&insiders->by_key, key);
	if (known)
		forget(insiders, known);
	if (g)
		remember(insiders, key, g);
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
