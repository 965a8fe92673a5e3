/* SPDX-License-Identifier: MIT */
/*
 * states_terminal.c - states and sums of them in lines that fit a terminal: columns that matter less
 * are there where it is wide enough, and of what comes behind them, what matters least is left out.
 */
#include "output/states_terminal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/terminal.h"
#include "base/text.h"
#include "names/goroutine_state.h"
#include "output/place_line.h"
#include "output/place_text.h"

/* Terminals of so many columns have those, too. */
#define WIDTH_WITH_NO_CPU  90
#define WIDTH_WITH_LONGEST 110
#define WIDTH_WITH_CHANGES 120
#define WIDTH_WITH_DAY     100
#define WIDTH_WITH_REASON  110
#define WIDTH_WITH_THREAD  140

#define COUNT_WIDTH 7
#define NS_WIDTH    7
#define LEAST_NAME  8 /* of a function */

/* So much of a reason tells enough: "chan rece…". */
#define ENOUGH_REASON 8

/* What is left out of what comes behind the columns, and what is above it, too. */
enum cut {
	CUT_PATHS, /* folders of the place's file, and the path of its package */
	CUT_COUNTS, /* of waits */
	CUT_PACKAGE, /* of the function: its path */
	CUT_PLACE_FUNCTION,
	/* CUT_REASONS + 1: the shortest, and so on; of the longest, how long; at last, the end of
	 * the function's name */
	CUT_REASONS,
};

static struct line *begin_line(struct output *out)
{
	struct states_text *text = out->data;

	line_begin(&text->line, terminal_width(fileno(out->options.file)));
	return &text->line;
}

static void end_line(struct output *out, struct line *line)
{
	line_end(line);
	writer_put(&out->writer, line->text, line->used);
	writer_puts(&out->writer, "\n");
}

/* To the right of `width` columns behind a space. */
static void put_column(struct line *line, const char *text, size_t width)
{
	size_t len = strlen(text);

	line_put_spaces(line, 1 + (len < width ? width - len : 0));
	line_puts(line, text);
}

static void put_count(struct line *line, uint64_t count, size_t width)
{
	char text[TEXT_NUMBER_SIZE + 1];

	text[text_format_number(text, count)] = 0;
	put_column(line, text, width);
}

static void put_ns(struct line *line, uint64_t ns)
{
	char text[TEXT_AMOUNT_SIZE];

	text_format_amount(text, ns);
	put_column(line, ns ? text : "-", NS_WIDTH);
}

static void put_amount(struct line *line, uint64_t ns)
{
	char text[TEXT_AMOUNT_SIZE];

	text_format_amount(text, ns);
	line_puts(line, " ");
	line_puts(line, text);
}

static const char *reason_name(struct output *out, uint8_t reason)
{
	return names_wait_reason(out->names, reason) ?: "?";
}

static void put_start(struct output *out, struct line *line, uint64_t start_va, bool cut)
{
	struct place place = *names_start(out->names, start_va);
	struct name names[2];

	if (cut)
		place = place_short(&place, names);
	if (place.function || place.module)
		line_put_position(line, &place, false);
	else
		line_puts(line, "?");
}

/* "main.f+12 server.go:7", or of it what is known. */
static void put_place(struct line *line, const struct place *whole, bool with_function)
{
	struct name names[2];
	struct place place = place_short(whole, names);

	with_function = with_function || !place.file;
	if (with_function)
		line_put_position(line, &place, true);
	if (!place.file)
		return;
	line_puts(line, with_function ? " " : "");
	line_put_file(line, &place);
}

/* ---- sums ---- */

static bool has_groups(const struct output *out)
{
	const struct states_text *text = out->data;

	return text->table.kind != STATES_GOROUTINES;
}

void states_terminal_table(struct output *out)
{
	const struct states_text *text = out->data;
	struct line *line = begin_line(out);

	if (text->table.has_processes)
		put_column(line, "PID", COUNT_WIDTH);
	put_column(line, has_groups(out) ? "COUNT" : "GOID", COUNT_WIDTH - 1);
	if (has_groups(out))
		put_column(line, "LIVING", COUNT_WIDTH - 1);
	put_column(line, "RUNNING", NS_WIDTH);
	if (line->width >= WIDTH_WITH_NO_CPU)
		put_column(line, "NO CPU", NS_WIDTH);
	put_column(line, "RUNNABLE", NS_WIDTH + 1);
	put_column(line, "WAITING", NS_WIDTH);
	put_column(line, "SYSCALL", NS_WIDTH);
	if (line->width >= WIDTH_WITH_LONGEST)
		put_column(line, "LONGEST", NS_WIDTH);
	if (line->width >= WIDTH_WITH_CHANGES)
		put_column(line, "CHANGES", NS_WIDTH);
	line_puts(line, text->table.kind == STATES_STATEMENTS ? "  AT" : "");
	line_puts(line, "  STARTED WITH   WAITED FOR");
	end_line(out, line);
}

