/* SPDX-License-Identifier: MIT */
/*
 * tree_view.h - records as trees on an output: the call trees, what chooses among them, and the format,
 * be the records traced now or read from a file.
 */
#ifndef COMMAND_TREE_VIEW_H
#define COMMAND_TREE_VIEW_H

#include "command/metrics_view.h"
#include "command/progress.h"
#include "command/view_args.h"
#include "filter/shallow.h"
#include "filter/tee.h"
#include "gofuncgraph/calltree.h"
#include "gofuncgraph/output.h"

struct tree_view {
	const struct view_args *args; /* not owned; all else is zero at first */
	/* What trees must satisfy as far as that is not known when they begin; NULL: nothing. Not owned. */
	const struct where *where;
	struct output *output;
	struct filter *filter; /* NULL: all is shown */
	struct shallow shallow; /* with --live and --depth */
	struct metrics_view metrics; /* with args->metrics_path */
	struct tee tee; /* with them: to them, and to what is shown */
	struct calltree *trees;
	struct stacks stacks;
	struct output_counts counts; /* what probes cost is up to who feeds it */
	/* Of the binary before this one. */
	uint64_t num_written_before, num_begun_before, num_roots_before;
};

/* Again after tree_view_close(), for another binary. `options`: what the output is about. `hit_times`: as in
 * struct calltree_sink. */
struct error *tree_view_open(struct tree_view *view, const struct output_options *options,
			     const struct hit_time *hit_times);
void tree_view_close(struct tree_view *view);

struct error *tree_view_feed(struct tree_view *view, const struct record *record);

/* As output_flush(). */
struct error *tree_view_flush(struct tree_view *view, int *errnum);

/* Trees that were written to their end, and calls that began trees. */
uint64_t tree_view_num_written(const struct tree_view *view);
uint64_t tree_view_num_roots(const struct tree_view *view);
/* Or counted: the reason that nothing is shown is known then. */
bool tree_view_has_shown(const struct tree_view *view);
/* As many as --limit wants. */
bool tree_view_is_full(const struct tree_view *view);

/* What the conditions of these options have left out, here and, by enum statistic, in the kernel. */
void tree_view_report_unwanted(const struct tree_view *view, const struct run_options *options,
			       const uint64_t counts[STAT_COUNT]);

/* What was not shown, at the end, as messages. */
void tree_view_report(const struct tree_view *view);

#endif
