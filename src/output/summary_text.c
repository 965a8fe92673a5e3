/* SPDX-License-Identifier: MIT */
/*
 * summary_text.c - calls summed up by function as a table: names come last, so that lines can be
 * cut, as they are on a terminal. Narrow ones also lack columns, and long names their packages' paths.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/terminal.h"
#include "base/text.h"
#include "output/amounts.h"
#include "output/line.h"
#include "output/place_text.h"
#include "output/shares.h"
#include "output/summary.h"

#define COUNT_WIDTH 9
#define WIDTH       7 /* of the other columns, behind a space */

static const struct {
	const char *title;
	size_t least_width; /* of a terminal that has it */
	bool is_detail; /* see summary_options.is_detailed */
} columns[] = {
	{"TOTAL", 0, false}, {"SELF", 0, false}, {"AVERAGE", 90, false}, {"P50", 70, false},
	{"P90", 80, true},   {"P99", 60, false}, {"MAX", 50, false},
};

#define NUM_COLUMNS (sizeof(columns) / sizeof(columns[0]))
enum { COLUMN_TOTAL, COLUMN_SELF };

/* A line as it is put together: on a terminal it is cut, elsewhere it is as long as it is. */
struct put {
	struct output *out;
	bool is_cut, has_color;
	struct line line; /* if it is cut */
};

static void begin_line(struct put *put, struct output *out)
{
	int fd = fileno(out->options.file);
	bool is_terminal = fd >= 0 && isatty(fd);

	put->out = out;
	put->has_color = terminal_uses_color(out->options.color, out->options.file);
	put->is_cut = is_terminal || put->has_color;
	if (put->is_cut)
		line_begin(&put->line, terminal_width(fd));
}

static void end_line(struct put *put)
{
	if (put->is_cut) {
		line_end(&put->line);
		writer_put(&put->out->writer, put->line.text, put->line.used);
	}
	writer_puts(&put->out->writer, "\n");
}

static void put_text(struct put *put, const char *text)
{
	if (put->is_cut)
		line_puts(&put->line, text);
	else
		writer_puts(&put->out->writer, text);
}

static void put_spaces(struct put *put, size_t count)
{
	if (put->is_cut)
		line_put_spaces(&put->line, count);
	else
		writer_put_spaces(&put->out->writer, count);
}

/* Of what follows; NULL: of nothing. */
static void begin_style(struct put *put, const char *style)
{
	if (put->has_color && style)
		line_style(&put->line, style);
}

static void end_style(struct put *put, const char *style)
{
	begin_style(put, style ? LINE_PLAIN : NULL);
}

static void put_column(struct put *put, const char *text, size_t width)
{
	size_t len = strlen(text);

	put_spaces(put, len < width ? width - len : 0);
	put_text(put, text);
}

static bool has_column(const struct put *put, size_t column)
{
	if (columns[column].is_detail && !put->out->options.summary.is_detailed)
		return false;
	return !put->is_cut || put->line.width >= columns[column].least_width;
}

static void put_count(struct put *put, const char *before, uint64_t count, const char *behind)
{
	char text[64];

	snprintf(text, sizeof(text), "%s%" PRIu64 "%s", before, count, behind);
	put_text(put, text);
}

/* Tables of intervals tell which one they are of. */
static void put_head(struct output *out, uint64_t time_ns)
{
	char time[TEXT_TIME_SIZE];
	struct put put;

	if (out->options.summary.interval_ns) {
		text_format_time(time, event_clock_realtime_ns(out->options.clock, time_ns));
		writer_puts(&out->writer, "\n");
		writer_puts(&out->writer, time);
		writer_puts(&out->writer, "\n");
	}
	begin_line(&put, out);
	begin_style(&put, STYLE_BOLD);
	put_column(&put, "CALLS", COUNT_WIDTH);
	for (size_t i = 0; i < NUM_COLUMNS; i++) {
		if (!has_column(&put, i))
			continue;
		put_text(&put, " ");
		put_column(&put, columns[i].title, WIDTH);
	}
	put_text(&put, "  FUNCTION");
	end_style(&put, STYLE_BOLD);
	end_line(&put);
}

/* By enum call_end, as in trees; NULL: it returned. */
static const char *const marks[FUNCTION_NUM_ENDS] = {
	[CALL_TAIL_CALL] = " tail call]",
	[CALL_PANIC] = " panic]",
	[CALL_GOEXIT] = " goroutine exit]",
	[CALL_PROCESS_EXIT] = " process exit]",
	[CALL_RUNNING] = " still running]",
	[CALL_LOST] = " lost]",
	[CALL_LEFT] = " left]",
	[CALL_TAKEN_OFF] = " probes taken off]",
};

/* ---- what time was spent on ---- */

/* False: there is no room left on the line. */
static bool put_amount(struct put *put, const char *name, uint64_t ns, uint64_t whole_ns)
{
	char text[TEXT_AMOUNT_SIZE + sizeof(" 100 %")];
	size_t len = text_format_amount(text, ns);

	if (put->out->options.summary.is_detailed && whole_ns)
		len += (size_t)sprintf(text + len, " %.0f %%", 100 * (double)ns / (double)whole_ns);

	if (put->is_cut && put->line.columns + strlen(name) + len + 6 > put->line.width) {
		put_text(put, "  …");
		return false;
	}
	put_text(put, "  ");
	put_text(put, name);
	put_text(put, " ");
	put_text(put, text);
	return true;
}

