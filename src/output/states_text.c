/* SPDX-License-Identifier: MIT */
/*
 * states_text.c - changes as lines, sums as tables. Columns of free length come last.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "names/goroutine_state.h"
#include "output/format.h"
#include "output/place_text.h"
#include "output/states_shared.h"

/* Headers that were written. */
struct headers {
	bool of_changes, of_goroutines, of_functions;
};

static struct error *begin(struct output *out)
{
	out->data = calloc(1, sizeof(struct headers));
	return out->data ? NULL : error_out_of_memory();
}

static void release(struct output *out)
{
	free(out->data);
}

/* A line's columns; longer ones push the rest aside. */
static void put(struct output *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct output *out, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	int len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (len > 0)
		writer_put(&out->writer, text,
			   (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1);
}

static void put_padded(struct output *out, const char *text, size_t width)
{
	size_t len = strlen(text);

	writer_put(&out->writer, text, len);
	if (len < width)
		writer_put_spaces(&out->writer, width - len);
}

static const char *reason_name(struct output *out, uint8_t reason)
{
	const char *name = names_wait_reason(out->names, reason);

	return name ? name : "?";
}

static void put_start_function(struct output *out, uint64_t start_va)
{
	const struct place *place = names_start(out->names, start_va);

	if (place->function || place->module)
		writer_put_function(&out->writer, place);
	else
		writer_put(&out->writer, "?", 1);
}

/* ---- changes ---- */

#define REASON_WIDTH 20

static void put_states(struct output *out, const struct state_change *change)
{
	char old_text[STATE_NAME_SIZE], new_text[STATE_NAME_SIZE], both[64];

	snprintf(both, sizeof(both), "%s%s -> %s%s", state_name(change->old_state, old_text),
		 change->old_state & STATE_SCAN ? "+scan" : "",
		 state_name(change->new_state, new_text),
		 change->new_state & STATE_SCAN ? "+scan" : "");
	put_padded(out, both, 24);
}

static void put_by(struct output *out, const struct state_change *change)
{
	const struct place *place = states_by_place(out->names, change);

	if (!place && !change->by_goid)
		return;
	writer_puts(&out->writer, change->is_start ? "  started" : "  woken");
	if (change->by_goid)
		put(out, " by goroutine %" PRIu64, change->by_goid);
	if (place) {
		writer_puts(&out->writer, change->is_start ? " at " : " in ");
		writer_put_place(&out->writer, place);
	}
}

static void put_change(struct output *out, const struct state_change *change)
{
	struct headers *headers = out->data;
	char time[TEXT_TIME_SIZE], duration[TEXT_DURATION_SIZE + 1] = "";

	if (!headers->of_changes)
		put(out, "%-18s %7s %7s %8s  %-24s  %-11s %-*s  %s\n", "TIME", "PID", "TID", "GOID",
		    "OLD -> NEW", "FOR", REASON_WIDTH, "REASON", "STARTED WITH");
	headers->of_changes = true;
	text_format_time(time, event_clock_realtime_ns(out->options.clock, change->time_ns));
	if (change->has_duration)
		text_format_duration(duration, change->duration_ns);
	if (change->is_uncertain)
		strcat(duration, "?");
	put(out, "%-18s %7u %7u %8" PRIu64 "  ", time, change->pid, change->tid, change->goid);
	put_states(out, change);
	put(out, "  %-11s ", duration);
	put_padded(out, change->has_reason ? reason_name(out, change->reason) : "", REASON_WIDTH);
	writer_puts(&out->writer, "  ");
	put_start_function(out, change->start_va);
	put_by(out, change);
	writer_puts(&out->writer, "\n");
}

/* ---- sums ---- */

static void put_header(struct output *out, const char *count)
{
	put(out, "%7s %10s %11s %11s %11s %11s %9s %12s  %-*s  %s\n", "PID", count, "RUNNING",
	    "RUNNABLE", "WAITING", "SYSCALL", "CHANGES", "LONGEST WAIT", REASON_WIDTH, "REASON",
	    "STARTED WITH");
}

static void put_ns(struct output *out, uint64_t ns, int width)
{
	char text[TEXT_DURATION_SIZE];

	text_format_duration(text, ns);
	put(out, " %*s", width, text);
}

/* Waiting time by reason, under the column of all of it. */
static void put_reasons(struct output *out, const struct state_sums *sums)
{
	struct reason_sum reasons[MAX_REASONS];
	size_t count = states_reasons(out->names, sums, reasons);

	for (size_t i = 0; count > 1 && i < count; i++) {
		put(out, "%42s", "");
		put_ns(out, reasons[i].ns, 11);
		put(out, "  %" PRIu64 " x ", reasons[i].count);
		writer_puts(&out->writer, reasons[i].name ? reasons[i].name : "?");
		writer_puts(&out->writer, "\n");
	}
}

/* States that have no column. */
static void put_others(struct output *out, const struct state_sums *sums)
{
	char text[STATE_NAME_SIZE];

	for (uint8_t state = STATE_WAITING + 1; state <= STATE_DEAD_EXTRA; state++) {
		if (!sums->ns[state])
			continue;
		put(out, "%42s", "");
		put_ns(out, sums->ns[state], 11);
		put(out, "  %s\n", state_name(state, text));
	}
}

static void put_sums(struct output *out, const struct state_goroutine *one)
{
	const struct state_sums *sums = &one->sums;

	put_ns(out, sums->ns[STATE_RUNNING], 11);
	put_ns(out, sums->ns[STATE_RUNNABLE], 11);
	put_ns(out, sums->ns[STATE_WAITING], 11);
	put_ns(out, sums->ns[STATE_SYSCALL], 11);
	put(out, " %9" PRIu64, sums->changes);
	put_ns(out, sums->longest_wait_ns, 12);
	writer_puts(&out->writer, "  ");
	put_padded(out, sums->longest_wait_ns ? reason_name(out, sums->longest_wait_reason) : "",
		   REASON_WIDTH);
	writer_puts(&out->writer, "  ");
	put_start_function(out, one->start_va);
	writer_puts(&out->writer, one->has_ended ? "  [ended]\n" : "\n");
	put_reasons(out, sums);
	put_others(out, sums);
}

static void put_goroutine(struct output *out, const struct state_goroutine *one)
{
	struct headers *headers = out->data;

	if (!headers->of_goroutines)
		put_header(out, "GOID");
	headers->of_goroutines = true;
	put(out, "%7u %10" PRIu64, one->pid, one->goid);
	put_sums(out, one);
}

static void put_function(struct output *out, const struct state_goroutine *one)
{
	struct headers *headers = out->data;

	if (!headers->of_functions) {
		writer_puts(&out->writer, "\n");
		put_header(out, "GOROUTINES");
	}
	headers->of_functions = true;
	put(out, "%7u %10" PRIu64, one->pid, one->num_goroutines);
	put_sums(out, one);
}

const struct format format_states_text = {
	.prints = "the states",
	.begin = begin,
	.free = release,
	.change = put_change,
	.goroutine = put_goroutine,
	.function = put_function,
};
