/* SPDX-License-Identifier: MIT */
#include "goroutines/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gofuncgraph/record.h"
#include "names/goroutine_state.h"

static const char *reason_of(const struct report *report, const struct goroutine *one)
{
	const char *reason =
		one->state == STATE_WAITING ? places_reason(report->places, one->reason) : NULL;

	return reason && *reason ? reason : NULL;
}

void report_state(const struct report *report, const struct goroutine *one,
		  char text[REPORT_STATE_SIZE])
{
	const char *reason = reason_of(report, one);
	char name[STATE_NAME_SIZE];

	if (reason) {
		snprintf(text, REPORT_STATE_SIZE, "%s", reason);
		return;
	}
	snprintf(text, REPORT_STATE_SIZE, "%s", state_name(one->state, name));
	for (char *at = text; *at; at++)
		if (*at >= 'A' && *at <= 'Z')
			*at = (char)(*at - 'A' + 'a');
}

bool report_is_endless(const struct report *report, const struct goroutine *one)
{
	const char *reason = reason_of(report, one);

	return reason && (strstr(reason, "(nil chan)") || strstr(reason, "(no cases)"));
}

struct sync_object report_circle_object(const struct report *report, size_t place)
{
	const struct locks *locks = report->locks;
	const struct goroutine *one = &report->snapshot->goroutines[locks->circle[place]];

	if (locks->circle_channels[place])
		return (struct sync_object){locks->circle_channels[place], SYNC_CHANNEL};
	return sync_object_awaited(report->places, report->snapshot, one);
}

bool report_circle_is_of_locks(const struct report *report)
{
	for (size_t i = 0; i < report->locks->circle_len; i++)
		if (report_circle_object(report, i).kind != SYNC_LOCK)
			return false;
	return true;
}

uint64_t report_wait_ns(const struct report *report, uint64_t since_ns)
{
	return since_ns && since_ns < report->now_ns ? report->now_ns - since_ns : 0;
}

void report_frames(const struct report *report, const struct goroutine *one,
		   void (*visit)(void *context, const struct shown_frame *frame), void *context)
{
	for (size_t i = 0; i < one->num_frames; i++) {
		uint64_t va = report->snapshot->frames[one->first_frame + i];
		const struct shown_frames *frames = places_frames(report->places, va);

		for (size_t j = 0; frames && j < frames->count; j++)
			if (report->is_full || !frames->items[j].is_hidden)
				visit(context, &frames->items[j]);
	}
}

const struct shown_frame *report_creator(const struct report *report, const struct goroutine *one)
{
	const struct shown_frames *frames =
		one->gopc_va ? places_frames(report->places, one->gopc_va - 1) : NULL;

	if (!frames || !frames->count || (frames->items[0].is_hidden && !report->is_full))
		return NULL;
	return &frames->items[0];
}

/* ---- searching ---- */

static bool is_text(const char *text, size_t len, const char *other, size_t other_len)
{
	return len == other_len && memcmp(text, other, len) == 0;
}

bool report_has_label(const struct goroutine *one, const struct label_choice *choice)
{
	for (size_t i = 0; one->labels && i < one->labels->count; i++) {
		const struct label *label = &one->labels->items[i];

		if (is_text(label->key, label->key_len, choice->key, choice->key_len) &&
		    (!choice->value ||
		     is_text(label->value, label->value_len, choice->value, strlen(choice->value))))
			return true;
	}
	return false;
}

struct search {
	const char *text;
	bool is_found;
};

static void search_frame(void *context, const struct shown_frame *frame)
{
	struct search *search = context;

	search->is_found = search->is_found || strstr(frame->frame.name, search->text) ||
			   (frame->frame.line.file && strstr(frame->frame.line.file, search->text));
}

bool report_has_text(const struct report *report, const struct goroutine *one, const char *text)
{
	struct search search = {.text = text};
	const struct shown_frame *creator = report_creator(report, one);
	char state[REPORT_STATE_SIZE];

	report_state(report, one, state);
	search.is_found = strstr(state, text);
	if (creator)
		search_frame(&search, creator);
	report_frames(report, one, search_frame, &search);
	return search.is_found;
}

/* ---- deadlocks ---- */

bool report_is_deadlock(const struct report *report)
{
	size_t count = 0;

	for (size_t i = 0; i < report->snapshot->count; i++) {
		const struct goroutine *one = &report->snapshot->goroutines[i];
		const char *reason;
		struct search search = {.text = "os/signal."};

		if (places_is_system(report->places, one->start_va))
			continue;
		/* It waits for signals, in every program that asks for one. */
		report_frames(report, one, search_frame, &search);
		if (search.is_found)
			continue;
		reason = reason_of(report, one);
		if (one->has_moved || !reason || !awaited_is_another(reason))
			return false;
		count++;
	}
	return count && !report->snapshot->num_unreadable && !report->snapshot->is_cut;
}
