/* SPDX-License-Identifier: MIT */
/*
 * metrics_view.h - --metrics: what is traced as metrics (output/prometheus.h), beside the trees that are shown.
 *
 * They are of all calls in trees that satisfy the conditions, whichever trees are shown: what --slower and the like
 * leave out is in them.
 */
#ifndef COMMAND_METRICS_VIEW_H
#define COMMAND_METRICS_VIEW_H

#include "gofuncgraph/filter.h"
#include "gofuncgraph/output.h"

struct metrics_view {
	struct output *output; /* NULL: none are wanted */
	struct filter *filter; /* NULL: there are no conditions */
	struct output_counts counts;
};

/* `shown`: of the output beside which they are; `path`: their file. `where`: as in struct filter_options. *sink: what
 * to feed a calltree with. */
struct error *metrics_view_open(struct metrics_view *metrics, const struct output_options *shown,
				const char *path, const struct where *where,
				struct calltree_sink *sink);
void metrics_view_close(struct metrics_view *metrics);

/* After the trees and `shown`, of which these are the counts. Nothing where none are wanted, as below. */
struct error *metrics_view_feed(struct metrics_view *metrics, const struct record *record,
				const struct output_counts *counts, const struct output *shown);

/* The error that a write met. */
struct error *metrics_view_flush(struct metrics_view *metrics);

#endif
