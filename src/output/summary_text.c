/* SPDX-License-Identifier: MIT */
/* summary_text.c - calls summed up by function as a table: names come last, so that lines can be
 * cut. */
#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "output/amounts.h"
#include "output/place_text.h"
#include "output/summary.h"

#define WIDTH 9 /* of a column; two more are before it */

static void put_column(struct output *out, const char *text)
{
	size_t len = strlen(text);

	writer_put_spaces(&out->writer, 2 + (len < WIDTH ? WIDTH - len : 0));
	writer_put(&out->writer, text, len);
}

static void put_ns(struct output *out, uint64_t ns, bool is_known)
{
	char text[TEXT_AMOUNT_SIZE] = "-";

	if (is_known)
		text_format_amount(text, ns);
	put_column(out, text);
}

/* Tables of intervals tell which one they are of. */
static void put_head(struct output *out, uint64_t time_ns)
{
	static const char *const titles[] = {"CALLS", "TOTAL", "SELF", "AVERAGE",
					     "P50",   "P99",   "MAX"};
	char time[TEXT_TIME_SIZE];

	if (out->options.summary.interval_ns) {
		text_format_time(time, event_clock_realtime_ns(out->options.clock, time_ns));
		writer_puts(&out->writer, "\n");
		writer_puts(&out->writer, time);
		writer_puts(&out->writer, "\n");
	}
	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
		put_column(out, titles[i]);
	writer_puts(&out->writer, "  FUNCTION\n");
}

/* By enum call_end; NULL: it is as it should be. As in trees. */
static const char *const marks[FUNCTION_NUM_ENDS] = {
	[CALL_TAIL_CALL] = "tail call",
	[CALL_PANIC] = "panic",
	[CALL_GOEXIT] = "goroutine exit",
	[CALL_PROCESS_EXIT] = "process exit",
	[CALL_RUNNING] = "still running",
	[CALL_LOST] = "lost",
	[CALL_LEFT] = "left",
};

static void put_ends(struct output *out, const struct function_sums *sums)
{
	for (size_t end = 0; end < FUNCTION_NUM_ENDS; end++) {
		if (!marks[end] || !sums->ends[end])
			continue;
		writer_puts(&out->writer, " [");
		writer_put_number(&out->writer, sums->ends[end]);
		writer_puts(&out->writer, " ");
		writer_puts(&out->writer, marks[end]);
		writer_puts(&out->writer, "]");
	}
}

static void put_amount(struct output *out, const char *name, uint64_t ns)
{
	char text[TEXT_AMOUNT_SIZE];

	text_format_amount(text, ns);
	writer_puts(&out->writer, "  ");
	writer_puts(&out->writer, name);
	writer_puts(&out->writer, " ");
	writer_puts(&out->writer, text);
}

/* Under the total. */
static void put_states(struct output *out, const struct function_sums *sums)
{
	struct amount amounts[MAX_AMOUNTS];
	struct call total = summary_total(sums);
	uint64_t run_ns;
	size_t count = amounts_of_call(out->names, &total, "?", amounts, &run_ns);

	writer_put_spaces(&out->writer, 2 + WIDTH + 2);
	put_amount(out, "run", run_ns);
	for (size_t i = 0; i < count; i++)
		put_amount(out, amounts[i].name, amounts[i].ns);
	writer_puts(&out->writer, "\n");
}

static void put_row(struct output *out, const struct function_row *row, uint64_t time_ns)
{
	const struct function_sums *sums = row->sums;
	bool is_known = sums->durations.count;
	char calls[TEXT_NUMBER_SIZE + 1];

	snprintf(calls, sizeof(calls), "%" PRIu64, sums->calls);
	put_column(out, calls);
	put_ns(out, sums->total_ns, is_known);
	put_ns(out, sums->self_ns, is_known);
	put_ns(out, row->average_ns, is_known);
	put_ns(out, row->p50_ns, is_known);
	put_ns(out, row->p99_ns, is_known);
	put_ns(out, row->max_ns, is_known);
	writer_puts(&out->writer, "  ");
	writer_puts(&out->writer, sums->name ? sums->name->text : "?");
	put_ends(out, sums);
	writer_puts(&out->writer, "\n");
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
