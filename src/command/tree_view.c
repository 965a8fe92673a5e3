/* SPDX-License-Identifier: MIT */
/* tree_view.c - records as trees on an output; see tree_view.h. */
#include "command/tree_view.h"

#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/terminal.h"
#include "base/text.h"
#include "command/counts.h"
#include "command/sums.h"
#include "gofuncgraph/filter.h"

static void set_view(const struct tree_view *view, const struct filter_options *chosen,
		     struct output_options *options)
{
	const struct view_args *args = view->args;

	options->max_trees = args->limit ? args->limit - view->num_written_before : 0;
	options->num_trees_before = view->num_begun_before;
	options->whole_trees = !args->live && filter_is_needed(chosen);
	options->leaf = args->leaf;
	options->live = args->live;
	options->caller = args->caller;
	options->summary = args->summary;
	options->color = args->color;
	options->stacks = &view->stacks;
	options->counts = &view->counts;
	options->max_spans_per_second = args->max_spans_per_second;
	if (!args->max_spans_per_second && !options->is_past && !chosen->slowest)
		options->max_spans_per_second = VIEW_MAX_SPANS_PER_SECOND;
	if (!options->summary.top && options->file && isatty(fileno(options->file)) &&
	    (args->format == format_named(OUTPUT_TREES, NULL) ||
	     args->format == format_named(OUTPUT_REPORT, NULL)))
		options->summary.top = TERMINAL_ROWS;
}

struct error *tree_view_open(struct tree_view *view, const struct output_options *options,
			     const struct hit_time *hit_times)
{
	const struct view_args *args = view->args;
	struct filter_options chosen = args->filter;
	struct output_options all = *options;
	struct calltree_sink sink;
	struct error *err;

	if (args->live && view->where)
		return error_new(
			"--live shows calls as they begin, when nobody knows yet whether they satisfy all of --where and --label: leave out --live, or what these ask of results, floating-point numbers, long texts and labels");
	chosen.where = view->where;
	chosen.values = options->values;
	set_view(view, &chosen, &all);
	err = output_new(args->format, &all, &view->output);
	if (err)
		return err;
	sink = output_sink(view->output);
	if (all.whole_trees) {
		err = filter_new(&chosen, &sink, &view->filter);
		if (err)
			return err;
		sink = filter_sink(view->filter);
	}
	sink.hit_times = hit_times;
	if (args->live && args->filter.depth) {
		view->shallow = (struct shallow){.next = sink, .depth = args->filter.depth};
		sink = shallow_sink(&view->shallow);
	}
	if (args->metrics_path) {
		view->tee.then = sink;
		err = metrics_view_open(&view->metrics, &all, args->metrics_path, view->where,
					&view->tee.first);
		if (err)
			return err;
		sink = tee_sink(&view->tee);
	}
	return calltree_new(&sink, &view->trees);
}

void tree_view_close(struct tree_view *view)
{
	view->num_written_before = tree_view_num_written(view);
	view->num_roots_before = tree_view_num_roots(view);
	if (view->trees)
		view->num_begun_before = calltree_num_begun(view->trees);
	calltree_free(take_pointer(view->trees));
	filter_free(take_pointer(view->filter));
	output_free(take_pointer(view->output));
	metrics_view_close(&view->metrics);
	stacks_clear(&view->stacks);
}

/* What a record is to the filter, behind the trees. */
static struct error *filter_record(struct filter *filter, const struct record *record)
{
	if (record->kind == RECORD_TICK)
		filter_tick(filter, record->time_ns);
	else if (record->kind == RECORD_STOPPED)
		filter_end(filter);
	return filter_take_error(filter);
}

static const struct filter_sums *sums_of(const struct tree_view *view)
{
	return view->filter ? filter_sums(view->filter) : NULL;
}

static void count_unwanted(struct tree_view *view)
{
	const struct filter_sums *sums = sums_of(view);
	uint64_t ended, wanted;

	if (!sums)
		return;
	ended = sums->durations.count + sums->lost;
	wanted = output_num_trees(view->output) + sums->num_waiting;
	view->counts.rejected = sums->rejected;
	view->counts.undecided = sums->undecided;
	view->counts.unwanted = ended > wanted ? ended - wanted : 0;
}

struct error *tree_view_feed(struct tree_view *view, const struct record *record)
{
	struct error *err = stacks_feed(&view->stacks, record);

	output_hear(view->output, record);
	if (!err)
		err = calltree_feed(view->trees, record);
	if (!err && view->filter)
		err = filter_record(view->filter, record);
	counts_take(view->counts.statistics, record);
	if (record->kind == RECORD_TICK || record->kind == RECORD_STOPPED)
		count_unwanted(view);
	if (record->kind == RECORD_TICK)
		output_tick(view->output, record->time_ns);
	if (record->kind == RECORD_STOPPED)
		output_end(view->output,
			   &(struct output_totals){.stop_ns = record->time_ns,
						   .lost = view->counts.statistics[STAT_LOST]});
	if (!err)
		err = metrics_view_feed(&view->metrics, record, &view->counts, view->output);
	return err;
}

struct error *tree_view_flush(struct tree_view *view, int *errnum)
{
	struct error *err = output_flush(view->output, errnum);

	return err ?: metrics_view_flush(&view->metrics);
}

uint64_t tree_view_num_written(const struct tree_view *view)
{
	return view->num_written_before + (view->output ? output_num_trees(view->output) : 0);
}

uint64_t tree_view_num_roots(const struct tree_view *view)
{
	return view->num_roots_before + (view->trees ? calltree_num_roots(view->trees) : 0);
}

bool tree_view_has_shown(const struct tree_view *view)
{
	const struct filter_sums *sums = sums_of(view);

	return tree_view_num_written(view) ||
	       (sums && (sums->durations.count || sums->lost || sums->rejected || sums->undecided));
}

/* One without a value is shown, and chooses none. */
static bool labels_choose(const struct run_options *options)
{
	for (size_t i = 0; i < options->num_labels; i++)
		if (strchr(options->labels[i], '='))
			return true;
	return false;
}

void tree_view_report_unwanted(const struct tree_view *view, const struct run_options *options,
			       const uint64_t counts[STAT_COUNT])
{
	const struct filter_sums *sums = sums_of(view);
	uint64_t rejected = counts[STAT_REJECTED] + (sums ? sums->rejected : 0);
	uint64_t undecided = counts[STAT_UNDECIDED] + (sums ? sums->undecided : 0);
	const char *what = !labels_choose(options) ? "--where"
			   : !options->where       ? "--label"
						   : "--where and --label";

	if (rejected)
		log_info("%s did not satisfy %s",
			 text_counted(rejected, "call of a target", "calls of targets").text, what);
	if (undecided)
		log_info(
			"%s satisfy %s, a value was not there",
			text_counted(undecided,
				     "call of a target was left out: nobody knows whether it would",
				     "calls of targets were left out: nobody knows whether they")
				.text,
			what);
}

bool tree_view_is_full(const struct tree_view *view)
{
	return view->args->limit && tree_view_num_written(view) >= view->args->limit;
}

void tree_view_report(const struct tree_view *view)
{
	const struct filter_sums *sums = sums_of(view);

	if (output_num_left_out(view->output))
		log_info("%s not shown (--limit N shows more)",
			 text_counted(output_num_left_out(view->output), "more function is",
				      "more functions are")
				 .text);
	if (!sums || !filter_chooses(&view->args->filter))
		return;
	sums_report(sums, output_num_trees(view->output));
	if (view->args->histogram)
		sums_report_histogram(sums);
}