static void put_spent(struct output *out, const char *title, const struct spent *spent, uint64_t ns)
{
	struct amount amounts[MAX_AMOUNTS];
	struct call all = summary_call_of(spent, ns);
	uint64_t run_ns;
	size_t count = amounts_of_call(out->names, &all, "?", amounts, &run_ns);
	struct put put;

	begin_line(&put, out);
	put_column(&put, title, COUNT_WIDTH);
	bool has_room = put_amount(&put, "run", run_ns, ns);
	for (size_t i = 0; has_room && i < count; i++)
		has_room = put_amount(&put, amounts[i].name, amounts[i].ns, ns);
	end_line(&put);
}

/* Below the total; then of own time, unless that is all. */
static void put_states(struct output *out, const struct function_sums *sums)
{
	put_spent(out, "", &sums->total, sums->total_ns);
	if (sums->self_ns != sums->total_ns)
		put_spent(out, "self", &sums->self, sums->self_ns);
}

/* ---- the slowest call ---- */

/* ", from main.handle main.go:12", with as little as tells it */
static void put_caller(struct put *put, const struct place *caller)
{
	struct name names[2];
	struct place place = place_short(caller, names);

	if (!place.function)
		return;
	put_text(put, ", from ");
	put_text(put, place.function->text);
	if (!place.file)
		return;
	put_text(put, " ");
	put_text(put, place.file->text);
	put_count(put, ":", place.line, "");
}

/* "  slowest 120ms at 18 15:48:05.123456 in goroutine 34 of process 812, from main.handle main.go:12" */
static void put_slowest(struct output *out, const struct function_sums *sums)
{
	const struct slowest_call *slowest = &sums->slowest;
	uint64_t start_ns = event_clock_realtime_ns(out->options.clock, slowest->start_ns);
	char amount[TEXT_AMOUNT_SIZE], time[TEXT_TIME_SIZE];
	struct put put;

	text_format_amount(amount, sums->durations.max);
	text_format_time(time, start_ns);
	begin_line(&put, out);
	put_column(&put, "slowest", COUNT_WIDTH);
	put_text(&put, "  ");
	put_text(&put, amount);
	put_text(&put, " at ");
	put_text(&put, time);
	put_count(&put, " in goroutine ", slowest->goid, "");
	put_count(&put, " of process ", slowest->pid, "");
	if (slowest->caller_va)
		put_caller(&put, names_caller(out->names, slowest->caller_va));
	end_line(&put);
}

/* ---- rows ---- */

/* With "~" before the total when most of it is what probes took. */
static void put_columns(struct put *put, const struct function_row *row)
{
	const struct function_sums *sums = row->sums;
	const uint64_t ns[NUM_COLUMNS] = {sums->total_ns, sums->self_ns, row->average_ns,
					  row->p50_ns,    row->p90_ns,   row->p99_ns,
					  row->max_ns};
	const char *style = share_style(sums->self_ns, summary_self_ns(put->out));
	char text[TEXT_AMOUNT_SIZE + 1];

	for (size_t i = 0; i < NUM_COLUMNS; i++) {
		bool is_mostly_probes = i == COLUMN_TOTAL && sums->probe_ns > sums->total_ns / 2;

		if (!has_column(put, i))
			continue;
		strcpy(text, "~");
		text_format_amount(text + is_mostly_probes, ns[i]);
		put_text(put, " ");
		begin_style(put, i == COLUMN_SELF ? style : NULL);
		put_column(put, sums->durations.count ? text : "-", WIDTH);
		end_style(put, i == COLUMN_SELF ? style : NULL);
	}
}

/* Of its function and how its calls ended. */
static void put_names(struct put *put, const struct function_sums *sums, bool is_short)
{
	struct name name = {.text = "?", .len = 1};

	if (sums->name)
		name = is_short ? name_without_path(sums->name) : *sums->name;
	put_text(put, "  ");
	put_text(put, name.text);
	for (size_t end = 0; end < FUNCTION_NUM_ENDS; end++)
		if (marks[end] && sums->ends[end])
			put_count(put, " [", sums->ends[end], marks[end]);
}

static void put_line(struct put *put, struct output *out, const struct function_row *row,
		     bool is_short)
{
	char calls[TEXT_NUMBER_SIZE + 1];

	snprintf(calls, sizeof(calls), "%" PRIu64, row->sums->calls);
	begin_line(put, out);
	put_column(put, calls, COUNT_WIDTH);
	put_columns(put, row);
	put_names(put, row->sums, is_short);
}

static void put_row(struct output *out, const struct function_row *row, uint64_t time_ns)
{
	struct put put;

	put_line(&put, out, row, false);
	if (put.is_cut && put.line.is_cut)
		put_line(&put, out, row, true);
	end_line(&put);
	if (out->options.run.states && !row->sums->lacks_states && row->sums->durations.count)
		put_states(out, row->sums);
	if (out->options.summary.is_detailed && row->sums->durations.count)
		put_slowest(out, row->sums);
}

static const struct summary_layout layout = {.head = put_head, .row = put_row};

static struct error *begin(struct output *out)
{
	return summary_begin(out, &layout);
}

const struct format format_summary_text = {
	.prints = "the summary",
	.summary = &format_summary_text,
	.begin = begin,
	.entry = summary_entry,
	.call = summary_call,
	.tick = summary_tick,
	.end = summary_end,
	.free = summary_free,
};
