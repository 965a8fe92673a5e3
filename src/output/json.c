/* SPDX-License-Identifier: MIT */
/*
 * json.c - JSON Lines: one object a call, written when the call ends.
 *
 * Other programs depend on the names: fields may be added, none renamed. A caller whose function is
 * unknown is left out; duration_ns of a "lost" call is the time until its loss was noticed.
 *
 * With --states also
 *   "states_ns": {"running": N, "runnable": N, "syscall": N, ..., "waiting": {REASON: N, ...}}
 * which is what duration_ns is the sum of, calls made by this one included. Only what occurred is
 * there, but "running" always. A reason without a name is "unknown", such a state "state 77". And
 * with --min-wait, when there are any,
 *   "waits": [{"end_ns", "duration_ns", "state", "reason", "open", "woken_by"}, ...]
 * the long waits in this call, not in calls made by it. "reason" only if the state is "waiting";
 * "open": true if it lasted on when the call or tracing ended; "woken_by": {"goid", "function",
 * "offset", "file", "line"}, the goroutine that ended the wait, and where it was then, as in
 * "caller".
 *
 * The first object of each process has
 *   "command_line": [ARGUMENT, ...]
 *
 * With values asked for, a call has those of its entry, "args": see json_values.c.
 *
 * With --min-duration and --depth, a call that others were folded into has
 *   "folded": {"calls", "ns"}
 * the number of all of them, and the time of those that it made itself.
 *
 * With --follow, the call that a goroutine started inside a tree begins with has
 *   "started_by": {"goid", "tree"}
 * and its "caller" is the `go` statement. "tree" is left out if it is not known.
 */
#include "output/callers.h"
#include "output/format.h"
#include "output/json_call.h"
#include "output/amounts.h"
#include "output/process_lines.h"

static void put_caller(struct output *out, struct json_writer *json, const struct call *call)
{
	const struct place *caller = names_caller(out->names, call->caller_va);

	if (!caller->function && !caller->module)
		return;
	json_member_open(json, "caller", '{');
	json_place(json, caller);
	json_close(json, '}');
}

/* ---- states ---- */

/* Those that are waits, or the others. */
static void put_amounts(struct json_writer *json, const struct amount *amounts, size_t count,
			bool waits)
{
	for (size_t i = 0; i < count; i++) {
		if ((amounts[i].state == STATE_WAITING) != waits)
			continue;
		json_text_key(json, amounts[i].name);
		json_number(json, amounts[i].ns);
	}
}

void json_states(struct output *out, struct json_writer *json, const struct call *call)
{
	struct amount amounts[MAX_AMOUNTS];
	uint64_t run_ns;
	size_t count = amounts_of_call(out->names, call, "unknown", amounts, &run_ns);
	bool any_waiting = false;

	json_open_value(json, '{');
	json_member_number(json, "running", run_ns);
	put_amounts(json, amounts, count, false);
	for (size_t i = 0; i < count; i++)
		any_waiting |= amounts[i].state == STATE_WAITING;
	if (any_waiting) {
		json_member_open(json, "waiting", '{');
		put_amounts(json, amounts, count, true);
		json_close(json, '}');
	}
	json_close(json, '}');
}

static void put_waker(struct output *out, struct json_writer *json, const struct wait *wait)
{
	uint64_t va = names_waker_va(out->names, wait->by_stack);
	const struct place *place = names_waker(out->names, va);

	json_member_open(json, "woken_by", '{');
	json_member_number(json, "goid", wait->by_goid);
	if (place->function)
		json_place(json, place);
	json_close(json, '}');
}

void json_wait(struct output *out, struct json_writer *json, const struct wait *wait)
{
	json_member_number(json, "duration_ns", wait->end_ns - wait->start_ns);
	json_member_text(json, "state", names_state(out->names, wait->state));
	if (wait->state == STATE_WAITING)
		json_member_text(json, "reason",
				 amount_name(out->names, wait->state, wait->reason, "unknown"));
	if (wait->is_open)
		json_member_true(json, "open");
	else if (wait->by_goid)
		put_waker(out, json, wait);
}

static void put_waits(struct output *out, struct json_writer *json, const struct call *call)
{
	json_member_open(json, "waits", '[');
	for (uint32_t i = 0; i < call->num_waits; i++) {
		const struct wait *wait = &call->waits[i];
		json_open(json, '{');
		json_member_number(json, "end_ns",
				   event_clock_realtime_ns(out->options.clock, wait->end_ns));
		json_wait(out, json, wait);
		json_close(json, '}');
	}
	json_close(json, ']');
}

/* ---- calls ---- */

static void put_starter(struct json_writer *json, const struct tree *tree)
{
	json_member_open(json, "started_by", '{');
	json_member_number(json, "goid", tree->parent_goid);
	if (tree->parent_tree)
		json_member_number(json, "tree", tree->parent_tree);
	json_close(json, '}');
}

