/* SPDX-License-Identifier: MIT */
/* trace.c - the main job: attach, read, print trees, until told to stop. */
#include <string.h>

#include "base/log.h"
#include "base/terminal.h"
#include "command/command.h"
#include "command/nothing.h"
#include "command/run.h"
#include "command/sums.h"
#include "command/trace_args.h"
#include "filter/shallow.h"
#include "gofuncgraph/calltree.h"
#include "gofuncgraph/filter.h"
#include "gofuncgraph/output.h"

#define SLOW_MANY_SITES 1000 /* one perf event a site: some 0.1 s each to detach */

struct trace {
	const struct trace_args *args;
	struct run run;
	struct output *output;
	struct filter *filter; /* NULL: all is shown */
	struct shallow shallow; /* with --live and --depth */
	struct calltree *trees;
	struct stacks stacks;
	/* Of the binary before it was overwritten. */
	uint64_t num_written;
	uint64_t num_begun;
	uint64_t num_calls; /* of targets */
};

/* Trees, to their end. */
static uint64_t num_written(const struct trace *trace)
{
	return trace->num_written + (trace->output ? output_num_trees(trace->output) : 0);
}

/* ---- preparing ---- */

static struct error *open_output(void *context)
{
	struct trace *trace = context;
	const struct trace_args *args = trace->args;
	struct output_options options = {
		.max_trees = args->limit ? args->limit - trace->num_written : 0,
		.num_trees_before = trace->num_begun,
		.whole_trees = !args->live && filter_is_needed(&args->filter),
		.leaf = args->leaf,
		.live = args->live,
		.caller = args->caller,
		.summary = args->summary,
		.color = args->color,
		.stacks = &trace->stacks,
		.values = &trace->run.plan.values,
		.run = args->run.options,
	};
	struct calltree_sink sink;
	struct error *err = run_prepare_output(&trace->run, &options);

	if (!err && !options.summary.top && isatty(fileno(options.file)) &&
	    args->format == format_named(OUTPUT_TREES, NULL))
		options.summary.top = TERMINAL_ROWS;
	if (!err)
		err = output_new(args->format, &options, &trace->output);
	if (err)
		return err;
	sink = output_sink(trace->output);
	sink.hit_times = trace->run.hit_times;
	if (options.whole_trees) {
		err = filter_new(&args->filter, &sink, &trace->filter);
		if (err)
			return err;
		sink = filter_sink(trace->filter);
		sink.hit_times = trace->run.hit_times;
	}
	if (args->live && args->filter.depth) {
		trace->shallow = (struct shallow){.next = sink, .depth = args->filter.depth};
		sink = shallow_sink(&trace->shallow);
	}
	return calltree_new(&sink, &trace->trees);
}

static void log_omissions(const struct plan *plan)
{
	for (size_t i = 0; i < plan->num_omissions; i++) {
		const struct omission *omission = &plan->omissions[i];
		const struct gobin_func *func = omission->func;

		log_verbose("left out %s+%llu: %s", func->name,
			    (unsigned long long)(omission->va - func->va), omission->reason);
	}
}

/* Too many to name without being asked, and too much to be missed without a word. */
static void log_self_checks(const struct plan *plan)
{
	const char *reason = NULL;
	size_t count = 0;

	for (size_t i = 0; i < plan->num_omissions; i++) {
		const struct gobin_func *func = plan->omissions[i].func;
		const char *checked = gobin_self_check(plan->bin, func->va, func->size);

		reason = reason ?: checked;
		count += checked != NULL;
	}
	if (count)
		log_info("%zu function%s left out: %s (-v names them)", count,
			 count == 1 ? " is" : "s are", reason);
}

/* False: the user does not want to wait. */
static bool confirm_slow_attaching(const struct trace *trace)
{
	enum attach_method method = trace->args->run.options.method;
	char answer[16] = "";

	if (trace->run.plan.num_sites <= SLOW_MANY_SITES || trace->args->yes ||
	    !isatty(STDIN_FILENO))
		return true;
	if (method == ATTACH_AUTO)
		method = attach_best_method();
	if (method != ATTACH_PERF_EVENT)
		return true;
	fprintf(stderr,
		"found %zu uprobes, large number of uprobes (>%d) need long time for attaching and detaching, continue? [Y/n]\n",
		trace->run.plan.num_sites, SLOW_MANY_SITES);
	if (!fgets(answer, sizeof(answer), stdin))
		return false;
	return answer[0] == '\n' || answer[0] == 'y' || answer[0] == 'Y';
}

static struct error *make_plan(void *context)
{
	struct trace *trace = context;
	struct run *run = &trace->run;
	struct error *err = plan_make(run->bin, &trace->args->select.selection, &run->args->options,
				      &run->plan);

	if (err)
		return err;
	log_omissions(&run->plan);
	log_self_checks(&run->plan);
	return NULL;
}

