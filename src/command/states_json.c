/* SPDX-License-Identifier: MIT */
/*
 * states_json.c - JSON Lines: one object a change, or one a goroutine and one a function.
 *
 * Other programs depend on the names: fields may be added, none renamed. What is unknown is left
 * out.
 */
#include <inttypes.h>
#include <string.h>

#include "command/states_format.h"

static void put_text(yajl_gen gen, const char *text)
{
	yajl_gen_string(gen, (const unsigned char *)text, strlen(text));
}

/* yajl_gen_integer() is signed. */
static void put_number(yajl_gen gen, uint64_t value)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, value);

	yajl_gen_number(gen, digits, (size_t)len);
}

static void put_field(yajl_gen gen, const char *key, uint64_t value)
{
	put_text(gen, key);
	put_number(gen, value);
}

static void put_true(yajl_gen gen, const char *key)
{
	put_text(gen, key);
	yajl_gen_bool(gen, 1);
}

static void put_reason(struct states_print *print, uint8_t reason)
{
	const char *name = names_wait_reason(print->names, reason);

	put_text(print->gen, "reason");
	put_text(print->gen, name ? name : "unknown");
}

static void put_start(struct states_print *print, uint64_t start_va)
{
	const struct place *place = names_start(print->names, start_va);

	if (!place->function)
		return;
	put_text(print->gen, "start");
	yajl_gen_map_open(print->gen);
	put_text(print->gen, "function");
	put_text(print->gen, place->function);
	yajl_gen_map_close(print->gen);
}

static void end_object(struct states_print *print)
{
	yajl_gen_map_close(print->gen);
	yajl_gen_reset(print->gen, "\n"); /* prints it, and is ready for the next object */
}

/* ---- changes ---- */

static void put_by(struct states_print *print, const struct state_change *change)
{
	const struct place *place = states_by_place(print, change);
	yajl_gen gen = print->gen;

	if (place && !place->function)
		place = NULL;
	if (!change->by_goid && !place)
		return;
	put_text(gen, change->is_start ? "started_by" : "woken_by");
	yajl_gen_map_open(gen);
	if (change->by_goid)
		put_field(gen, "goid", change->by_goid);
	if (place) {
		put_text(gen, "function");
		put_text(gen, place->function);
		put_field(gen, "offset", place->offset);
	}
	if (place && place->file) {
		put_text(gen, "file");
		put_text(gen, place->file);
		if (place->line)
			put_field(gen, "line", place->line);
	}
	yajl_gen_map_close(gen);
}

static void put_state(yajl_gen gen, const char *key, uint8_t state)
{
	char text[STATE_NAME_SIZE];

	put_text(gen, key);
	put_text(gen, state_name(state, text));
}

static void put_change(struct states_print *print, const struct state_change *change)
{
	yajl_gen gen = print->gen;

	yajl_gen_map_open(gen);
	put_field(gen, "time_ns", event_clock_realtime_ns(print->clock, change->time_ns));
	put_field(gen, "pid", change->pid);
	put_field(gen, "tid", change->tid);
	put_field(gen, "goid", change->goid);
	put_state(gen, "old", change->old_state);
	put_state(gen, "new", change->new_state);
	if (change->old_state & STATE_SCAN)
		put_true(gen, "old_scan");
	if (change->new_state & STATE_SCAN)
		put_true(gen, "new_scan");
	if (change->has_duration)
		put_field(gen, "duration_ns", change->duration_ns);
	if (change->is_uncertain)
		put_true(gen, "uncertain");
	if (change->has_reason)
		put_reason(print, change->reason);
	put_start(print, change->start_va);
	put_by(print, change);
	end_object(print);
}

/* ---- sums ---- */

static void put_states(yajl_gen gen, const struct state_sums *sums)
{
	char text[STATE_NAME_SIZE];

	put_text(gen, "ns");
	yajl_gen_map_open(gen);
	for (uint8_t state = STATE_RUNNABLE; state <= STATE_DEAD_EXTRA; state++)
		if (state <= STATE_WAITING || sums->ns[state])
			put_field(gen, state_name(state, text), sums->ns[state]);
	yajl_gen_map_close(gen);
}

static void put_waiting(struct states_print *print, const struct state_sums *sums)
{
	struct reason_sum reasons[MAX_REASONS];
	size_t count = states_reasons(print, sums, reasons);
	yajl_gen gen = print->gen;

	put_text(gen, "waiting");
	yajl_gen_map_open(gen);
	for (size_t i = 0; i < count; i++) {
		put_text(gen, reasons[i].name ? reasons[i].name : "unknown");
		yajl_gen_map_open(gen);
		put_field(gen, "ns", reasons[i].ns);
		put_field(gen, "count", reasons[i].count);
		yajl_gen_map_close(gen);
	}
	yajl_gen_map_close(gen);
}

static void put_sums(struct states_print *print, const struct state_goroutine *one)
{
	const struct state_sums *sums = &one->sums;
	yajl_gen gen = print->gen;

	put_start(print, one->start_va);
	put_states(gen, sums);
	put_waiting(print, sums);
	put_field(gen, "changes", sums->changes);
	if (sums->longest_wait_ns) {
		put_text(gen, "longest_wait");
		yajl_gen_map_open(gen);
		put_field(gen, "ns", sums->longest_wait_ns);
		put_reason(print, sums->longest_wait_reason);
		yajl_gen_map_close(gen);
	}
}

static void begin_summary(struct states_print *print, const char *kind, uint32_t pid)
{
	yajl_gen_map_open(print->gen);
	put_text(print->gen, "summary");
	put_text(print->gen, kind);
	put_field(print->gen, "pid", pid);
}

static void put_goroutine(struct states_print *print, const struct state_goroutine *one)
{
	begin_summary(print, "goroutine", one->pid);
	put_field(print->gen, "goid", one->goid);
	if (one->has_ended)
		put_true(print->gen, "ended");
	put_sums(print, one);
	end_object(print);
}

static void put_function(struct states_print *print, const struct state_goroutine *one)
{
	begin_summary(print, "function", one->pid);
	put_field(print->gen, "goroutines", one->num_goroutines);
	put_sums(print, one);
	end_object(print);
}

const struct states_formatter states_json = {
	.change = put_change,
	.goroutine = put_goroutine,
	.function = put_function,
};
