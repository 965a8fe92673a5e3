/* SPDX-License-Identifier: MIT */
/* states.c - changes of goroutines' states, live or summed up at the end. */
#include "base/log.h"
#include "command/command.h"
#include "command/nothing.h"
#include "command/run.h"
#include "command/run_record.h"
#include "command/states_replay.h"
#include "command/states_view.h"

struct watch {
	const struct states_args *args;
	struct states_view view;
	struct run run;
	struct run_record record;
};

static bool limit_reached(void *context)
{
	const struct watch *watch = context;

	return states_view_is_full(&watch->view);
}

static void report(void *context)
{
	const struct watch *watch = context;

	states_view_report(&watch->view);
	run_record_report(&watch->record);
}

/* ---- records ---- */

static void handle(void *context, const struct record *record)
{
	struct watch *watch = context;

	run_saw(&watch->run, record);
	/* A program that was under way when tracing ended may tell later. */
	if (watch->run.stop_ns && record->time_ns > watch->run.stop_ns)
		return;
	run_fail(&watch->run, run_record_add(&watch->record, record));
	run_fail(&watch->run, states_view_feed(&watch->view, record, watch->run.counts[STAT_LOST]));
}

/* ---- nothing ---- */

static bool has_shown(void *context)
{
	const struct watch *watch = context;

	return watch->view.num_lines;
}

static void explain(void *context)
{
	const struct watch *watch = context;

	states_view_explain(&watch->view);
	if (!watch->view.num_changes)
		nothing_explain(&watch->run, "changed the state of a goroutine");
}

static struct progress_count count(void *context)
{
	const struct watch *watch = context;

	return (struct progress_count){.count = watch->view.num_changes,
				       .one = "change of state",
				       .many = "changes of state"};
}

/* ---- running ---- */

static struct error *open_output(void *context)
{
	struct watch *watch = context;
	struct output_options options = {0};
	struct error *err = run_prepare_output(&watch->run, &options);

	if (!err)
		err = run_record_open(&watch->record, &watch->run);
	return err ?: states_view_open(&watch->view, &options);
}

static struct error *start(void *context)
{
	struct watch *watch = context;
	struct run *run = &watch->run;
	struct live_options options = {.sink = {.handle = handle, .context = watch}};
	struct error *err = run_start(run, &options, "tracing goroutines");

	if (err || run->is_changed)
		return err;
	/* No record is handed on before the source is polled. */
	err = states_view_start(&watch->view, run->traced_ns);
	return err || !run->has_begun ? err : run_record_begin(&watch->record, run);
}

static struct error *flush(void *context, int *errnum)
{
	struct watch *watch = context;

	return output_flush(watch->view.output, errnum);
}

static struct error *make_plan(void *context)
{
	struct watch *watch = context;

	return plan_make_states(watch->run.bin, &watch->run.plan);
}

static void close_output(void *context)
{
	struct watch *watch = context;

	states_view_close(&watch->view);
	run_record_forget(&watch->record);
}

static const char *advice(const struct states_args *args)
{
	if (args->summary.tables)
		return "the sums lack some time, and are wrong about some; give --ring-size more";
	return "times marked as uncertain (?) may have been interrupted; give --ring-size more";
}

static void destroy(struct watch *watch)
{
	states_view_close(&watch->view);
	run_record_close(&watch->record);
	run_destroy(&watch->run);
}

static struct error *trace(struct watch *watch)
{
	struct error *err = run_prepare(&watch->run);

	if (!err)
		err = run_trace(&watch->run);
	run_wait(&watch->run);
	return err;
}

static const struct run_ops ops = {
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

int command_states(int argc, char **argv)
{
	struct error *err;
	struct states_args args;
	struct watch watch = {.args = &args, .view.args = &args};
	char name[] = "gofuncgraph-c states";
	int status;

	argv[0] = name;
	if (states_args_parse(argc, argv, 0, &args))
		return command_status(error_out_of_memory());
	log_set_verbose(args.run.verbose);
	watch.record.path = args.record_path;
	watch.run = (struct run){
		.args = &args.run,
		.ops = &ops,
		.context = &watch,
		.format = args.format,
		.advice = advice(&args),
	};
	err = states_args_take_library(&args);
	if (!err)
		err = args.replay_path ? states_replay(&args) : trace(&watch);
	status = command_status(err);
	destroy(&watch);
	states_args_destroy(&args);
	return status;
}
