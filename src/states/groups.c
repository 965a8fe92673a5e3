/* SPDX-License-Identifier: MIT */
/* groups.c - goroutines that have something in common; see groups.h. */
#include "states/groups.h"

#include <stdlib.h>

struct group *groups_find(struct groups *groups, uint32_t pid, uint64_t va)
{
	struct hash_key key = {.first = va, .second = pid};
	struct group *group = hash_find(&groups->table, key);

	if (group)
		return group;
	if (groups->table.count >= STATES_MAX_FUNCTIONS)
		return &groups->others;
	group = calloc(1, sizeof(*group));
	if (!group)
		return NULL;
	group->key = key;
	if (!hash_add(&groups->table, &group->key)) {
		free(group);
		return NULL;
	}
	return group;
}

struct group *groups_next(struct groups *groups, size_t *at)
{
	struct group *group;

	if (*at == SIZE_MAX)
		return NULL;
	group = hash_next(&groups->table, at);
	if (group)
		return group;
	*at = SIZE_MAX;
	return groups->others.all.count ? &groups->others : NULL;
}

void group_add(struct group *group, uint64_t start_va)
{
	if (!group->all.count++)
		group->start_va = start_va;
	if (group->start_va != start_va)
		group->has_starts = true;
	if (group->has_starts)
		group->start_va = 0;
}

static void group_clear(struct group *group)
{
	crowd_clear(&group->all);
	crowd_clear(&group->dropped);
	crowd_clear(&group->ended);
}

void groups_destroy(struct groups *groups)
{
	struct group *group;

	for (size_t at = 0; (group = hash_next(&groups->table, &at));) {
		group_clear(group);
		free(group);
	}
	hash_clear(&groups->table);
	group_clear(&groups->others);
}

bool crowd_add(struct crowd *crowd, uint64_t count, const struct sums *sums)
{
	crowd->count += count;
	return sums_add(&crowd->sums, sums);
}

void crowd_clear(struct crowd *crowd)
{
	sums_destroy(&crowd->sums);
	*crowd = (struct crowd){0};
}
