/* SPDX-License-Identifier: MIT */
/* hunt.c - what makes calls slow: attach to targets and to where goroutines wait, report at the end. */
#include "gofuncgraph/hunt.h"

#include "base/log.h"
#include "command/command.h"
#include "command/drill.h"
#include "command/hunt_args.h"
#include "command/hunt_memory.h"
#include "command/nothing.h"
#include "command/run.h"
#include "gofuncgraph/hunt_report.h"

struct hunting {
	const struct hunt_args *args;
	struct run run;
	struct output *output;
	struct hunt *hunt;
	struct places places; /* of run.bin */
	struct unwind_code code;
	struct hunt_memory memory;
	struct drill drill; /* with --drill */
	uint64_t num_reports;
	uint64_t num_before; /* calls, of the binary before it was overwritten */
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

static uint32_t func_of_site(void *context, uint32_t site)
{
	const struct hunting *hunting = context;

	return names_func_of_site(hunting->run.names, site);
}

static void on_stuck(void *context, const struct hunt_open *call)
{
	struct hunting *hunting = context;

	hunt_memory_add_stuck(&hunting->memory, call);
}

static uint64_t period_ns(const struct hunt_options *options)
{
	return options->frequency_hz ? UINT64_C(1000000000) / options->frequency_hz : 0;
}

static struct error *open_hunt(struct hunting *hunting)
{
	const struct hunt_args *args = hunting->args;
	const struct hunt_settings settings = {
		.sample_ns = period_ns(&args->run.options.hunt),
		.stuck_ns = args->stuck_ns,
		.num_slowest = args->call,
		.code = &hunting->code,
	};
	const struct hunt_sink sink = {
		.context = hunting, .func_of_site = func_of_site, .stuck = on_stuck};
	struct error *err = places_init(&hunting->places, hunting->run.bin);

	if (err)
		return err;
	hunting->code = (struct unwind_code){
		.context = &hunting->places,
		.at = places_code,
		.has_link_register = gobin_arch(hunting->run.bin) == &arch_arm64,
	};
	hunting->memory.plan = &hunting->run.plan;
	hunting->memory.places = &hunting->places;
	return hunt_new(&settings, &sink, &hunting->hunt);
}

static struct error *open_output(void *context)
{
	struct hunting *hunting = context;
	struct output_options options = {0};
	struct error *err = run_prepare_output(&hunting->run, &options);

	err = err ?: output_new(hunting->args->format, &options, &hunting->output);
	return err ?: open_hunt(hunting);
}

static void close_output(void *context)
{
	struct hunting *hunting = context;

	hunting->num_before += hunt_num_calls(hunting->hunt);
	hunt_free(take_pointer(hunting->hunt));
	hunt_memory_release(&hunting->memory);
	places_release(&hunting->places);
	output_free(take_pointer(hunting->output));
}

/* ---- running ---- */

static void print_report(void *context, const struct hunt_report *report)
{
	struct hunting *hunting = context;

	hunting->num_reports++;
	output_hunt(hunting->output, report);
	if (hunting->args->drill)
		run_fail(&hunting->run, drill_note(&hunting->drill, hunting->run.bin, report,
						   hunting->args->slower_ns));
}

static void finish(struct hunting *hunting, uint64_t stop_ns)
{
	const struct hunt_args *args = hunting->args;
	const struct hunt_report_options options = {
		.slower_ns = args->slower_ns,
		.full_stacks = format_wants_full_stacks(args->format),
		.rank = args->call,
		.share_of_exact = guard_share_of_states(hunting->run.guard),
	};
	const struct hunt_visitor visitor = {.report = print_report, .context = hunting};
	struct output_totals totals = {.stop_ns = stop_ns,
				       .lost = hunting->run.counts[STAT_LOST],
				       .hunt = hunt_totals(hunting->hunt)};

	drill_forget(&hunting->drill);
	run_fail(&hunting->run, hunt_report(hunting->hunt, hunting->run.names, &options, &visitor));
	if (args->drill)
		totals.drill = drill_decide(&hunting->drill, &hunting->run);
	output_end(hunting->output, &totals);
}

/* A wait that has not ended: where, its process tells. */
static void feed_open(struct hunting *hunting, const struct record_wait *wait)
{
	struct record_stack stack = {0};
	struct record_wait_on named;
	bool is_found =
		!wait->stack && hunt_memory_find_stack(&hunting->memory, wait, &stack, &named);

	if (is_found)
		run_fail(&hunting->run, hunt_feed(hunting->hunt, &stack.header));
	run_fail(&hunting->run,
		 hunt_feed(hunting->hunt, is_found ? &named.wait.header : &wait->header));
}

static void handle(void *context, const struct record *record)
{
	struct hunting *hunting = context;

	run_saw(&hunting->run, record);
	if (record->kind == RECORD_WRONG_GOID)
		run_distrust(&hunting->run, record->pid);
	if (record->kind == RECORD_WAIT && record->flags & RECORD_IS_OPEN)
		feed_open(hunting, (const struct record_wait *)record);
	else
		run_fail(&hunting->run, hunt_feed(hunting->hunt, record));
	if (record->kind == RECORD_TICK && hunting->args->drill)
		drill_watch(&hunting->drill, hunting->hunt, hunting->args->slower_ns,
			    record->time_ns);
	if (record->kind == RECORD_STOPPED)
		finish(hunting, record->time_ns);
}

static struct error *start(void *context)
{
	struct hunting *hunting = context;
	struct live_options options = {.sink = {.handle = handle, .context = hunting}};
	size_t num_targets = plan_num_traced(&hunting->run.plan);
	char what[64];

