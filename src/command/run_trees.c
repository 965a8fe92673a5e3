/* SPDX-License-Identifier: MIT */
#include "command/run_trees.h"

#include <errno.h>

#include "base/file_age.h"
#include "base/log.h"
#include "base/text.h"
#include "command/nothing.h"

/* Calls in no tree that are worth a word. */
#define LEAST_MISSED 10

/* ---- preparing ---- */

/* What is written there takes the place of what it is. */
static struct error *check_metrics(const struct run_trees *trees)
{
	const char *path = trees->args->view.metrics_path, *same = NULL;
	const struct run *run = trees->run;

	if (!path)
		return NULL;
	if (file_is_named(gobin_fd(run->bin), path))
		same = "the binary itself";
	else if (run->file && file_is_named(fileno(run->file), path))
		same = "what -o writes, too";
	else if (trees->record.file && file_is_named(fileno(trees->record.file), path))
		same = "what --record writes, too";
	return same ? error_new("--metrics %s is %s: give another file", path, same) : NULL;
}

/* What is only recorded is seen as trees by metrics alone. */
static bool has_view(const struct run_trees *trees)
{
	return !trees->args->only_records || trees->args->view.metrics_path;
}

static struct error *open_output(void *context)
{
	struct run_trees *trees = context;
	struct output_options options = {.values = &trees->run->plan.values,
					 .run = trees->args->run.options};
	const struct plan *plan = &trees->run->plan;
	struct error *err = run_prepare_output(trees->run, &options);

	trees->view.where = plan->where_is_early ? NULL : plan->where;
	if (!err)
		err = run_record_open(&trees->record, trees->run);
	if (!err)
		err = check_metrics(trees);
	if (err || !has_view(trees))
		return err;
	if (trees->args->only_records)
		options.file = NULL; /* the recorder's */
	return tree_view_open(&trees->view, &options, trees->run->hit_times);
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
		log_info("%s left out: %s (-v names them)",
			 text_counted(count, "function is", "functions are").text, reason);
}

static struct error *make_plan(void *context)
{
	struct run_trees *trees = context;
	struct run *run = trees->run;
	struct error *err = plan_make(run->bin, &trees->args->select.selection, &run->args->options,
				      &run->plan);

	if (err)
		return err;
	log_omissions(&run->plan);
	log_self_checks(&run->plan);
	return NULL;
}

static void close_output(void *context)
{
	struct run_trees *trees = context;

	tree_view_close(&trees->view);
	run_record_forget(&trees->record);
}

/* ---- running ---- */

static struct output_cost cost_of(struct guard_cost cost)
{
	return (struct output_cost){cost.num_hits, cost.cost_ns, cost.cpu_ns};
}

static void count_cost(struct run_trees *trees)
{
	const struct guard_now now = guard_now(trees->run->guard);
	struct output_counts *counts = &trees->view.counts;

	counts->knows_cost = true;
	counts->traced = cost_of(guard_cost(trees->run->guard));
	counts->others = cost_of(guard_cost_of_others(trees->run->guard));
	counts->num_processes = now.num_processes;
	counts->num_off = now.num_off;
}

static void handle(void *context, const struct record *record)
{
	struct run_trees *trees = context;

	run_saw(trees->run, record);
	trees->num_entries += record->kind == RECORD_ENTRY;
	if (record->kind == RECORD_WRONG_GOID)
		run_distrust(trees->run, record->pid);
	run_fail(trees->run, run_record_add(&trees->record, record));
	if (!has_view(trees))
		return;
	if (trees->run->writes_metrics &&
	    (record->kind == RECORD_TICK || record->kind == RECORD_STOPPED))
		count_cost(trees);
	run_fail(trees->run, tree_view_feed(&trees->view, record));
}

static struct error *start(void *context)
{
	struct run_trees *trees = context;
	struct live_options options = {.sink = {.handle = handle, .context = trees}};
	size_t num_traced = plan_num_traced(&trees->run->plan);
	char what[160];

