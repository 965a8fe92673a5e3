/* SPDX-License-Identifier: MIT */
/* states.c - changes of goroutines' states, live or summed up at the end. */
#include "gofuncgraph/states.h"

#include <unistd.h>

#include "base/log.h"
#include "base/terminal.h"
#include "command/command.h"
#include "command/nothing.h"
#include "command/run.h"
#include "command/states_args.h"
#include "gofuncgraph/output.h"

struct watch {
	const struct states_args *args;
	struct states_summary summary; /* that of args; with a limit on a terminal */
	struct run run;
	struct states *states;
	struct output *output;
	uint64_t num_changes; /* of states, before any was left out by what the user chose */
	uint64_t num_lines;
	uint64_t num_left_out[STATES_NUM_TABLES]; /* rows that --limit left out of each table */
	uint64_t num_forgotten; /* see states_num_forgotten() */
};

/* ---- changes ---- */

static bool limit_reached(void *context)
{
	const struct watch *watch = context;
	const struct states_args *args = watch->args;

	return !args->summary.tables && args->limit && watch->num_lines >= args->limit;
}

static void handle_change(void *context, const struct state_change *change)
{
	struct watch *watch = context;

	if (limit_reached(watch) || !states_args_want_change(watch->args, change))
		return;
	watch->num_lines++;
	output_change(watch->output, change);
}

static bool wants_goid(void *context, uint64_t goid)
{
	const struct watch *watch = context;

	return states_args_want_goid(watch->args, goid);
}

/* ---- summary ---- */

static void print_table(void *context, const struct state_table *table)
{
	struct watch *watch = context;

	watch->num_left_out[table->kind] = table->num_left_out;
	output_table(watch->output, table);
}

static void print_row(void *context, const struct state_row *row)
{
	struct watch *watch = context;

	watch->num_lines++;
	output_row(watch->output, row);
}

static void finish(struct watch *watch)
{
	const struct states_visitor visitor = {
		.context = watch, .table = print_table, .row = print_row};

	if (watch->args->summary.tables)
		run_fail(&watch->run,
			 states_summarize(watch->states, watch->run.stop_ns, &visitor));
	watch->num_forgotten = states_num_forgotten(watch->states);
}

static void report(void *context)
{
	static const char *const rows[STATES_NUM_TABLES] = {
		[STATES_GOROUTINES] = "goroutines",
		[STATES_FUNCTIONS] = "functions",
		[STATES_STATEMENTS] = "go statements",
	};
	const struct watch *watch = context;

	for (size_t i = 0; i < STATES_NUM_TABLES; i++)
		if (watch->num_left_out[i])
			log_info("%llu more %s are not shown (--limit N shows more)",
				 (unsigned long long)watch->num_left_out[i], rows[i]);
	if (watch->num_forgotten && watch->args->summary.tables)
		log_warning(
			"more than %d goroutines were alive at once: the sums count %llu of them twice if they did something later",
			STATES_MAX_GOROUTINES, (unsigned long long)watch->num_forgotten);
}

/* ---- records ---- */

static void handle(void *context, const struct record *record)
{
	struct watch *watch = context;

	run_saw(&watch->run, record);
	/* A program that was under way when tracing ended may tell later. */
	if (watch->run.stop_ns && record->time_ns > watch->run.stop_ns)
		return;
	watch->num_changes += record->kind == RECORD_STATE;
	run_fail(&watch->run, states_feed(watch->states, record));
	if (record->kind != RECORD_STOPPED)
		return;
	finish(watch);
	output_end(watch->output, &(struct output_totals){.stop_ns = record->time_ns,
							  .lost = watch->run.counts[STAT_LOST]});
}

/* ---- nothing ---- */

static bool has_shown(void *context)
{
	const struct watch *watch = context;

	return watch->num_lines;
}

static void explain(void *context)
{
	const struct watch *watch = context;

	if (watch->num_changes)
		log_info(
			"nothing to show: %llu changes of states were seen, and none is as --goid, --state or --min-duration want it",
			(unsigned long long)watch->num_changes);
	else
		nothing_explain(&watch->run, "changed the state of a goroutine");
}

static struct progress_count count(void *context)
{
	const struct watch *watch = context;

	return (struct progress_count){
		.count = watch->num_changes, .one = "change of state", .many = "changes of state"};
}

/* ---- running ---- */

static struct error *open_output(void *context)
{
	struct watch *watch = context;
	struct output_options options = {0};
	struct error *err = run_prepare_output(&watch->run, &options);

	watch->summary = watch->args->summary;
	if (!err && !watch->summary.limit && isatty(fileno(options.file)) &&
	    watch->args->format == format_named(OUTPUT_STATES, NULL))
		watch->summary.limit = TERMINAL_ROWS;
	return err ?: output_new(watch->args->format, &options, &watch->output);
}

static struct error *start(void *context)
{
	struct watch *watch = context;
	const struct states_sink sink = {
		.context = watch,
		.changed = watch->args->summary.tables ? NULL : handle_change,
		.wants_goid = wants_goid,
	};
	struct live_options options = {.sink = {.handle = handle, .context = watch}};
	struct error *err = run_start(&watch->run, &options, "tracing goroutines");

	if (err || watch->run.is_changed)
		return err;
	/* No record is handed on before the source is polled. */
	return states_new(&sink, &watch->summary, event_clock_now_ns(&watch->run.clock),
			  &watch->states);
}

static struct error *flush(void *context, int *errnum)
{
	struct watch *watch = context;

	return output_flush(watch->output, errnum);
}

static struct error *make_plan(void *context)
{
	struct watch *watch = context;

	return plan_make_states(watch->run.bin, &watch->run.plan);
}

static void close_output(void *context)
{
	struct watch *watch = context;

	output_free(take_pointer(watch->output));
	states_free(take_pointer(watch->states));
}

static const char *advice(const struct states_args *args)
{
	if (args->summary.tables)
		return "the sums lack some time, and are wrong about some; give --ring-size more";
	return "times marked as uncertain (?) may have been interrupted; give --ring-size more";
}

static void destroy(struct watch *watch)
{
	output_free(watch->output);
	states_free(watch->states);
	run_destroy(&watch->run);
}

int command_states(int argc, char **argv)
{
	_cleanup_error_ struct error *err = NULL;
	struct states_args args;
	struct watch watch = {.args = &args};
	char name[] = "gofuncgraph-c states";

	argv[0] = name;
	states_args_parse(argc, argv, 0, &args);
	log_set_verbose(args.run.verbose);
	watch.run = (struct run){
		.args = &args.run,
		.context = &watch,
		.format = args.format,
		.advice = advice(&args),
		.make_plan = make_plan,
		.open_output = open_output,
		.start = start,
		.close_output = close_output,
		.flush = flush,
		.limit_reached = limit_reached,
		.has_shown = has_shown,
		.count = count,
		.explain = explain,
		.report = report,
	};
	err = states_args_take_library(&args);
	if (!err)
		err = run_prepare(&watch.run);
	if (!err)
		err = run_trace(&watch.run);
	run_wait(&watch.run);
	if (err)
		log_failure(err);
	destroy(&watch);
	states_args_destroy(&args);
	return err ? STATUS_FAILED : STATUS_OK;
}