	snprintf(what, sizeof(what), "tracing %zu function%s", num_targets,
		 num_targets == 1 ? "" : "s");
	return run_start(&hunting->run, &options, what);
}

static struct error *flush(void *context, int *errnum)
{
	struct hunting *hunting = context;

	const struct hunt_memory_teller teller = {.hunt = hunting->hunt,
						  .source = hunting->run.source,
						  .names = hunting->run.names,
						  .output = hunting->output};

	hunt_memory_tell_stuck(&hunting->memory, &teller);
	return output_flush(hunting->output, errnum);
}

static uint64_t num_calls(const struct hunting *hunting)
{
	return hunting->num_before + (hunting->hunt ? hunt_num_calls(hunting->hunt) : 0);
}

static bool limit_reached(void *context)
{
	const struct hunting *hunting = context;

	return hunting->drill.has_enough ||
	       (hunting->args->limit && num_calls(hunting) >= hunting->args->limit);
}

static bool has_shown(void *context)
{
	const struct hunting *hunting = context;

	return hunting->num_reports || num_calls(hunting);
}

static struct progress_count count(void *context)
{
	return (struct progress_count){
		.count = num_calls(context), .one = "call of a target", .many = "calls of targets"};
}

static void explain(void *context)
{
	const struct hunting *hunting = context;
	_cleanup_free_ char *targets = nothing_targets(&hunting->run.plan);
	_cleanup_free_ char *what = NULL;

	if (!targets || asprintf(&what, "entered %s", targets) < 0)
		return;
	nothing_explain(&hunting->run, what);
	nothing_explain_inlining(&hunting->run.plan);
}

static void destroy(struct hunting *hunting)
{
	hunt_free(hunting->hunt);
	hunt_memory_release(&hunting->memory);
	places_release(&hunting->places);
	output_free(hunting->output);
	drill_forget(&hunting->drill);
	run_destroy(&hunting->run);
}

static struct error *drill(struct hunting *hunting)
{
	close_output(hunting);
	return drill_run(&hunting->drill, hunting->args, &hunting->run);
}

int command_hunt(int argc, char **argv)
{
	_cleanup_error_ struct error *err = NULL;
	struct hunt_args args;
	struct hunting hunting = {.args = &args};
	char name[] = "gofuncgraph-c hunt";

	argv[0] = name;
	hunt_args_parse(argc, argv, 0, &args);
	log_set_verbose(args.run.verbose);
	hunting.run = (struct run){
		.args = &args.run,
		.context = &hunting,
		.has_more = args.drill,
		.format = args.format,
		.advice = "calls of which some are missing are left out; give --ring-size more",
		.make_plan = make_plan,
		.open_output = open_output,
		.start = start,
		.close_output = close_output,
		.flush = flush,
		.limit_reached = limit_reached,
		.has_shown = has_shown,
		.count = count,
		.explain = explain,
	};
	err = hunt_args_take_library(&args);
	if (!err)
		err = run_prepare(&hunting.run);
	if (!err)
		err = run_trace(&hunting.run);
	if (!err && hunting.drill.is_due)
		err = drill(&hunting);
	run_wait(&hunting.run);
	if (err)
		log_failure(err);
	destroy(&hunting);
	hunt_args_destroy(&args);
	return err ? STATUS_FAILED : STATUS_OK;
}
