/* SPDX-License-Identifier: MIT */
/*
 * live_json.c - JSON Lines, one object an event, written when it happens: "event" is "entry", "exit",
 * "wait" or "lost".
 *
 * The object of an exit has all members of the object that json.c writes of the call.
 */
#include "output/format.h"
#include "output/json_call.h"
#include "output/process_lines.h"

static struct json_writer begin_event(struct output *out, const char *event, uint64_t time_ns)
{
	struct json_writer json = json_begin(&out->writer);

	json_member_text(&json, "event", event);
	json_member_number(&json, "time_ns", event_clock_realtime_ns(out->options.clock, time_ns));
	return json;
}

static void entry(struct output *out, const struct tree *tree, const struct call *call)
{
	struct json_writer json = begin_event(out, "entry", call->start_ns);

	json_call_identity(out, &json, tree, call);
	json_values(out, &json, call);
	json_call_origin(out, &json, tree, call);
	process_lines_json(out, &json, tree->pid);
	json_end(&json);
}

static void call(struct output *out, const struct tree *tree, const struct call *call)
{
	struct json_writer json = begin_event(out, "exit", call->end_ns);

	json_call(out, &json, tree, call);
	json_end(&json);
}

static void wait(struct output *out, const struct tree *tree, const struct call *call,
		 const struct wait *wait)
{
	struct json_writer json = begin_event(out, "wait", wait->end_ns);

	json_member_number(&json, "pid", tree->pid);
	json_member_number(&json, "goid", tree->goid);
	json_member_number(&json, "tree", tree->number);
	json_member_number(&json, "call", call->number);
	json_member_number(&json, "depth", wait->depth);
	json_wait(out, &json, wait);
	json_end(&json);
}

static void lost(struct output *out, const struct tree *tree, const struct loss *loss)
{
	struct json_writer json = begin_event(out, "lost", loss->before_ns);

	json_member_number(&json, "pid", tree->pid);
	json_member_number(&json, "tid", loss->tid);
	json_member_number(&json, "goid", tree->goid);
	json_member_number(&json, "tree", tree->number);
	json_member_number(&json, "depth", loss->depth);
	json_member_number(&json, "events", loss->count);
	json_end(&json);
}

const struct format format_live_json = {
	.prints = "the calls",
	.entry = entry,
	.call = call,
	.wait = wait,
	.lost = lost,
};