static void put_columns(struct output *out, struct line *line, const struct state_row *row)
{
	const struct states_text *text = out->data;
	const struct state_sums *sums = &row->sums;

	if (text->table.has_processes)
		put_count(line, row->pid, COUNT_WIDTH);
	if (has_groups(out))
		put_count(line, row->num_goroutines, COUNT_WIDTH - 1);
	else if (row->goid)
		put_count(line, row->goid, COUNT_WIDTH - 1);
	else
		put_column(line, "-", COUNT_WIDTH - 1);
	if (has_groups(out))
		put_count(line, row->num_living, COUNT_WIDTH - 1);
	put_ns(line, sums->ns[STATE_RUNNING]);
	if (line->width >= WIDTH_WITH_NO_CPU)
		put_ns(line, sums->ns[STATE_NO_CPU]);
	line_puts(line, " ");
	put_ns(line, sums->ns[STATE_RUNNABLE]);
	put_ns(line, sums->ns[STATE_WAITING]);
	put_ns(line, sums->ns[STATE_SYSCALL]);
	if (line->width >= WIDTH_WITH_LONGEST)
		put_ns(line, sums->longest_wait_ns);
	if (line->width >= WIDTH_WITH_CHANGES)
		put_count(line, sums->changes, NS_WIDTH);
}

/* What it waited for, the longest first; alone, it took about what all waits did. */
static void put_reasons(struct line *line, const struct reason_sum *reasons, size_t count,
			size_t cut)
{
	size_t left_out = cut > CUT_REASONS ? cut - CUT_REASONS : 0;

	for (size_t i = 0; i < count && (!i || i + left_out < count); i++) {
		line_puts(line, i ? "  " : "   ");
		line_puts(line, reasons[i].name ?: "?");
		if (left_out >= count)
			break;
		put_amount(line, reasons[i].ns);
		if (cut >= CUT_COUNTS)
			continue;
		line_puts(line, " (");
		line_puts(line, text_count(reasons[i].count).text);
		line_puts(line, ")");
	}
	if (left_out && left_out < count)
		line_puts(line, "  …");
}

/* Of the start of a name, so much that `behind` columns are left; all, if that would be too little. */
static void put_start_before(struct output *out, struct line *line, uint64_t start_va,
			     size_t behind)
{
	const struct place *place = names_start(out->names, start_va);
	size_t used = line->columns + behind + 1, columns, fits;

	if (!place->function || used + LEAST_NAME > line->width) {
		put_start(out, line, start_va, true);
		return;
	}
	struct name name = name_without_path(place->function);
	fits = terminal_fit(name.text, name.len, line->width - used, &columns);
	line_put(line, name.text, fits);
	line_puts(line, fits < name.len ? "…" : "");
}

static void put_rest(struct output *out, struct line *line, const struct state_row *row,
		     const struct reason_sum *reasons, size_t num_reasons, size_t cut)
{
	size_t reason = num_reasons && reasons[0].name ? strlen(reasons[0].name) : 1;
	char mark[STATES_MARK_SIZE];

	states_mark(row, mark);
	line_puts(line, "  ");
	if (row->kind == STATES_STATEMENTS) {
		put_place(line, names_caller(out->names, row->go_va), cut < CUT_PLACE_FUNCTION);
		line_puts(line, "  ");
	}
	if (cut > CUT_REASONS + num_reasons)
		put_start_before(out, line, row->start_va,
				 strlen(mark) + (*mark ? 1 : 0) + strlen("   ") +
					 (reason < ENOUGH_REASON ? reason : ENOUGH_REASON));
	else
		put_start(out, line, row->start_va, cut >= CUT_PACKAGE);
	line_puts(line, *mark ? " " : "");
	line_puts(line, mark);
	put_reasons(line, reasons, num_reasons, cut);
}

void states_terminal_row(struct output *out, const struct state_row *row)
{
	struct reason_sum reasons[MAX_REASONS];
	size_t count = states_reasons(out->names, &row->sums, reasons), cut = CUT_PATHS;
	struct line *line;

	do {
		line = begin_line(out);
		put_columns(out, line, row);
		put_rest(out, line, row, reasons, count, cut++);
	} while (line->is_cut && cut <= CUT_REASONS + count + (count > 0));
	end_line(out, line);
}

