/* SPDX-License-Identifier: MIT */
/* view_args.h - the options of how call trees are shown, be they traced now or read from a file. */
#ifndef COMMAND_VIEW_ARGS_H
#define COMMAND_VIEW_ARGS_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

#include "gofuncgraph/filter.h"
#include "gofuncgraph/output.h"

/* Of what is traced now, if nothing else is said. */
#define VIEW_MAX_SPANS_PER_SECOND  1000
#define VIEW_MOST_SPANS_PER_SECOND 1000000000

struct view_args {
	const struct format *format;
	struct filter_options filter;
	struct summary_options summary;
	bool has_order; /* --sort was given */
	const char *metrics_path; /* of metrics beside what is shown; NULL: none */
	uint64_t limit; /* trees; 0: any number */
	uint64_t max_spans_per_second; /* 0: not given */
	bool leaf;
	bool live;
	enum caller_style caller;
	enum color_use color;
	bool histogram; /* with a filter that chooses trees */
};

/* Keys of options, of which another command may have some, besides 'f' for -f. */
enum view_key {
	VIEW_SLOWER = 0x6000,
	VIEW_SLOWEST,
	VIEW_INTERVAL,
	VIEW_HISTOGRAM,
	VIEW_SUMMARY,
	VIEW_SORT,
	VIEW_MIN_DURATION,
	VIEW_DEPTH,
	VIEW_LEAF,
	VIEW_LIVE,
	VIEW_CALLER,
	VIEW_COLOR,
	VIEW_LIMIT,
	VIEW_MAX_SPANS,
};

/* An argp's parser for them; its input is a struct view_args. */
error_t view_args_parse(int key, char *arg, struct argp_state *state);

/* For argp's `children`; its input is a struct view_args. */
extern const struct argp view_argp;

/* Those of them alone that choose what is shown. Whose child it is sets args->format, and calls
 * view_args_finish() at the end. */
extern const struct argp view_filter_argp;
void view_args_finish(struct view_args *args, struct argp_state *state);

#endif
