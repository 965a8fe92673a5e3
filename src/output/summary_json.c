/* SPDX-License-Identifier: MIT */
/*
 * summary_json.c - calls summed up by function as JSON Lines: one object a function.
 *
 * Other programs depend on the names: fields may be added, none renamed. What is unknown is left
 * out.
 */
#include "output/json_call.h"
#include "output/summary.h"

static void put_ends(struct json_writer *json, const struct function_sums *sums)
{
	json_member_open(json, "ends", '{');
	for (uint8_t end = 0; end < FUNCTION_NUM_ENDS; end++) {
		if (!sums->ends[end])
			continue;
		json_text_key(json, json_end_name(end));
		json_number(json, sums->ends[end]);
	}
	json_close(json, '}');
}

static void put_slowest(struct output *out, struct json_writer *json,
			const struct slowest_call *slowest)
{
	json_member_open(json, "slowest", '{');
	json_member_number(json, "time_ns",
			   event_clock_realtime_ns(out->options.clock, slowest->start_ns));
	json_member_number(json, "goid", slowest->goid);
	json_member_number(json, "pid", slowest->pid);
	if (slowest->caller_va) {
		json_member_open(json, "caller", '{');
		json_place(json, names_caller(out->names, slowest->caller_va));
		json_close(json, '}');
	}
	json_close(json, '}');
}

static void put_times(struct json_writer *json, const struct function_row *row)
{
	json_member_number(json, "total_ns", row->sums->total_ns);
	json_member_number(json, "self_ns", row->sums->self_ns);
	if (row->sums->probe_ns)
		json_member_number(json, "probe_ns", row->sums->probe_ns);
	json_member_number(json, "average_ns", row->average_ns);
	json_member_number(json, "p50_ns", row->p50_ns);
	json_member_number(json, "p99_ns", row->p99_ns);
	json_member_number(json, "max_ns", row->max_ns);
}

static void put_function(struct output *out, struct json_writer *json,
			 const struct function_row *row)
{
	const struct function_sums *sums = row->sums;
	struct call call;

	if (sums->name)
		json_member_name(json, "function", sums->name);
	json_member_number(json, "calls", sums->calls);
	if (sums->durations.count)
		put_times(json, row);
	if (sums->durations.count && out->options.summary.is_detailed) {
		json_member_number(json, "p90_ns", row->p90_ns);
		put_slowest(out, json, &sums->slowest);
	}
	put_ends(json, sums);
	if (!out->options.run.states || sums->lacks_states || !sums->durations.count)
		return;
	call = summary_call_of(&sums->total, sums->total_ns);
	json_key(json, "states_ns");
	json_states(out, json, &call);
	call = summary_call_of(&sums->self, sums->self_ns);
	json_key(json, "self_states_ns");
	json_states(out, json, &call);
}

static void put_row(struct output *out, const struct function_row *row, uint64_t time_ns)
{
	struct json_writer json = json_begin(&out->writer);

	json_member_text(&json, "summary", "calls");
	json_member_number(&json, "time_ns", event_clock_realtime_ns(out->options.clock, time_ns));
	put_function(out, &json, row);
	json_end(&json);
}

static const struct summary_layout layout = {.row = put_row};

static struct error *begin(struct output *out)
{
	return summary_begin(out, &layout);
}

const struct format format_summary_json = {
	.prints = "the summary",
	.summary = &format_summary_json,
	.begin = begin,
	.entry = summary_entry,
	.call = summary_call,
	.tick = summary_tick,
	.end = summary_end,
	.free = summary_free,
};
