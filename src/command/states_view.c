/* SPDX-License-Identifier: MIT */
/* states_view.c - records as changes of states on an output; see states_view.h. */
#include "command/states_view.h"

#include <unistd.h>

#include "base/log.h"
#include "base/terminal.h"
#include "base/text.h"

/* ---- changes ---- */

bool states_view_is_full(const struct states_view *view)
{
	const struct states_args *args = view->args;

	return !args->summary.tables && args->limit && view->num_lines >= args->limit;
}

static void handle_change(void *context, const struct state_change *change)
{
	struct states_view *view = context;

	if (states_view_is_full(view) || !states_args_want_change(view->args, change))
		return;
	view->num_lines++;
	output_change(view->output, change);
}

static bool wants_goid(void *context, uint64_t goid)
{
	const struct states_view *view = context;

	return states_args_want_goid(view->args, goid);
}

/* ---- summary ---- */

static void print_table(void *context, const struct state_table *table)
{
	struct states_view *view = context;

	view->num_left_out[table->kind] = table->num_left_out;
	output_table(view->output, table);
}

static void print_row(void *context, const struct state_row *row)
{
	struct states_view *view = context;

	view->num_lines++;
	output_row(view->output, row);
}

static struct error *finish(struct states_view *view, uint64_t stop_ns, uint64_t lost)
{
	const struct states_visitor visitor = {
		.context = view, .table = print_table, .row = print_row};
	struct error *err = NULL;

	if (view->args->summary.tables)
		err = states_summarize(view->states, stop_ns, &visitor);
	view->num_forgotten = states_num_forgotten(view->states);
	output_end(view->output, &(struct output_totals){.stop_ns = stop_ns, .lost = lost});
	return err;
}

/* ---- all ---- */

struct error *states_view_open(struct states_view *view, const struct output_options *options)
{
	const struct states_args *args = view->args;

	view->summary = args->summary;
	if (!view->summary.limit && isatty(fileno(options->file)) &&
	    args->format == format_named(OUTPUT_STATES, NULL))
		view->summary.limit = TERMINAL_ROWS;
	return output_new(args->format, options, &view->output);
}

struct error *states_view_start(struct states_view *view, uint64_t start_ns)
{
	const struct states_sink sink = {
		.context = view,
		.changed = view->args->summary.tables ? NULL : handle_change,
		.wants_goid = wants_goid,
	};

	return states_new(&sink, &view->summary, start_ns, &view->states);
}

void states_view_close(struct states_view *view)
{
	output_free(take_pointer(view->output));
	states_free(take_pointer(view->states));
}

struct error *states_view_feed(struct states_view *view, const struct record *record, uint64_t lost)
{
	struct error *err = states_feed(view->states, record);

	view->num_changes += record->kind == RECORD_STATE;
	if (!err && record->kind == RECORD_STOPPED)
		err = finish(view, record->time_ns, lost);
	return err;
}

void states_view_report(const struct states_view *view)
{
	static const char *const rows[STATES_NUM_TABLES][2] = {
		[STATES_GOROUTINES] = {"more goroutine is", "more goroutines are"},
		[STATES_FUNCTIONS] = {"more function is", "more functions are"},
		[STATES_STATEMENTS] = {"more go statement is", "more go statements are"},
	};

	for (size_t i = 0; i < STATES_NUM_TABLES; i++)
		if (view->num_left_out[i])
			log_info("%s not shown (--limit N shows more)",
				 text_counted(view->num_left_out[i], rows[i][0], rows[i][1]).text);
	if (view->num_forgotten && view->args->summary.tables)
		log_warning(
			"more than %s goroutines were alive at once: the sums count %s of them twice if they did something later",
			text_count(STATES_MAX_GOROUTINES).text,
			text_count(view->num_forgotten).text);
}

void states_view_explain(const struct states_view *view)
{
	if (view->num_changes)
		log_info(
			"nothing to show: %s seen, and none is as --goid, --state or --min-duration want it",
			text_counted(view->num_changes, "change of states was",
				     "changes of states were")
				.text);
}