static void close_output(void *context)
{
	struct trace *trace = context;

	trace->num_written = num_written(trace);
	trace->num_begun = calltree_num_begun(trace->trees);
	trace->num_calls += calltree_num_roots(trace->trees);
	calltree_free(take_pointer(trace->trees));
	filter_free(take_pointer(trace->filter));
	output_free(take_pointer(trace->output));
	stacks_clear(&trace->stacks);
}

/* ---- running ---- */

/* What a record is to the filter, behind the trees. */
static void filter_record(struct trace *trace, const struct record *record)
{
	if (record->kind == RECORD_TICK)
		filter_tick(trace->filter, record->time_ns);
	else if (record->kind == RECORD_STOPPED)
		filter_end(trace->filter);
	run_fail(&trace->run, filter_take_error(trace->filter));
}

static void handle(void *context, const struct record *record)
{
	struct trace *trace = context;

	run_saw(&trace->run, record);
	if (record->kind == RECORD_WRONG_GOID)
		run_distrust(&trace->run, record->pid);
	run_fail(&trace->run, stacks_feed(&trace->stacks, record));
	run_fail(&trace->run, calltree_feed(trace->trees, record));
	if (trace->filter)
		filter_record(trace, record);
	if (record->kind == RECORD_TICK)
		output_tick(trace->output, record->time_ns);
	if (record->kind == RECORD_STOPPED)
		output_end(trace->output, &(struct output_totals){
						  .stop_ns = record->time_ns,
						  .lost = trace->run.counts[STAT_LOST],
					  });
}

static struct error *start(void *context)
{
	struct trace *trace = context;
	struct live_options options = {.sink = {.handle = handle, .context = trace}};
	size_t num_traced = plan_num_traced(&trace->run.plan);
	char what[64];

	snprintf(what, sizeof(what), "tracing %zu function%s", num_traced,
		 num_traced == 1 ? "" : "s");
	return run_start(&trace->run, &options, what);
}

static struct error *flush(void *context, int *errnum)
{
	struct trace *trace = context;

	return output_flush(trace->output, errnum);
}

static bool limit_reached(void *context)
{
	const struct trace *trace = context;

	return trace->args->limit && num_written(trace) >= trace->args->limit;
}

/* Or counted: the reason that nothing is shown is known then. */
static bool has_shown(void *context)
{
	const struct trace *trace = context;
	const struct filter_sums *sums = trace->filter ? filter_sums(trace->filter) : NULL;

	return num_written(trace) || (sums && (sums->durations.count || sums->lost));
}

static struct progress_count count(void *context)
{
	const struct trace *trace = context;

	return (struct progress_count){
		.count = trace->num_calls + calltree_num_roots(trace->trees),
		.one = "call of a target",
		.many = "calls of targets",
		.are_chosen = filter_chooses(&trace->args->filter),
		.num_shown = num_written(trace),
	};
}

static void report(void *context)
{
	const struct trace *trace = context;
	const struct filter_sums *sums = trace->filter ? filter_sums(trace->filter) : NULL;

	if (output_num_left_out(trace->output))
		log_info("%llu more functions are not shown (--limit N shows more)",
			 (unsigned long long)output_num_left_out(trace->output));
	if (!sums || !filter_chooses(&trace->args->filter))
		return;
	sums_report(sums, output_num_trees(trace->output));
	if (trace->args->histogram)
		sums_report_histogram(sums);
}

static void explain(void *context)
{
	const struct trace *trace = context;
	_cleanup_free_ char *targets = nothing_targets(&trace->run.plan);
	_cleanup_free_ char *what = NULL;

	if (!targets || asprintf(&what, "entered %s", targets) < 0)
		return;
	nothing_explain(&trace->run, what);
	nothing_explain_inlining(&trace->run.plan);
}

static void destroy(struct trace *trace)
{
	calltree_free(trace->trees);
	filter_free(trace->filter);
	output_free(trace->output);
	stacks_clear(&trace->stacks);
	run_destroy(&trace->run);
}

int command_trace(int argc, char **argv)
{
	_cleanup_error_ struct error *err = NULL;
	struct trace_args args;
	struct trace trace = {.args = &args};

	trace_args_parse(argc, argv, 0, &args);
	log_set_verbose(args.run.verbose);
	trace.run = (struct run){
		.args = &args.run,
		.context = &trace,
		.format = args.format,
		.advice = "trace fewer functions, or give --ring-size more",
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
	err = trace_args_take_library(&args);
	if (!err)
		err = run_prepare(&trace.run);
	if (!err && confirm_slow_attaching(&trace))
		err = run_trace(&trace.run);
	if (err)
		log_failure(err);
	destroy(&trace);
	trace_args_destroy(&args);
	return err ? STATUS_FAILED : STATUS_OK;
}
