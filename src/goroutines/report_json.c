/* SPDX-License-Identifier: MIT */
/* report_json.c - goroutines as JSON, one a line; man/gofuncgraph-c-json.5 describes it. */
#include <string.h>

#include "base/cleanup.h"
#include "gofuncgraph/record.h"
#include "goroutines/report.h"
#include "names/waited_on_text.h"
#include "output/lead_json.h"
#include "output/process_lines.h"

static void put_raw(struct json_writer *json, const char *text, size_t len)
{
	_cleanup_free_ char *safe = text_escape(text, len);

	json_text(json, safe ?: "?");
}

static void put_hostile(struct json_writer *json, const char *text)
{
	put_raw(json, text, strlen(text));
}

static void put_place(struct json_writer *json, const struct shown_frame *frame)
{
	json_key(json, "function");
	put_hostile(json, frame->frame.name);
	if (!frame->frame.line.file)
		return;
	json_key(json, "file");
	put_hostile(json, frame->frame.line.file);
	json_member_number(json, "line", frame->frame.line.line);
}

static void put_frame(void *context, const struct shown_frame *frame)
{
	struct json_writer *json = context;

	json_open(json, '{');
	put_place(json, frame);
	json_close(json, '}');
}

static void put_state(struct json_writer *json, const struct report *report,
		      const struct goroutine *one)
{
	char text[REPORT_STATE_SIZE];

	report_state(report, one, text);
	if (one->state != STATE_WAITING) {
		json_member_text(json, "state", text);
		return;
	}
	json_member_text(json, "state", "waiting");
	if (strcmp(text, "waiting") != 0) {
		json_key(json, "reason");
		put_hostile(json, text);
	}
}

static void put_labels(struct json_writer *json, const struct label_set *set)
{
	json_member_open(json, "labels", '{');
	for (size_t i = 0; i < set->count; i++) {
		const struct label *label = &set->items[i];
		_cleanup_free_ char *key = text_escape(label->key, label->key_len);

		json_text_key(json, key ?: "?");
		put_raw(json, label->value, label->value_len);
	}
	json_close(json, '}');
}

/* Of other goroutines, by index. */
static void put_goids(struct json_writer *json, const struct report *report, const size_t *indices,
		      size_t count)
{
	for (size_t i = 0; i < count; i++)
		json_element_number(json, report->snapshot->goroutines[indices[i]].goid);
}

static void put_holders(struct json_writer *json, const struct report *report, uint64_t address)
{
	const struct lock *lock = locks_at(report->locks, address);

	if (!lock || !lock->num_holders)
		return;
	json_member_open(json, "maybe_held_by", '[');
	put_goids(json, report, lock->holders,
		  lock->num_holders < LOCKS_MAX_HOLDERS ? lock->num_holders : LOCKS_MAX_HOLDERS);
	json_close(json, ']');
}

static void put_channels(struct json_writer *json, const struct report *report,
			 const struct goroutine *one)
{
	const uint64_t *channels = snapshot_channels(report->snapshot, one);

	json_member_open(json, "channels", '[');
	for (size_t i = 0; i < one->awaited.num_channels; i++)
		json_element_address(json, channels[i]);
	json_close(json, ']');
}

static void put_lead(struct json_writer *json, const struct report *report, const struct lead *lead)
{
	char text[WAITED_ON_TEXT_SIZE];
	struct hunt_object on = {.text = text};
	bool has_on = waited_on_text(&lead->on, &on.kind, text);

	json_open(json, '{');
	lead_json_put(json, report->snapshot->goroutines[lead->index].goid, lead->by, lead->object,
		      has_on ? &on : NULL);
	json_close(json, '}');
}

static void put_leads(struct json_writer *json, const struct report *report,
		      const struct goroutine *one)
{
	const struct leads *leads = report_leads(report, one);

	if (!leads)
		return;
	json_member_open(json, "leads", '[');
	for (size_t i = 0; i < leads->count; i++)
		put_lead(json, report, &leads->items[i]);
	json_close(json, ']');
}

static void put_awaited(struct json_writer *json, const struct report *report,
			const struct goroutine *one)
{
	static const char *const names[] = {
		[SYNC_LOCK] = "lock",           [SYNC_WAIT_GROUP] = "wait_group",
		[SYNC_SEMAPHORE] = "semaphore", [SYNC_CHANNEL] = "channel",
		[SYNC_CONDITION] = "condition",
	};
	struct sync_object object = sync_object_awaited(report->places, report->snapshot, one);
	size_t index = (size_t)(one - report->snapshot->goroutines);

	if (report_is_endless(report, one))
		json_member_true(json, "endless");
	if (object.kind == SYNC_NONE)
		return;
	json_member_open(json, "waits_for", '{');
	if (object.kind == SYNC_SELECT) {
		put_channels(json, report, one);
	} else {
		json_text_key(json, names[object.kind]);
		json_address(json, object.address);
	}
	if (object.kind == SYNC_LOCK)
		put_holders(json, report, object.address);
	json_close(json, '}');
	put_leads(json, report, one);
	if (!locks_has_in_circle(report->locks, index))
		return;
	if (report_circle_is_of_locks(report))
		json_member_open(json, "deadlock", '[');
	else
		json_member_open(json, "maybe_deadlock", '[');
	put_goids(json, report, report->locks->circle, report->locks->circle_len);
	json_close(json, ']');
}

static void put_goroutine(struct writer *writer, const struct report *report,
			  const struct goroutine *one, bool is_first)
{
	struct json_writer json = json_begin(writer);
	const struct shown_frame *creator = report_creator(report, one);
	uint64_t wait_ns = report_wait_ns(report, one->since_ns);

	json_member_number(&json, "pid", (uint64_t)report->pid);
	json_member_number(&json, "goid", one->goid);
	put_state(&json, report, one);
	if (wait_ns)
		json_member_number(&json, "wait_ns", wait_ns);
	put_awaited(&json, report, one);
	if (one->keeps_thread)
		json_member_true(&json, "keeps_thread");
	if (one->has_moved)
		json_member_true(&json, "moved");
	if (one->end != UNWIND_WHOLE)
		json_member_true(&json, "incomplete");
	if (one->parent_goid)
		json_member_number(&json, "parent_goid", one->parent_goid);
	if (creator) {
		json_member_open(&json, "started_by", '{');
		put_place(&json, creator);
		json_close(&json, '}');
	}
	if (one->labels)
		put_labels(&json, one->labels);
	json_member_open(&json, "stack", '[');
	report_frames(report, one, put_frame, &json);
	json_close(&json, ']');
	if (is_first && report->command_line && report->command_line->len)
		process_lines_put_arguments(&json, report->command_line);
	json_end(&json);
}

void report_json(const struct report *report, struct writer *writer)
{
	uint64_t count = 0;

	for (size_t i = 0; i < report->groups->count; i++) {
		const struct group *group = &report->groups->items[i];

		for (size_t j = 0; j < group->count; j++) {
			if (report->limit && count++ >= report->limit)
				return;
			put_goroutine(writer, report, group->members[j], !i && !j);
		}
	}
}
