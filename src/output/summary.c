/* SPDX-License-Identifier: MIT */
/* summary.c - what the formats of --summary share; see summary.h. */
#include "output/summary.h"

#include <errno.h>
#include <stdlib.h>

struct summary {
	const struct summary_layout *layout;
	struct functions *functions;
	uint64_t self_ns; /* of all functions, while a table is put */
	uint64_t begun_ns; /* when this interval began; 0: not known yet */
};

struct error *summary_begin(struct output *out, const struct summary_layout *layout)
{
	struct summary *summary = calloc(1, sizeof(*summary));

	out->data = summary;
	if (!summary)
		return error_out_of_memory();
	summary->layout = layout;
	return functions_new(&summary->functions);
}

void summary_free(struct output *out)
{
	struct summary *summary = out->data;

	if (summary)
		functions_free(summary->functions);
	free(summary);
}

/* Nothing is printed any more, and the tool ends: sums that lack calls would be wrong. */
static void fail(struct output *out)
{
	if (!out->writer.errnum)
		out->writer.errnum = ENOMEM;
}

/* ---- calls ---- */

/* Of the call that a followed goroutine begins with, the site may become known only after it began;
 * the name is the same. */
static const struct name *function_of(struct output *out, const struct call *call)
{
	return output_entry(out, call)->function;
}

void summary_entry(struct output *out, const struct tree *tree, const struct call *call)
{
	struct summary *summary = out->data;

	if (!functions_call_began(summary->functions, function_of(out, call), tree))
		fail(out);
}

void summary_call(struct output *out, const struct tree *tree, const struct call *call)
{
	struct summary *summary = out->data;

	if (!functions_call_ended(summary->functions, function_of(out, call), tree, call))
		fail(out);
}

struct call summary_call_of(const struct spent *spent, uint64_t ns)
{
	return (struct call){
		.end_ns = ns, .parts = spent->parts, .num_parts = (uint16_t)spent->num_parts};
}

uint64_t summary_self_ns(const struct output *out)
{
	const struct summary *summary = out->data;

	return summary->self_ns;
}

/* ---- tables ---- */

struct table {
	struct output *out;
	uint64_t time_ns;
};

static void put_row(void *context, const struct function_row *row)
{
	const struct table *table = context;
	const struct summary *summary = table->out->data;

	summary->layout->row(table->out, row, table->time_ns);
}

static void put_table(struct output *out, uint64_t time_ns)
{
	struct summary *summary = out->data;
	const struct summary_options *options = &out->options.summary;
	struct table table = {.out = out, .time_ns = time_ns};

	if (!functions_count(summary->functions))
		return;
	summary->self_ns = functions_self_ns(summary->functions);
	if (options->top && functions_count(summary->functions) > options->top)
		out->num_left_out = functions_count(summary->functions) - options->top;
	else
		out->num_left_out = 0;
	if (summary->layout->head)
		summary->layout->head(out, time_ns);
	_cleanup_error_ struct error *err =
		functions_visit(summary->functions, options->order, options->top, put_row, &table);
	if (err)
		fail(out);
	functions_begin_anew(summary->functions);
}

void summary_tick(struct output *out, uint64_t now_ns)
{
	struct summary *summary = out->data;
	uint64_t interval_ns = out->options.summary.interval_ns;

	if (!interval_ns || (summary->begun_ns && now_ns < summary->begun_ns + interval_ns))
		return;
	if (summary->begun_ns)
		put_table(out, now_ns);
	summary->begun_ns = now_ns;
}

void summary_end(struct output *out, const struct output_totals *totals)
{
	put_table(out, totals->stop_ns);
}