	snprintf(what, sizeof(what), "tracing %s",
		 text_counted(num_traced, "function", "functions").text);
	struct error *err = run_start(trees->run, &options, what);
	if (err || !trees->run->has_begun || trees->run->is_changed)
		return err;
	trees->num_entries = 0;
	trees->num_entries_before = guard_num_entries(trees->run->guard);
	return run_record_begin(&trees->record, trees->run);
}

static struct error *flush(void *context, int *errnum)
{
	struct run_trees *trees = context;

	*errnum = trees->record.is_closed ? EPIPE : 0;
	if (*errnum)
		return error_errno(*errnum, "cannot write the recording");
	return has_view(trees) ? tree_view_flush(&trees->view, errnum) : NULL;
}

static bool limit_reached(void *context)
{
	const struct run_trees *trees = context;

	return tree_view_is_full(&trees->view);
}

static bool has_shown(void *context)
{
	const struct run_trees *trees = context;

	const uint64_t *stats = trees->run->counts;

	if (trees->args->only_records)
		return trees->record.num_roots;
	return tree_view_has_shown(&trees->view) || stats[STAT_REJECTED] || stats[STAT_UNDECIDED];
}

static struct progress_count count(void *context)
{
	const struct run_trees *trees = context;

	return (struct progress_count){
		.count = trees->args->only_records ? trees->record.num_roots
						   : tree_view_num_roots(&trees->view),
		.one = "call of a target",
		.many = "calls of targets",
		.are_chosen = filter_chooses(&trees->args->view.filter),
		.num_shown = tree_view_num_written(&trees->view),
	};
}

/* Something else than where they are called may have left them out. */
static bool has_other_reasons(const uint64_t *stats)
{
	for (size_t i = 0; i < STAT_COUNT; i++)
		if (i != STAT_SENT && i != STAT_OTHER_NAMESPACE && stats[i])
			return true;
	return false;
}

/* Goroutines that a target's call starts are where its work is often done. */
static void hint_at_follow(const struct run_trees *trees)
{
	uint64_t all = guard_num_entries(trees->run->guard) - trees->num_entries_before;
	uint64_t missed = all > trees->num_entries ? all - trees->num_entries : 0;

	if (trees->args->run.options.follow || !trees->num_entries ||
	    has_other_reasons(trees->run->counts) || missed <= trees->num_entries ||
	    missed < LEAST_MISSED)
		return;
	log_info(
		"%s of %s calls of traced functions are in no tree: goroutines made them that were in no target; --follow shows those of goroutines that a tree starts",
		text_count(missed).text, text_count(all).text);
}

static void report(void *context)
{
	const struct run_trees *trees = context;

	hint_at_follow(trees);
	tree_view_report_unwanted(&trees->view, &trees->args->run.options, trees->run->counts);
	if (!trees->args->only_records)
		tree_view_report(&trees->view);
	run_record_report(&trees->record);
}

static void explain(void *context)
{
	const struct run_trees *trees = context;

	nothing_explain_targets(trees->run);
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

void run_trees_begin(struct run_trees *trees, const struct trace_args *args, struct run *run)
{
	*trees = (struct run_trees){
		.args = args,
		.run = run,
		.view.args = &args->view,
		.record = {.path = args->record_path,
			   .is_output = args->only_records,
			   .keep = args->keep,
			   .dump_slower_ns = args->dump_slower_ns},
	};
	run->args = &args->run;
	run->format = args->view.format;
	run->is_recording = args->only_records;
	run->writes_metrics = args->view.metrics_path || format_is_rewritten(run->format);
	run->advice = "trace fewer functions, or give --ring-size more";
	run->ops = &ops;
	run->context = trees;
}

void run_trees_end(struct run_trees *trees)
{
	tree_view_close(&trees->view);
	run_record_close(&trees->record);
}
