/* SPDX-License-Identifier: MIT */
/*
 * states_json.c - JSON Lines: one object a change, or one a goroutine and one a function.
 *
 * Other programs depend on the names: fields may be added, none renamed. What is unknown is left
 * out.
 */
#include "names/goroutine_state.h"
#include "output/format.h"
#include "output/process_lines.h"
#include "output/states_shared.h"

static const char *reason_name(struct output *out, uint8_t reason)
{
	return names_wait_reason(out->names, reason) ?: "unknown";
}

static void put_statement(struct output *out, struct json_writer *json, uint64_t go_va)
{
	const struct place *place = names_caller(out->names, go_va);

	if (!place->function && !place->module)
		return;
	json_member_open(json, "go", '{');
	json_place(json, place);
	json_close(json, '}');
}

static void put_start(struct output *out, struct json_writer *json, uint64_t start_va)
{
	const struct place *place = names_start(out->names, start_va);

	if (!place->function)
		return;
	json_member_open(json, "start", '{');
	json_place_function(json, place);
	json_close(json, '}');
}

/* ---- changes ---- */

static void put_by(struct output *out, struct json_writer *json, const struct state_change *change)
{
	const struct place *place = states_by_place(out->names, change);

	if (place && !place->function)
		place = NULL;
	if (!change->by_goid && !place)
		return;
	if (change->is_start)
		json_member_open(json, "started_by", '{');
	else
		json_member_open(json, "woken_by", '{');
	if (change->by_goid)
		json_member_number(json, "goid", change->by_goid);
	if (place)
		json_place(json, place);
	json_close(json, '}');
}

static void put_change(struct output *out, const struct state_change *change)
{
	struct json_writer json = json_begin(&out->writer);
	char text[STATE_NAME_SIZE];

	json_member_number(&json, "time_ns",
			   event_clock_realtime_ns(out->options.clock, change->time_ns));
	json_member_number(&json, "pid", change->pid);
	json_member_number(&json, "tid", change->tid);
	json_member_number(&json, "goid", change->goid);
	json_member_text(&json, "old", state_name(change->old_state, text));
	json_member_text(&json, "new", state_name(change->new_state, text));
	if (change->old_state & STATE_SCAN)
		json_member_true(&json, "old_scan");
	if (change->new_state & STATE_SCAN)
		json_member_true(&json, "new_scan");
	if (change->has_duration)
		json_member_number(&json, "duration_ns", change->duration_ns);
	if (change->is_uncertain)
		json_member_true(&json, "uncertain");
	if (change->has_reason)
		json_member_text(&json, "reason", reason_name(out, change->reason));
	put_start(out, &json, change->start_va);
	put_by(out, &json, change);
	process_lines_json(out, &json, change->pid);
	json_end(&json);
}

/* ---- sums ---- */

static void put_states(struct json_writer *json, const struct state_sums *sums)
{
	char text[STATE_NAME_SIZE];

	json_member_open(json, "ns", '{');
	for (uint8_t state = STATE_RUNNABLE; state <= STATE_NUMBER; state++) {
		if (state > STATE_WAITING && !sums->ns[state])
			continue;
		json_text_key(json, state_name(state, text));
		json_number(json, sums->ns[state]);
	}
	json_close(json, '}');
}

static void put_waiting(struct output *out, struct json_writer *json, const struct state_sums *sums)
{
	struct reason_sum reasons[MAX_REASONS];
	size_t count = states_reasons(out->names, sums, reasons);

	json_member_open(json, "waiting", '{');
	for (size_t i = 0; i < count; i++) {
		json_text_key(json, reasons[i].name ?: "unknown");
		json_open_value(json, '{');
		json_member_number(json, "ns", reasons[i].ns);
		json_member_number(json, "count", reasons[i].count);
		json_close(json, '}');
	}
	json_close(json, '}');
}

static void put_sums(struct output *out, struct json_writer *json, const struct state_row *row)
{
	const struct state_sums *sums = &row->sums;

	put_start(out, json, row->start_va);
	put_states(json, sums);
	put_waiting(out, json, sums);
	json_member_number(json, "changes", sums->changes);
	if (sums->longest_wait_ns) {
		json_member_open(json, "longest_wait", '{');
		json_member_number(json, "ns", sums->longest_wait_ns);
		json_member_text(json, "reason", reason_name(out, sums->longest_wait_reason));
		json_close(json, '}');
	}
}

static const char *kind_of(const struct state_row *row)
{
	if (row->kind == STATES_FUNCTIONS)
		return "function";
	if (row->kind == STATES_STATEMENTS)
		return "go";
	return row->goid ? "goroutine" : "ended";
}

static void put_row(struct output *out, const struct state_row *row)
{
	struct json_writer json = json_begin(&out->writer);

	json_member_text(&json, "summary", kind_of(row));
	json_member_number(&json, "pid", row->pid);
	if (row->goid) {
		json_member_number(&json, "goid", row->goid);
		if (!row->num_living)
			json_member_true(&json, "ended");
	} else {
		json_member_number(&json, "goroutines", row->num_goroutines);
		json_member_number(&json, "living", row->num_living);
	}
	if (row->kind == STATES_STATEMENTS)
		put_statement(out, &json, row->go_va);
	put_sums(out, &json, row);
	process_lines_json(out, &json, row->pid);
	json_end(&json);
}

const struct format format_states_json = {
	.prints = "the states",
	.change = put_change,
	.row = put_row,
};
