/* SPDX-License-Identifier: MIT */
/* trace.c - the main job: attach, read, print trees, until told to stop. */
#include <unistd.h>

#include "base/log.h"
#include "command/command.h"
#include "command/nothing.h"
#include "command/run.h"
#include "command/trace_args.h"
#include "command/tree_view.h"

#define SLOW_MANY_SITES 1000 /* one perf event a site: some 0.1 s each to detach */

struct trace {
	const struct trace_args *args;
	struct run run;
	struct tree_view view;
};

/* ---- preparing ---- */

static struct error *open_output(void *context)
{
	struct trace *trace = context;
	struct output_options options = {.values = &trace->run.plan.values,
					 .run = trace->args->run.options};
	struct error *err = run_prepare_output(&trace->run, &options);

	return err ?: tree_view_open(&trace->view, &options, trace->run.hit_times);
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

	tree_view_close(&trace->view);
}

/* ---- running ---- */

static void handle(void *context, const struct record *record)
{
	struct trace *trace = context;

	run_saw(&trace->run, record);
	if (record->kind == RECORD_WRONG_GOID)
		run_distrust(&trace->run, record->pid);
	run_fail(&trace->run, tree_view_feed(&trace->view, record, trace->run.counts[STAT_LOST]));
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

	return output_flush(trace->view.output, errnum);
}

static bool limit_reached(void *context)
{
	const struct trace *trace = context;

	return tree_view_is_full(&trace->view);
}

static bool has_shown(void *context)
{
	const struct trace *trace = context;

	return tree_view_has_shown(&trace->view);
}

static struct progress_count count(void *context)
{
	const struct trace *trace = context;

	return (struct progress_count){
		.count = tree_view_num_roots(&trace->view),
		.one = "call of a target",
		.many = "calls of targets",
		.are_chosen = filter_chooses(&trace->args->view.filter),
		.num_shown = tree_view_num_written(&trace->view),
	};
}

static void report(void *context)
{
	const struct trace *trace = context;

	tree_view_report(&trace->view);
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
	tree_view_close(&trace->view);
	run_destroy(&trace->run);
}

int command_trace(int argc, char **argv)
{
	_cleanup_error_ struct error *err = NULL;
	struct trace_args args;
	struct trace trace = {.args = &args, .view.args = &args.view};

	trace_args_parse(argc, argv, 0, &args);
	log_set_verbose(args.run.verbose);
	trace.run = (struct run){
		.args = &args.run,
		.context = &trace,
		.format = args.view.format,
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
