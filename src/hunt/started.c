/* SPDX-License-Identifier: MIT */
/* started.c - goroutines that slow calls started, and what these did until the calls ended. */
#include <stdlib.h>

#include "base/array.h"
#include "hunt/analysis.h"

/* Those of one `go` statement, and one function. */
struct start_group {
	uint64_t start_va, go_va;
	double count;
	struct guilt_wait *starts;
	size_t num_starts, capacity;
};

/* Further ones are left out. */
#define MAX_GROUPS 64

struct start_groups {
	struct start_group items[MAX_GROUPS];
	size_t count;
};

static struct start_group *find_group(struct start_groups *groups, const struct start *start)
{
	for (size_t i = 0; i < groups->count; i++)
		if (groups->items[i].start_va == start->start_va &&
		    groups->items[i].go_va == start->go_va)
			return &groups->items[i];
	if (groups->count == MAX_GROUPS)
		return NULL;
	groups->items[groups->count] =
		(struct start_group){.start_va = start->start_va, .go_va = start->go_va};
	return &groups->items[groups->count++];
}

static bool divide(const struct analysis *analysis, struct start_groups *groups)
{
	for (size_t i = 0; i < analysis->num_slow; i++) {
		const struct looked_at *one = &analysis->slow[i];
		const struct starts *starts = &one->call->starts;

		for (uint32_t j = 0; j < starts->count; j++) {
			struct start_group *group = find_group(groups, &starts->items[j]);

			if (!group)
				continue;
			if (!array_reserve(&group->starts, &group->capacity, group->num_starts + 1,
					   sizeof(*group->starts)))
				return false;
			group->count += (double)starts->items[j].count * one->weight;
			group->starts[group->num_starts++] =
				(struct guilt_wait){one->call, BLAME_STARTED | j, one->weight};
		}
	}
	return true;
}

static int compare(const void *one, const void *other)
{
	const struct hunt_started *a = one, *b = other;

	if (a->did.ns != b->did.ns)
		return a->did.ns > b->did.ns ? -1 : 1;
	return a->go.va < b->go.va ? -1 : a->go.va > b->go.va;
}

bool started_tell(const struct analysis *analysis, struct hunt_report *report)
{
	struct start_groups *groups = calloc(1, sizeof(*groups));
	bool is_full = groups && divide(analysis, groups);

	if (is_full && groups->count)
		report->started = calloc(groups->count, sizeof(*report->started));
	is_full = is_full && (!groups->count || report->started);
	for (size_t i = 0; is_full && i < groups->count; i++) {
		const struct start_group *group = &groups->items[i];
		struct hunt_started *started = &report->started[report->num_started++];

		started->function = *names_start(analysis->sites->names, group->start_va);
		started->go = *names_caller(analysis->sites->names, group->go_va);
		started->count = group->count / analysis->slow_weight;
		is_full = guilt_find_started(analysis->sites, group->starts, group->num_starts,
					     analysis->slow_weight, &started->did);
	}
	if (report->num_started)
		qsort(report->started, report->num_started, sizeof(*report->started), compare);
	for (size_t i = 0; groups && i < groups->count; i++)
		free(groups->items[i].starts);
	free(groups);
	return is_full;
}

void started_free(struct hunt_report *report)
{
	for (size_t i = 0; i < report->num_started; i++)
		doing_clear(&report->started[i].did);
	free(report->started);
}
