/* SPDX-License-Identifier: MIT */
/* text_leads.c - who may serve what goroutines of a group wait for, and what those do. */
#include <inttypes.h>
#include <stdio.h>

#include "goroutines/text_out.h"
#include "names/waited_on_text.h"

static const char *name_of(const struct goroutine *waiter)
{
	return waiter->awaited.kind == AWAITED_SEMAPHORE ? "wait group" : "channel";
}

static void put_how(struct text_out *out, const struct lead *lead, const struct goroutine *waiter)
{
	char text[96];

	switch (lead->by) {
	case LEAD_HAS:
		snprintf(text, sizeof(text), " has the %s at 0x%" PRIx64 " on its stack",
			 name_of(waiter), lead->object);
		break;
	case LEAD_SHARES:
		snprintf(text, sizeof(text), " shares what has the %s at 0x%" PRIx64,
			 name_of(waiter), lead->object);
		break;
	default:
		snprintf(text, sizeof(text), " was started by it");
	}
	text_put(out, text);
}

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
	char state[REPORT_STATE_SIZE];

	report_state(out->report, one, state);
	text_put(out, "  ");
	if (!is_one) {
		text_put(out, "for goroutine ");
		text_put_number(out, waiter->goid);
		text_put(out, ": ");
	}
	text_put(out, "goroutine ");
	text_put_number(out, one->goid);
	put_how(out, lead, waiter);
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
