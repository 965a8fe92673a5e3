/* SPDX-License-Identifier: MIT */
/* summary_text.c - calls summed up by function as a table: names come last, so that lines can be
 * cut, as they are on a terminal. */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/terminal.h"
#include "base/text.h"
#include "output/amounts.h"
#include "output/line.h"
#include "output/summary.h"

#define COUNT_WIDTH 9
#define WIDTH       7 /* of the other columns, behind a space */

/* A line as it is put together: on a terminal it is cut, elsewhere it is as long as it is. */
struct put {
	struct output *out;
	bool is_cut;
	struct line line; /* if it is */
};

static void begin_line(struct put *put, struct output *out)
{
	int fd = fileno(out->options.file);

	put->out = out;
	put->is_cut = fd >= 0 && isatty(fd);
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

static void put_column(struct put *put, const char *text, size_t width)
{
	size_t len = strlen(text);

	put_spaces(put, len < width ? width - len : 0);
	put_text(put, text);
}

static void put_count(struct put *put, const char *before, uint64_t count, const char *behind)
{
	char text[64];

	snprintf(text, sizeof(text), "%s%" PRIu64 "%s", before, count, behind);
	put_text(put, text);
}

static void put_ns(struct put *put, uint64_t ns, bool is_known)
{
	char text[TEXT_AMOUNT_SIZE] = "-";

	if (is_known)
		text_format_amount(text, ns);
	put_text(put, " ");
	put_column(put, text, WIDTH);
}

/* With "~" before it when most of it is what probes took. */
static void put_total(struct put *put, const struct function_sums *sums, bool is_known)
{
	char text[TEXT_AMOUNT_SIZE + 1] = "~";

	if (!is_known || !sums->probe_ns || sums->probe_ns <= sums->total_ns / 2) {
		put_ns(put, sums->total_ns, is_known);
		return;
	}
	text_format_amount(text + 1, sums->total_ns);
	put_text(put, " ");
	put_column(put, text, WIDTH);
}

/* Tables of intervals tell which one they are of. */
static void put_head(struct output *out, uint64_t time_ns)
{
	static const char *const titles[] = {"TOTAL", "SELF", "AVERAGE", "P50", "P99", "MAX"};
	char time[TEXT_TIME_SIZE];
	struct put put;

	if (out->options.summary.interval_ns) {
		text_format_time(time, event_clock_realtime_ns(out->options.clock, time_ns));
		writer_puts(&out->writer, "\n");
		writer_puts(&out->writer, time);
		writer_puts(&out->writer, "\n");
	}
	begin_line(&put, out);
	put_column(&put, "CALLS", COUNT_WIDTH);
	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++) {
		put_text(&put, " ");
		put_column(&put, titles[i], WIDTH);
	}
	put_text(&put, "  FUNCTION");
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
};

static void put_amount(struct put *put, const char *name, uint64_t ns)
{
	char text[TEXT_AMOUNT_SIZE];

	text_format_amount(text, ns);
	put_text(put, "  ");
	put_text(put, name);
	put_text(put, " ");
	put_text(put, text);
}

/* Under the total. */
static void put_states(struct output *out, const struct function_sums *sums)
{
	struct amount amounts[MAX_AMOUNTS];
	struct call total = summary_total(sums);
	uint64_t run_ns;
	size_t count = amounts_of_call(out->names, &total, "?", amounts, &run_ns);
	struct put put;

	begin_line(&put, out);
	put_spaces(&put, COUNT_WIDTH);
	put_amount(&put, "run", run_ns);
	for (size_t i = 0; i < count; i++)
		put_amount(&put, amounts[i].name, amounts[i].ns);
	end_line(&put);
}

static void put_row(struct output *out, const struct function_row *row, uint64_t time_ns)
{
	const struct function_sums *sums = row->sums;
	bool is_known = sums->durations.count;
	char calls[TEXT_NUMBER_SIZE + 1];
	struct put put;

	snprintf(calls, sizeof(calls), "%" PRIu64, sums->calls);
	begin_line(&put, out);
	put_column(&put, calls, COUNT_WIDTH);
	put_total(&put, sums, is_known);
	put_ns(&put, sums->self_ns, is_known);
	put_ns(&put, row->average_ns, is_known);
	put_ns(&put, row->p50_ns, is_known);
	put_ns(&put, row->p99_ns, is_known);
	put_ns(&put, row->max_ns, is_known);
	put_text(&put, "  ");
	put_text(&put, sums->name ? sums->name->text : "?");
	for (size_t end = 0; end < FUNCTION_NUM_ENDS; end++)
		if (marks[end] && sums->ends[end])
			put_count(&put, " [", sums->ends[end], marks[end]);
	end_line(&put);
	if (out->options.run.states && is_known)
		put_states(out, sums);
}

static const struct summary_layout layout = {.head = put_head, .row = put_row};

static struct error *begin(struct output *out)
{
	return summary_begin(out, &layout);
}

const struct format format_summary_text = {
	.prints = "the summary",
	.begin = begin,
	.entry = summary_entry,
	.call = summary_call,
	.tick = summary_tick,
	.end = summary_end,
	.free = summary_free,
};
