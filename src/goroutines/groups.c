/* SPDX-License-Identifier: MIT */
#include "goroutines/groups.h"

#include <stdlib.h>
#include <string.h>

#define COMPARE(one, other)                                                                        \
	do {                                                                                       \
		if ((one) != (other))                                                              \
			return (one) < (other) ? -1 : 1;                                           \
	} while (0)

/* 0: they belong to one group. */
static int compare_kinds(const struct snapshot *snapshot, const struct goroutine *one,
			 const struct goroutine *other)
{
	COMPARE(one->state, other->state);
	COMPARE(one->reason, other->reason);
	COMPARE(one->has_moved, other->has_moved);
	COMPARE(one->end, other->end);
	COMPARE(one->gopc_va, other->gopc_va);
	COMPARE(one->start_va, other->start_va);
	COMPARE(one->frames_hash, other->frames_hash);
	COMPARE(one->num_frames, other->num_frames);
	/* The hash has no secret: a program could make two stacks look alike. */
	return one->num_frames ? memcmp(snapshot->frames + one->first_frame,
					snapshot->frames + other->first_frame,
					one->num_frames * sizeof(*snapshot->frames))
			       : 0;
}

static int compare(const void *a, const void *b, void *snapshot)
{
	const struct goroutine *one = *(const struct goroutine *const *)a,
			       *other = *(const struct goroutine *const *)b;
	int order = compare_kinds(snapshot, one, other);

	if (order)
		return order;
	COMPARE(one->goid, other->goid);
	return 0;
}

static int compare_groups(const void *a, const void *b)
{
	const struct group *one = a, *other = b;

	COMPARE(other->count, one->count);
	/* 0, unknown, is the shortest wait. */
	COMPARE(one->since_ns - 1, other->since_ns - 1);
	COMPARE(one->members[0]->goid, other->members[0]->goid);
	return 0;
}

static void join(const struct snapshot *snapshot, struct groups *groups, size_t num)
{
	for (size_t i = 0; i < num; i++) {
		const struct goroutine *one = groups->order[i];
		struct group *group = groups->count ? &groups->items[groups->count - 1] : NULL;

		if (!group || compare_kinds(snapshot, group->members[0], one)) {
			group = &groups->items[groups->count++];
			*group = (struct group){.members = groups->order + i};
		}
		group->count++;
		if (one->since_ns && (!group->since_ns || one->since_ns < group->since_ns))
			group->since_ns = one->since_ns;
	}
}

struct error *groups_make(const struct snapshot *snapshot,
			  bool (*wants)(void *context, const struct goroutine *one), void *context,
			  struct groups *groups)
{
	size_t num = 0;

	*groups = (struct groups){
		.order = calloc(snapshot->count + 1, sizeof(*groups->order)),
		.items = calloc(snapshot->count + 1, sizeof(*groups->items)),
	};
	if (!groups->order || !groups->items) {
		groups_release(groups);
		return error_out_of_memory();
	}
	for (size_t i = 0; i < snapshot->count; i++)
		if (!wants || wants(context, &snapshot->goroutines[i]))
			groups->order[num++] = &snapshot->goroutines[i];
	qsort_r(groups->order, num, sizeof(*groups->order), compare, (void *)snapshot);
	join(snapshot, groups, num);
	qsort(groups->items, groups->count, sizeof(*groups->items), compare_groups);
	return NULL;
}

void groups_release(struct groups *groups)
{
	free(groups->order);
	free(groups->items);
	*groups = (struct groups){0};
}
