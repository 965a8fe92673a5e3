/* SPDX-License-Identifier: MIT */
/* text_leads.c - who may serve what goroutines of a group wait for, and what those do. */
#include "goroutines/text_out.h"
#include "names/lead_text.h"
#include "names/waited_on_text.h"

static void put_on(struct text_out *out, const struct waited_on *on)
{
	static const char *const words[] = {
		[HUNT_FILE] = " on ", [HUNT_PEER] = ", peer ", [HUNT_LISTENER] = ", listener "};
	char text[WAITED_ON_TEXT_SIZE];
	enum hunt_object_kind kind;

	if (!waited_on_text(on, &kind, text))
		return;
	text_put(out, words[kind]);
	text_put(out, text);
}

static void put_lead(struct text_out *out, const struct lead *lead, const struct goroutine *waiter,
		     bool is_one)
{
	const struct goroutine *one = &out->report->snapshot->goroutines[lead->index];
	const struct shown_frame *place = report_place(out->report, one);
	char state[REPORT_STATE_SIZE], text[LEAD_TEXT_SIZE];

	report_state(out->report, one, state);
	text_put(out, "  ");
	if (!is_one) {
		text_put(out, "for goroutine ");
		text_put_number(out, waiter->goid);
		text_put(out, ": ");
	}
	text_put(out, lead_text(text, one->goid, lead->by, lead->object,
				waiter->awaited.kind == AWAITED_SEMAPHORE));
	text_put(out, ": ");
	text_put_hostile(out, state);
	put_on(out, &lead->on);
	if (place) {
		text_put(out, " in ");
		text_put_hostile(out, place->frame.name);
	}
	text_end_line(out);
}

void text_put_leads(struct text_out *out, const struct group *group)
{
	for (size_t i = 0; i < group->count; i++) {
		const struct leads *leads = report_leads(out->report, group->members[i]);

		for (size_t j = 0; leads && j < leads->count; j++)
			put_lead(out, &leads->items[j], group->members[i], group->count == 1);
	}
}
