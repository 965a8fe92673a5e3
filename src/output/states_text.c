/* SPDX-License-Identifier: MIT */
/*
 * states_text.c - changes as lines, sums as tables, as files and pipes get them: columns of free
 * length come last. What goes to a terminal is made to fit by states_terminal.c.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/text.h"
#include "names/goroutine_state.h"
#include "output/format.h"
#include "output/place_text.h"
#include "output/process_lines.h"
#include "output/states_terminal.h"

static struct error *begin(struct output *out)
{
	struct states_text *text = calloc(1, sizeof(*text));

	out->data = text;
	if (!text)
		return error_out_of_memory();
	text->is_terminal = out->options.file && isatty(fileno(out->options.file));
	return NULL;
}

static void release(struct output *out)
{
	struct states_text *text = out->data;

	if (text)
		free(text->pids);
	free(text);
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
	struct states_text *states = out->data;
	char time[TEXT_TIME_SIZE], duration[TEXT_DURATION_SIZE + 1] = "";

	process_lines_introduce(out, change->pid);
	if (states->is_terminal) {
		states_terminal_change(out, change);
		return;
	}
	if (!states->has_header)
		put(out, "%-18s %7s %7s %8s  %-24s  %-11s %-*s  %s\n", "TIME", "PID", "TID", "GOID",
		    "OLD -> NEW", "FOR", REASON_WIDTH, "REASON", "STARTED WITH");
	states->has_header = true;
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

static bool has_groups(const struct states_text *text)
{
	return text->table.kind != STATES_GOROUTINES;
}

static void put_table(struct output *out, const struct state_table *table)
{
	struct states_text *text = out->data;

	text->table = *table;
	if (text->has_header)
		writer_puts(&out->writer, "\n");
	text->has_header = true;
	if (text->is_terminal) {
		states_terminal_table(out);
		return;
	}
	put(out, "%7s %10s", "PID", has_groups(text) ? "GOROUTINES" : "GOID");
	if (has_groups(text))
		put(out, " %10s", "LIVING");
	put(out, " %11s %11s %11s %11s %11s %9s %12s  %-*s  %s\n", "RUNNING", "NO CPU", "RUNNABLE",
	    "WAITING", "SYSCALL", "CHANGES", "LONGEST WAIT", REASON_WIDTH, "REASON",
	    "STARTED WITH");
}

static void put_ns(struct output *out, uint64_t ns, int width)
{
	char text[TEXT_DURATION_SIZE];

	text_format_duration(text, ns);
	put(out, " %*s", width, text);
}

/* Of waiting time, under the column of all of it. */
static void put_part(struct output *out, uint64_t ns)
{
	writer_put_spaces(&out->writer, has_groups(out->data) ? 65 : 54);
	put_ns(out, ns, 11);
}

static void put_reasons(struct output *out, const struct state_sums *sums)
{
	struct reason_sum reasons[MAX_REASONS];
	size_t count = states_reasons(out->names, sums, reasons);

	for (size_t i = 0; count > 1 && i < count; i++) {
		put_part(out, reasons[i].ns);
		put(out, "  %s x ", text_count(reasons[i].count).text);
		writer_puts(&out->writer, reasons[i].name ? reasons[i].name : "?");
		writer_puts(&out->writer, "\n");
	}
}

/* States that have no column. */
static void put_others(struct output *out, const struct state_sums *sums)
{
	char text[STATE_NAME_SIZE];

	for (uint8_t state = STATE_WAITING + 1; state < STATE_NO_CPU; state++) {
		if (!sums->ns[state])
			continue;
		put_part(out, sums->ns[state]);
		put(out, "  %s\n", state_name(state, text));
	}
}

static void put_sums(struct output *out, const struct state_sums *sums)
{
	put_ns(out, sums->ns[STATE_RUNNING], 11);
	put_ns(out, sums->ns[STATE_NO_CPU], 11);
	put_ns(out, sums->ns[STATE_RUNNABLE], 11);
	put_ns(out, sums->ns[STATE_WAITING], 11);
	put_ns(out, sums->ns[STATE_SYSCALL], 11);
	put(out, " %9" PRIu64, sums->changes);
	put_ns(out, sums->longest_wait_ns, 12);
	writer_puts(&out->writer, "  ");
	put_padded(out, sums->longest_wait_ns ? reason_name(out, sums->longest_wait_reason) : "",
		   REASON_WIDTH);
	writer_puts(&out->writer, "  ");
}

static void put_who(struct output *out, const struct state_row *row)
{
	put(out, "%7u ", row->pid);
	if (row->kind != STATES_GOROUTINES)
		put(out, "%10" PRIu64 " %10" PRIu64, row->num_goroutines, row->num_living);
	else if (row->goid)
		put(out, "%10" PRIu64, row->goid);
	else
		put(out, "%10s", "-");
}

static void note_process(struct output *out, uint32_t pid)
{
	struct states_text *text = out->data;

	if (array_reserve(&text->pids, &text->pids_capacity, text->num_pids + 1,
			  sizeof(*text->pids)) &&
	    process_lines_take(out, pid))
		text->pids[text->num_pids++] = pid;
}

/* Behind the tables. */
static void put_processes(struct output *out, const struct output_totals *totals)
{
	const struct states_text *text = out->data;

	for (size_t i = 0; i < text->num_pids; i++) {
		writer_puts(&out->writer, i ? "" : "\n");
		process_lines_put(out, text->pids[i]);
	}
}

static void put_row(struct output *out, const struct state_row *row)
{
	char mark[STATES_MARK_SIZE];

	note_process(out, row->pid);
	if (((struct states_text *)out->data)->is_terminal) {
		states_terminal_row(out, row);
		return;
	}
	put_who(out, row);
	put_sums(out, &row->sums);
	put_start_function(out, row->start_va);
	if (row->kind == STATES_STATEMENTS) {
		writer_puts(&out->writer, " at ");
		writer_put_place(&out->writer, names_caller(out->names, row->go_va));
	}
	states_mark(row, mark);
	writer_puts(&out->writer, *mark ? "  " : "");
	writer_puts(&out->writer, mark);
	writer_puts(&out->writer, "\n");
	put_reasons(out, &row->sums);
	put_others(out, &row->sums);
}

const struct format format_states_text = {
	.prints = "the states",
	.begin = begin,
	.free = release,
	.change = put_change,
	.table = put_table,
	.row = put_row,
	.end = put_processes,
};