/* ---- changes ---- */

#define STATES_WIDTH 24 /* "WAITING -> WAITING+scan" */
#define REASON_WIDTH 15

static void put_states(struct line *line, const struct state_change *change)
{
	char old_text[STATE_NAME_SIZE], new_text[STATE_NAME_SIZE], both[64];
	int len = snprintf(both, sizeof(both), "  %s%s -> %s%s",
			   state_name(change->old_state, old_text),
			   change->old_state & STATE_SCAN ? "+scan" : "",
			   state_name(change->new_state, new_text),
			   change->new_state & STATE_SCAN ? "+scan" : "");

	line_puts(line, both);
	line_put_spaces(line, len < STATES_WIDTH ? STATES_WIDTH - (size_t)len : 0);
}

static bool has_pids(const struct output *out, const struct line *line)
{
	return line->width >= WIDTH_WITH_THREAD || out->names_processes;
}

static void put_change_header(struct output *out)
{
	struct line *line = begin_line(out);

	line_puts(line, "TIME           ");
	line_puts(line, line->width >= WIDTH_WITH_DAY ? "   " : "");
	if (has_pids(out, line))
		put_column(line, "PID", COUNT_WIDTH);
	if (line->width >= WIDTH_WITH_THREAD)
		put_column(line, "TID", COUNT_WIDTH);
	put_column(line, "GOID", COUNT_WIDTH);
	line_puts(line, "  OLD -> NEW            ");
	put_column(line, "FOR", NS_WIDTH);
	line_puts(line, "   REASON");
	if (line->width >= WIDTH_WITH_REASON)
		line_put_spaces(line, REASON_WIDTH - 6);
	line_puts(line, "  STARTED WITH");
	end_line(out, line);
}

static void put_change_columns(struct output *out, struct line *line,
			       const struct state_change *change)
{
	size_t day = line->width < WIDTH_WITH_DAY ? 3 : 0;
	char time[TEXT_TIME_SIZE], duration[TEXT_AMOUNT_SIZE] = "";

	text_format_time(time, event_clock_realtime_ns(out->options.clock, change->time_ns));
	line_puts(line, time + day);
	if (has_pids(out, line))
		put_count(line, change->pid, COUNT_WIDTH);
	if (line->width >= WIDTH_WITH_THREAD)
		put_count(line, change->tid, COUNT_WIDTH);
	put_count(line, change->goid, COUNT_WIDTH);
	put_states(line, change);
	if (change->has_duration)
		text_format_amount(duration, change->duration_ns);
	put_column(line, duration, NS_WIDTH);
	line_puts(line, change->is_uncertain ? "?" : " ");
}

static void put_by(struct output *out, struct line *line, const struct state_change *change,
		   size_t cut)
{
	const struct place *place = states_by_place(out->names, change);

	if (!place && !change->by_goid)
		return;
	line_puts(line, change->is_start ? "  started" : "  woken");
	if (change->by_goid)
		line_put_number(line, " by goroutine ", change->by_goid);
	if (!place)
		return;
	line_puts(line, change->is_start ? " at " : " in ");
	put_place(line, place, cut < CUT_PLACE_FUNCTION);
}

/* A column where there is room for one. */
static void put_reason(struct output *out, struct line *line, const struct state_change *change)
{
	const char *reason = change->has_reason ? reason_name(out, change->reason) : "";
	size_t len = strlen(reason);

	line_puts(line, *reason ? "  " : "");
	line_puts(line, reason);
	if (line->width >= WIDTH_WITH_REASON)
		line_put_spaces(line,
				(len ? 0 : 2) + (len < REASON_WIDTH ? REASON_WIDTH - len : 0));
	line_puts(line, "  ");
}

void states_terminal_change(struct output *out, const struct state_change *change)
{
	struct states_text *text = out->data;
	size_t cut = CUT_PATHS;
	struct line *line;

	/* The column is there from the second process on. */
	if (!text->has_header || text->has_pids != out->names_processes)
		put_change_header(out);
	text->has_header = true;
	text->has_pids = out->names_processes;
	do {
		line = begin_line(out);
		put_change_columns(out, line, change);
		put_reason(out, line, change);
		put_start(out, line, change->start_va, cut >= CUT_PACKAGE);
		put_by(out, line, change, cut++);
	} while (line->is_cut && cut <= CUT_PLACE_FUNCTION);
	end_line(out, line);
}
