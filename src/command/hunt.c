/* SPDX-License-Identifier: MIT */
/* hunt.c - what makes calls slow: attach to targets and to where goroutines wait, report at the end. */
#include "base/log.h"
#include "base/text.h"
#include "command/command.h"
#include "command/drill.h"
#include "command/hunt_memory.h"
#include "command/hunt_replay.h"
#include "command/hunt_view.h"
#include "command/nothing.h"
#include "command/run.h"
#include "command/run_record.h"

struct hunting {
	const struct hunt_args *args;
	struct hunt_view view;
	struct run run;
	struct run_record record;
	struct places places; /* of run.bin */
	struct unwind_code code;
	struct hunt_memory memory;
	struct drill drill; /* with --drill */
};

/* ---- preparing ---- */

static struct error *make_plan(void *context)
{
	struct hunting *hunting = context;
	struct run *run = &hunting->run;

	return plan_make(run->bin, &hunting->args->select.selection, &run->args->options,
			 &run->plan)
		       ?: plan_refuse_values(&run->plan, "hunt");
}

static void on_overdue(void *context, const struct hunt_open *call)
{
	struct hunting *hunting = context;

	hunt_memory_add_stuck(&hunting->memory, call);
}

static void open_memory(struct hunting *hunting)
{
	places_init(&hunting->places, hunting->run.bin);
	hunting->code = (struct unwind_code){
		.context = &hunting->places,
		.at = places_code,
		.has_link_register = gobin_arch(hunting->run.bin) == &arch_arm64,
	};
	hunting->memory.plan = &hunting->run.plan;
	hunting->memory.places = &hunting->places;
}

static struct error *open_output(void *context)
{
	struct hunting *hunting = context;
	struct output_options options = {.run = hunting->args->run.options};
	struct error *err = run_prepare_output(&hunting->run, &options);

	if (!err)
		err = run_record_open(&hunting->record, &hunting->run);
	if (err)
		return err;
	open_memory(hunting);
	return hunt_view_open(&hunting->view, &options, &hunting->code);
}

static void close_output(void *context)
{
	struct hunting *hunting = context;

	hunt_view_close(&hunting->view);
	run_record_forget(&hunting->record);
	hunt_memory_release(&hunting->memory);
	places_release(&hunting->places);
}

/* ---- running ---- */

static void on_report(void *context, const struct hunt_report *report)
{
	struct hunting *hunting = context;

	if (hunting->args->drill)
		run_fail(&hunting->run, drill_note(&hunting->drill, hunting->run.bin, report,
						   hunting->args->slower_ns));
}

static void finish(struct hunting *hunting, uint64_t stop_ns)
{
	struct output_totals totals = {.stop_ns = stop_ns, .lost = hunting->run.counts[STAT_LOST]};

	drill_forget(&hunting->drill);
	run_fail(&hunting->run,
		 hunt_view_report(&hunting->view, guard_share_of_states(hunting->run.guard)));
	if (hunting->args->drill)
		totals.drill = drill_decide(&hunting->drill, &hunting->run);
	hunt_view_end(&hunting->view, &totals);
}

static void feed(struct hunting *hunting, const struct record *record)
{
	hunting->record.share_of_exact = guard_share_of_states(hunting->run.guard);
	run_fail(&hunting->run, run_record_add(&hunting->record, record));
	run_fail(&hunting->run, hunt_view_feed(&hunting->view, record));
}

static void feed_look(void *context, const struct record *record)
{
	feed(context, record);
}

static void handle(void *context, const struct record *record)
{
	struct hunting *hunting = context;

	run_saw(&hunting->run, record);
	if (record->kind == RECORD_WRONG_GOID)
		run_distrust(&hunting->run, record->pid);
	feed(hunting, record);
	if (record->kind == RECORD_TICK && hunting->args->drill)
		drill_watch(&hunting->drill, hunting->view.hunt, hunting->args->slower_ns,
			    record->time_ns);
	if (record->kind == RECORD_STOPPED)
		finish(hunting, record->time_ns);
}

static struct error *start(void *context)
{
	struct hunting *hunting = context;
	struct live_options options = {.sink = {.handle = handle, .context = hunting}};
	size_t num_targets = plan_num_traced(&hunting->run.plan);
	char what[160];

	snprintf(what, sizeof(what), "tracing %s",
		 text_counted(num_targets, "function", "functions").text);
	struct error *err = run_start(&hunting->run, &options, what);
	if (err || !hunting->run.has_begun || hunting->run.is_changed)
		return err;
	return run_record_begin(&hunting->record, &hunting->run);
}

static struct error *flush(void *context, int *errnum)
{
	struct hunting *hunting = context;
	const struct record_sink sink = {.handle = feed_look, .context = hunting};

	hunt_memory_look(&hunting->memory, hunting->run.source, &sink);
	return output_flush(hunting->view.output, errnum);
}

static bool limit_reached(void *context)
{
	const struct hunting *hunting = context;

	return hunting->drill.has_enough || hunt_view_is_full(&hunting->view);
}

static bool has_shown(void *context)
{
	const struct hunting *hunting = context;

	return hunting->view.num_reports || hunt_view_num_calls(&hunting->view);
}

static struct progress_count count(void *context)
{
	const struct hunting *hunting = context;

	return (struct progress_count){.count = hunt_view_num_calls(&hunting->view),
				       .one = "call of a target",
				       .many = "calls of targets"};
}

static void explain(void *context)
{
	const struct hunting *hunting = context;

	nothing_explain_targets(&hunting->run);
}

static void destroy(struct hunting *hunting)
{
	hunt_view_close(&hunting->view);
	run_record_close(&hunting->record);
	hunt_memory_release(&hunting->memory);
	places_release(&hunting->places);
	drill_forget(&hunting->drill);
	run_destroy(&hunting->run);
}

static struct error *drill(struct hunting *hunting)
{
	close_output(hunting);
	return drill_run(&hunting->drill, hunting->args, &hunting->run);
}

static void report(void *context)
{
	const struct hunting *hunting = context;

	run_record_report(&hunting->record);
}

static struct error *trace(struct hunting *hunting)
{
	struct error *err = run_prepare(&hunting->run);

	if (!err)
		err = run_trace(&hunting->run);
	if (!err && hunting->drill.is_due)
		err = drill(hunting);
	run_wait(&hunting->run);
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

int command_hunt(int argc, char **argv)
{
	struct error *err;
	struct hunt_args args;
	struct hunting hunting = {.args = &args,
				  .view = {.args = &args,
					   .context = &hunting,
					   .overdue = on_overdue,
					   .reported = on_report}};
	char name[] = "gofuncgraph-c hunt";
	int status;

	argv[0] = name;
	if (hunt_args_parse(argc, argv, 0, &args))
		return command_status(error_out_of_memory());
	log_set_verbose(args.run.verbose);
	hunting.record.path = args.record_path;
	hunting.record.code = &hunting.code;
	hunting.run = (struct run){
		.args = &args.run,
		.ops = &ops,
		.context = &hunting,
		.has_more = args.drill,
		.format = args.format,
		.advice = "calls of which some are missing are left out; give --ring-size more",
	};
	err = hunt_args_take_library(&args);
	if (!err)
		err = args.replay_path ? hunt_replay(&args) : trace(&hunting);
	status = command_status(err);
	destroy(&hunting);
	hunt_args_destroy(&args);
	return status;
}
