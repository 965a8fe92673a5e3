/* SPDX-License-Identifier: MIT */
/*
 * chrome.c - the JSON that Chrome's about:tracing made known, and that Perfetto, speedscope and others open
 * ("Trace Event Format"): an object with one array of events.
 *
 * A call is two events (B and E) with the same name and arguments, by which speedscope knows that they belong
 * together; but Perfetto appends arrays of the one to those of the other, and where there are some, only the
 * first event has arguments: for speedscope, the name is enough. One event with a duration (X) would not do: its end is a sum of doubles, and of two calls that
 * end at the same time the outer one may end first. A wait is two of another kind (b and e), which have a
 * track of their own: one begins when another ends, which speedscope would take for a fault of the stack of
 * calls, and it knows nothing of these. Goroutines are threads. Times are microseconds since tracing began, with
 * three decimals: since 1970, a double would have no nanoseconds left. Speedscope takes calls for one function whose name and arguments are the same: so there are few
 * arguments.
 */
#include <stdlib.h>
#include <string.h>

#include "output/callers.h"
#include "output/amounts.h"
#include "output/json_call.h"
#include "output/tracks.h"

struct chrome {
	struct tracks tracks;
	bool needs_comma;
};

static struct error *begin(struct output *out)
{
	out->data = calloc(1, sizeof(struct chrome));
	if (!out->data)
		return error_out_of_memory();
	writer_puts(&out->writer, "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n");
	return NULL;
}

/* ---- events ---- */

/* Viewers have 32 bits for it. */
static uint32_t thread_number(uint64_t number)
{
	return (uint32_t)number | (track_is_thread(number) ? 1u << 31 : 0);
}

static struct json_writer begin_event(struct output *out, const char *phase, uint32_t pid,
				      uint64_t number)
{
	struct chrome *chrome = out->data;
	struct json_writer json;

	if (chrome->needs_comma)
		writer_puts(&out->writer, ",\n");
	chrome->needs_comma = true;
	json = json_begin(&out->writer);
	json_member_text(&json, "ph", phase);
	json_member_number(&json, "pid", pid);
	json_member_number(&json, "tid", thread_number(number));
	return json;
}

static void end_event(struct json_writer *json)
{
	json_close(json, '}');
}

static void put_us(struct json_writer *json, uint64_t ns)
{
	char text[TEXT_NUMBER_SIZE + 8];
	int len = snprintf(text, sizeof(text), "%llu.%03u", (unsigned long long)(ns / 1000),
			   (unsigned)(ns % 1000));

	json_raw(json, text, (size_t)len);
}

static void put_time(struct output *out, struct json_writer *json, uint64_t time_ns)
{
	uint64_t start_ns = out->options.about.start_ns;

	json_key(json, "ts");
	put_us(json, time_ns > start_ns ? time_ns - start_ns : 0);
}

/* ---- who ---- */

static void tell_name(struct output *out, uint32_t pid, uint64_t number, const char *what,
		      const char *name)
{
	struct json_writer json = begin_event(out, "M", pid, number);

	json_member_text(&json, "name", what);
	json_member_open(&json, "args", '{');
	json_member_text(&json, "name", name);
	json_close(&json, '}');
	end_event(&json);
}

static struct json_writer begin_on_track(struct output *out, const char *phase,
					 const struct tree *tree, uint32_t tid)
{
	struct chrome *chrome = out->data;
	uint64_t number = track_number(tree, tid);
	char name[TRACK_NAME_SIZE];

	if (tracks_is_new(&chrome->tracks, tree->pid, 0)) {
		track_process_name(out, tree->pid, name);
		tell_name(out, tree->pid, 0, "process_name", name);
	}
	if (tracks_is_new(&chrome->tracks, tree->pid, number)) {
		track_name(number, name);
		tell_name(out, tree->pid, number, "thread_name", name);
	}
	return begin_event(out, phase, tree->pid, number);
}

/* ---- what ---- */

/* An arrow from the goroutine that started this one: both ends are at the same time. */
static void tell_start(struct output *out, const struct tree *tree, const struct call *call)
{
	const struct tree parent = {.pid = tree->pid, .goid = tree->parent_goid};

	for (int end = 0; end < 2; end++) {
		struct json_writer json =
			begin_on_track(out, end ? "f" : "s", end ? tree : &parent, call->tid);

		json_member_text(&json, "name", "go");
		json_member_text(&json, "cat", "go");
		json_member_number(&json, "id", tree->number);
		put_time(out, &json, call->start_ns);
		end_event(&json);
	}
}

/* Whether there are arrays in its arguments. */
static bool has_arrays(const struct output *out, const struct tree *tree, const struct call *call)
{
	return json_has_values(call) ||
	       (out->options.run.stacks && !call->depth && !output_is_start(tree, call));
}

static struct json_writer begin_call(struct output *out, const char *phase, const struct tree *tree,
				     const struct call *call, uint64_t time_ns)
{
	struct json_writer json = begin_on_track(out, phase, tree, call->tid);

	json_key(&json, "name");
	json_name(&json, output_entry(out, call)->function);
	json_member_text(&json, "cat", "call");
	put_time(out, &json, time_ns);
	return json;
}

static void put_arguments(struct output *out, struct json_writer *json, const struct tree *tree,
			  const struct call *call)
{
	json_member_open(json, "args", '{');
	json_call_origin(out, json, tree, call);
	json_named_values(out, json, call);
	if (call->end != CALL_RETURN)
		json_member_text(json, "end", json_end_name(call->end));
	if (out->options.run.states) {
		json_key(json, "states_ns");
		json_states(out, json, call);
	}
	json_close(json, '}');
}

static void call(struct output *out, const struct tree *tree, const struct call *call)
{
	struct json_writer json = begin_call(out, "B", tree, call, call->start_ns);

	put_arguments(out, &json, tree, call);
	end_event(&json);
	json = begin_call(out, "E", tree, call, call->end_ns);
	if (!has_arrays(out, tree, call))
		put_arguments(out, &json, tree, call);
	end_event(&json);
	if (output_is_start(tree, call) && tree->parent_goid)
		tell_start(out, tree, call);
}

static struct json_writer begin_wait(struct output *out, const char *phase, const struct tree *tree,
				     const struct call *call, const struct wait *wait,
				     uint64_t time_ns)
{
	struct json_writer json = begin_on_track(out, phase, tree, call->tid);

	json_member_text(&json, "name",
			 amount_name(out->names, wait->state, wait->reason, "unknown"));
	json_member_text(&json, "cat", "wait");
	json_member_open(&json, "id2", '{');
	json_member_number(&json, "local", thread_number(track_number(tree, call->tid)));
	json_close(&json, '}');
	put_time(out, &json, time_ns);
	return json;
}

static void wait(struct output *out, const struct tree *tree, const struct call *call,
		 const struct wait *wait)
{
	struct json_writer json = begin_wait(out, "b", tree, call, wait, wait->start_ns);

	json_member_open(&json, "args", '{');
	json_wait(out, &json, wait);
	json_close(&json, '}');
	end_event(&json);
	json = begin_wait(out, "e", tree, call, wait, wait->end_ns);
	end_event(&json);
}

static void end(struct output *out, const struct output_totals *totals)
{
	writer_puts(&out->writer, "\n]}\n");
}

static void free_data(struct output *out)
{
	struct chrome *chrome = out->data;

	if (chrome)
		tracks_clear(&chrome->tracks);
	free(chrome);
}

const struct format format_chrome = {
	.prints = "the calls",
	.is_document = true,
	.begin = begin,
	.call = call,
	.wait = wait,
	.end = end,
	.free = free_data,
};