static void put_folded(struct json_writer *json, const struct call *call)
{
	json_member_open(json, "folded", '{');
	json_member_number(json, "calls", call->folded_calls);
	json_member_number(json, "ns", call->folded_ns);
	json_close(json, '}');
}

const char *json_end_name(uint8_t end)
{
	switch (end) {
	case CALL_RETURN:
		return "return";
	case CALL_TAIL_CALL:
		return "tail_call";
	case CALL_PANIC:
		return "panic";
	case CALL_GOEXIT:
		return "goexit";
	case CALL_PROCESS_EXIT:
		return "process_exit";
	case CALL_RUNNING:
		return "running";
	case CALL_LEFT:
		return "left";
	case CALL_TAKEN_OFF:
		return "taken_off";
	default:
		return "lost";
	}
}

static void put_end(struct output *out, struct json_writer *json, const struct call *call)
{
	if (call->end == CALL_RETURN || call->end == CALL_TAIL_CALL) {
		json_member_open(json, "return", '{');
		json_place_in_function(json, names_site(out->names, call->exit_site));
		json_close(json, '}');
	}
	json_member_text(json, "end", json_end_name(call->end));
}

/* ---- who called the first call ---- */

static void put_frame(struct json_writer *json, const struct place *frame)
{
	json_open(json, '{');
	json_place_function(json, frame);
	if (frame->file) {
		json_member_name(json, "file", frame->file);
		if (frame->line)
			json_member_number(json, "line", frame->line);
	}
	json_close(json, '}');
}

static void put_stack(struct output *out, struct json_writer *json, const struct tree *tree)
{
	struct callers callers = callers_of(out, tree);

	json_member_open(json, "stack", '[');
	for (size_t i = 0; i < callers.count; i++) {
		struct name_frames frames = names_frames(out->names, callers.addresses[i]);
		for (size_t j = 0; j < frames.count; j++)
			if (callers_has(&frames.places[j]))
				put_frame(json, &frames.places[j]);
	}
	json_close(json, ']');
	if (callers.end != STACK_BOTTOM)
		json_member_text(json, "stack_end", callers.end == STACK_DEEP ? "deep" : "broken");
}

void json_call_identity(struct output *out, struct json_writer *json, const struct tree *tree,
			const struct call *call)
{
	json_member_number(json, "pid", tree->pid);
	json_member_number(json, "tid", call->tid);
	json_member_number(json, "goid", tree->goid);
	json_member_number(json, "tree", tree->number);
	json_member_number(json, "call", call->number);
	if (call->parent)
		json_member_number(json, "parent", call->parent);
	json_member_number(json, "depth", call->depth);
	json_place_function(json, output_entry(out, call));
}

void json_call_origin(struct output *out, struct json_writer *json, const struct tree *tree,
		      const struct call *call)
{
	put_caller(out, json, call);
	if (output_is_start(tree, call))
		put_starter(json, tree);
	else if (out->options.run.stacks && !call->depth)
		put_stack(out, json, tree);
}

void json_call(struct output *out, struct json_writer *json, const struct tree *tree,
	       const struct call *call)
{
	json_call_identity(out, json, tree, call);
	json_member_number(json, "start_ns",
			   event_clock_realtime_ns(out->options.clock, call->start_ns));
	json_member_number(json, "duration_ns", call->end_ns - call->start_ns);
	json_member_number(json, "self_ns", call->end_ns - call->start_ns - call->inner_ns);
	if (call->probe_ns)
		json_member_number(json, "probe_ns", call->probe_ns);
	json_values(out, json, call);
	json_call_origin(out, json, tree, call);
	put_end(out, json, call);
	if (call->incomplete)
		json_member_true(json, "incomplete");
	if (!call->depth && tree->off_ns)
		json_member_number(json, "probes_off_ns", tree->off_ns);
	if (!call->depth && tree->num_off)
		json_member_number(json, "functions_off", tree->num_off);
	if (!call->depth && tree->one_in > 1)
		json_member_number(json, "one_in", tree->one_in);
	if (call->folded_calls)
		put_folded(json, call);
	if (!call->depth && tree->states_off && out->options.run.states)
		json_member_true(json, "states_off");
	if (out->options.run.states && !call->lacks_states) {
		json_key(json, "states_ns");
		json_states(out, json, call);
	}
	if (call->num_waits)
		put_waits(out, json, call);
	if (call->waits_left_out)
		json_member_number(json, "waits_left_out", call->waits_left_out);
	process_lines_json(out, json, tree->pid);
}

static void write_call(struct output *out, const struct tree *tree, const struct call *call)
{
	struct json_writer json = json_begin(&out->writer);

	json_call(out, &json, tree, call);
	json_end(&json);
}

/* By the time it ends, the caller has been fetched: see names_expect_caller(). */
static void expect_call(struct output *out, const struct tree *tree, const struct call *call)
{
	names_expect_caller(out->names, call->caller_va);
}

const struct format format_json = {
	.prints = "the trees",
	.summary = &format_summary_json,
	.live = &format_live_json,
	.entry = expect_call,
	.call = write_call,
};
