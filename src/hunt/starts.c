/* SPDX-License-Identifier: MIT */
#include "hunt/starts.h"

#include <string.h>

#include "base/array.h"

/* With one that began in the same way. */
static void count(struct starts *starts, const struct origin *origin)
{
	for (size_t i = 0; i < starts->count; i++) {
		struct start *start = &starts->items[i];

		if (start->start_va == origin->start_va && start->go_va == origin->go_va) {
			start->count++;
			return;
		}
	}
}

bool starts_add(struct starts *starts, const struct record_go *go)
{
	if (starts->count == MAX_STARTS) {
		count(starts, &go->origin);
		return true;
	}
	if (!array_reserve(&starts->items, &starts->capacity, starts->count + 1,
			   sizeof(*starts->items)))
		return false;
	starts->items[starts->count++] = (struct start){.goid = go->header.goid,
							.time_ns = go->header.time_ns,
							.start_va = go->origin.start_va,
							.go_va = go->origin.go_va,
							.count = 1};
	return true;
}

bool starts_copy(const struct starts *starts, struct starts *copy)
{
	*copy = (struct starts){0};
	if (!starts->count)
		return true;
	if (!array_reserve(&copy->items, &copy->capacity, starts->count, sizeof(*copy->items)))
		return false;
	memcpy(copy->items, starts->items, starts->count * sizeof(*copy->items));
	copy->count = starts->count;
	return true;
}

void starts_clear(struct starts *starts)
{
	free(starts->items);
	*starts = (struct starts){0};
}
