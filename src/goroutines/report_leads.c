/* SPDX-License-Identifier: MIT */
/* report_leads.c - whose leads are looked for, of all that are reported. */
#include <stdlib.h>

#include "goroutines/report.h"
#include "names/lead_text.h"

/* Of each group, where groups are told: the others mostly wait for the same kind of things. */
#define MAX_OF_GROUP 3

struct place_search {
	struct telling_frame so_far;
	const struct shown_frame *found;
};

static void note_frame(void *context, const struct shown_frame *frame)
{
	struct place_search *search = context;

	if (telling_frame_is(&search->so_far, frame->frame.name, frame->is_own))
		search->found = frame;
}

const struct shown_frame *report_place(const struct report *report, const struct goroutine *one)
{
	struct place_search search = {0};

	report_frames(report, one, note_frame, &search);
	return search.found;
}

/* Those that the library has for itself, as for each connection, wait for work. */
static bool may_have_leads(const struct report *report, const struct goroutine *one)
{
	const struct shown_frame *place = report_place(report, one);

	return leads_may_have(one) && place && place->is_own;
}

static int compare_waiters(const void *a, const void *b)
{
	size_t one = ((const struct leads *)a)->waiter, other = ((const struct leads *)b)->waiter;

	return one < other ? -1 : one > other;
}

struct error *report_find_leads(struct report *report, const struct snapshot_source *source,
				bool is_by_group, struct leads found[LEADS_MAX_ASKED])
{
	const struct groups *groups = report->groups;
	size_t num_groups = groups->count, count = 0, most = is_by_group ? MAX_OF_GROUP : SIZE_MAX;
	bool has_more = true;

	if (is_by_group && report->limit && num_groups > report->limit)
		num_groups = report->limit;
	/* The first one of each group, the second ones, ... */
	for (size_t round = 0; has_more && round < most; round++) {
		has_more = false;
		for (size_t i = 0; i < num_groups && count < LEADS_MAX_ASKED; i++) {
			const struct group *group = &groups->items[i];

			if (round >= group->count || !may_have_leads(report, group->members[round]))
				continue;
			has_more = true;
			found[count++].waiter =
				(size_t)(group->members[round] - report->snapshot->goroutines);
		}
	}
	qsort(found, count, sizeof(*found), compare_waiters);
	report->leads = found;
	report->num_leads = count;
	return leads_find(source, report->places, report->snapshot, report->pid, found, count);
}

const struct leads *report_leads(const struct report *report, const struct goroutine *one)
{
	const struct leads key = {.waiter = (size_t)(one - report->snapshot->goroutines)};
	const struct leads *leads = NULL;

	if (report->num_leads)
		leads = bsearch(&key, report->leads, report->num_leads, sizeof(key),
				compare_waiters);
	return leads && leads->count ? leads : NULL;
}
