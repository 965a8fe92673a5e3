/* SPDX-License-Identifier: MIT */
/* object_sums.c - what waits that are told as one were on, those first that took most of their time. */
#include <stdlib.h>

#include "base/array.h"
#include "hunt/analysis.h"

bool object_sums_add(struct object_sums *sums, uint32_t number, double ns)
{
	sums->total_ns += ns;
	if (!number)
		return true;
	for (size_t i = 0; i < sums->count; i++) {
		if (sums->items[i].number == number) {
			sums->items[i].ns += ns;
			return true;
		}
	}
	/* The rest has no name. */
	if (sums->count == MAX_OBJECT_SUMS)
		return true;
	if (!array_reserve(&sums->items, &sums->capacity, sums->count + 1, sizeof(*sums->items)))
		return false;
	sums->items[sums->count++] = (struct object_sum){number, ns};
	return true;
}

static int compare(const void *one, const void *other)
{
	const struct object_sum *a = one, *b = other;

	if (a->ns != b->ns)
		return a->ns > b->ns ? -1 : 1;
	return a->number < b->number ? -1 : 1;
}

bool object_sums_tell(const struct objects *objects, struct object_sums *sums, double divisor,
		      struct hunt_doing *doing)
{
	if (!sums->count)
		return true;
	doing->objects = calloc(sums->count, sizeof(*doing->objects));
	if (!doing->objects)
		return false;
	qsort(sums->items, sums->count, sizeof(*sums->items), compare);
	for (size_t i = 0; i < sums->count; i++) {
		const struct object_sum *sum = &sums->items[i];
		struct hunt_object *object = &doing->objects[doing->num_objects++];

		*object = objects_find(objects, sum->number);
		object->ns = (uint64_t)(sum->ns / divisor);
		object->share = sums->total_ns > 0 ? sum->ns / sums->total_ns : 0;
	}
	return true;
}

void object_sums_clear(struct object_sums *sums)
{
	free(sums->items);
	*sums = (struct object_sums){0};
}
