/* SPDX-License-Identifier: MIT */
/*
 * states_text.c - changes as lines, sums as tables. Columns of free length come last.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "base/text.h"
#include "command/states_format.h"
#include "output/place_text.h"

/* A line's columns; longer ones push the rest aside. */
static void put(struct states_print *print, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void put(struct states_print *print, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	int len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (len > 0)
		writer_put(&print->writer, text,
			   (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1);
}

static void put_padded(struct states_print *print, const char *text, size_t width)
{
	size_t len = strlen(text);

	writer_put(&print->writer, text, len);
	if (len < width)
		writer_put_spaces(&print->writer, width - len);
}

static const char *reason_name(struct states_print *print, uint8_t reason)
{
	const char *name = names_wait_reason(print->names, reason);

	return name ? name : "?";
}

static void put_start_function(struct states_print *print, uint64_t start_va)
{
	const struct place *place = names_start(print->names, start_va);

	if (place->function || place->module)
		writer_put_function(&print->writer, place);
	else
		writer_put(&print->writer, "?", 1);
}

/* ---- changes ---- */

#define REASON_WIDTH 20

static void put_states(struct states_print *print, const struct state_change *change)
{
	char old_text[STATE_NAME_SIZE], new_text[STATE_NAME_SIZE], both[64];

	snprintf(both, sizeof(both), "%s%s -> %s%s", state_name(change->old_state, old_text),
		 change->old_state & STATE_SCAN ? "+scan" : "",
		 state_name(change->new_state, new_text),
		 change->new_state & STATE_SCAN ? "+scan" : "");
	put_padded(print, both, 24);
}

static void put_by(struct states_print *print, const struct state_change *change)
{
	const struct place *place = states_by_place(print, change);

	if (!place && !change->by_goid)
		return;
	writer_puts(&print->writer, change->is_start ? "  started" : "  woken");
	if (change->by_goid)
		put(print, " by goroutine %" PRIu64, change->by_goid);
	if (place) {
		writer_puts(&print->writer, change->is_start ? " at " : " in ");
		writer_put_place(&print->writer, place);
	}
}

static void put_change(struct states_print *print, const struct state_change *change)
{
	char time[TEXT_TIME_SIZE], duration[TEXT_DURATION_SIZE + 1] = "";

	if (!print->has_change_header)
		put(print, "%-18s %7s %7s %8s  %-24s  %-11s %-*s  %s\n", "TIME", "PID", "TID",
		    "GOID", "OLD -> NEW", "FOR", REASON_WIDTH, "REASON", "STARTED WITH");
	print->has_change_header = true;
	text_format_time(time, event_clock_realtime_ns(print->clock, change->time_ns));
	if (change->has_duration)
		text_format_duration(duration, change->duration_ns);
	if (change->is_uncertain)
		strcat(duration, "?");
	put(print, "%-18s %7u %7u %8" PRIu64 "  ", time, change->pid, change->tid, change->goid);
	put_states(print, change);
	put(print, "  %-11s ", duration);
	put_padded(print, change->has_reason ? reason_name(print, change->reason) : "",
		   REASON_WIDTH);
	writer_puts(&print->writer, "  ");
	put_start_function(print, change->start_va);
	put_by(print, change);
	writer_puts(&print->writer, "\n");
}

/* ---- sums ---- */

static void put_header(struct states_print *print, const char *count)
{
	put(print, "%7s %10s %11s %11s %11s %11s %9s %12s  %-*s  %s\n", "PID", count, "RUNNING",
	    "RUNNABLE", "WAITING", "SYSCALL", "CHANGES", "LONGEST WAIT", REASON_WIDTH, "REASON",
	    "STARTED WITH");
}

static void put_ns(struct states_print *print, uint64_t ns, int width)
{
	char text[TEXT_DURATION_SIZE];

	text_format_duration(text, ns);
	put(print, " %*s", width, text);
}

/* Waiting time by reason, under the column of all of it. */
static void put_reasons(struct states_print *print, const struct state_sums *sums)
{
	struct reason_sum reasons[MAX_REASONS];
	size_t count = states_reasons(print, sums, reasons);

	for (size_t i = 0; count > 1 && i < count; i++) {
		put(print, "%42s", "");
		put_ns(print, reasons[i].ns, 11);
		put(print, "  %" PRIu64 " x ", reasons[i].count);
		writer_puts(&print->writer, reasons[i].name ? reasons[i].name : "?");
		writer_puts(&print->writer, "\n");
	}
}

/* States that have no column. */
static void put_others(struct states_print *print, const struct state_sums *sums)
{
	char text[STATE_NAME_SIZE];

	for (uint8_t state = STATE_WAITING + 1; state <= STATE_DEAD_EXTRA; state++) {
		if (!sums->ns[state])
			continue;
		put(print, "%42s", "");
		put_ns(print, sums->ns[state], 11);
		put(print, "  %s\n", state_name(state, text));
	}
}

static void put_sums(struct states_print *print, const struct state_goroutine *one)
{
	const struct state_sums *sums = &one->sums;

	put_ns(print, sums->ns[STATE_RUNNING], 11);
	put_ns(print, sums->ns[STATE_RUNNABLE], 11);
	put_ns(print, sums->ns[STATE_WAITING], 11);
	put_ns(print, sums->ns[STATE_SYSCALL], 11);
	put(print, " %9" PRIu64, sums->changes);
	put_ns(print, sums->longest_wait_ns, 12);
	writer_puts(&print->writer, "  ");
	put_padded(print,
		   sums->longest_wait_ns ? reason_name(print, sums->longest_wait_reason) : "",
		   REASON_WIDTH);
	writer_puts(&print->writer, "  ");
	put_start_function(print, one->start_va);
	writer_puts(&print->writer, one->has_ended ? "  [ended]\n" : "\n");
	put_reasons(print, sums);
	put_others(print, sums);
}

static void put_goroutine(struct states_print *print, const struct state_goroutine *one)
{
	if (!print->has_goroutine_header)
		put_header(print, "GOID");
	print->has_goroutine_header = true;
	put(print, "%7u %10" PRIu64, one->pid, one->goid);
	put_sums(print, one);
}

static void put_function(struct states_print *print, const struct state_goroutine *one)
{
	if (!print->has_function_header) {
		writer_puts(&print->writer, "\n");
		put_header(print, "GOROUTINES");
	}
	print->has_function_header = true;
	put(print, "%7u %10" PRIu64, one->pid, one->num_goroutines);
	put_sums(print, one);
}

const struct states_formatter states_text = {
	.change = put_change,
	.goroutine = put_goroutine,
	.function = put_function,
};
