/* SPDX-License-Identifier: MIT */
#include "command/view_args.h"

#include <string.h>

#include "base/text.h"
#include "command/options.h"
#include "command/run_args.h"
#include "output/format_list.h"

/* Which trees there are, and which calls in them: whatever shows them. */
static const struct argp_option filter_options[] = {
	{"slower", VIEW_SLOWER, "DURATION", 0,
	 "Only trees that took at least DURATION; the others are counted", OPTIONS_SHOWN},
	{"slowest", VIEW_SLOWEST, "N", 0, "Only the N trees that took longest, at the end",
	 OPTIONS_SHOWN},
	{"interval", VIEW_INTERVAL, "DURATION", 0,
	 "With --slowest, --summary or metrics: each DURATION, not at the end only", OPTIONS_SHOWN},
	{"histogram", VIEW_HISTOGRAM, NULL, 0,
	 "With --slower or --slowest: how many calls of targets took how long, at the end",
	 OPTIONS_SHOWN},
	{"min-duration", VIEW_MIN_DURATION, "DURATION", 0,
	 "Fold calls inside a tree that took less: one line tells how many there were",
	 OPTIONS_SHOWN},
	{"depth", VIEW_DEPTH, "N", 0, "Fold calls of more than N levels", OPTIONS_SHOWN},
	{"limit", VIEW_LIMIT, "N", 0, "After N trees; with --summary: the first N functions",
	 OPTIONS_STOP},
	{},
};

static const struct argp_option look_options[] = {
	{"summary", VIEW_SUMMARY, NULL, 0,
	 "Instead of trees, at the end: how many calls each function had, and how long they took",
	 OPTIONS_SHOWN},
	{"sort", VIEW_SORT, "KEY", 0,
	 "With --summary: functions in order of " FUNCTION_ORDERS " (default total)",
	 OPTIONS_SHOWN},
	{"leaf", VIEW_LEAF, NULL, 0, "One line, `name();`, for a call in which nothing is shown",
	 OPTIONS_SHOWN},
	{"live", VIEW_LIVE, NULL, 0,
	 "Instead of whole trees: a line when a call begins and when it ends, with its goroutine",
	 OPTIONS_SHOWN},
	{"caller", VIEW_CALLER, "STYLE", 0,
	 "Where calls came from and ended: off, short (default on a terminal), or full",
	 OPTIONS_SHOWN},
	{"format", 'f', "FORMAT", 0, FORMATS_DOC(TREE_FORMATS), OPTIONS_OUTPUT},
	{"max-spans-per-second", VIEW_MAX_SPANS, "N", 0,
	 "With -f otlp: whole trees beyond that are not sent, but counted (default 1000)",
	 OPTIONS_OUTPUT},
	{"color", VIEW_COLOR, "WHEN", 0, OPTION_COLOR_DOC, OPTIONS_OUTPUT},
	{},
};

static error_t parse_caller(struct argp_state *state, const char *arg, enum caller_style *caller)
{
	if (!strcmp(arg, "off"))
		*caller = CALLER_OFF;
	else if (!strcmp(arg, "short"))
		*caller = CALLER_SHORT;
	else if (!strcmp(arg, "full"))
		*caller = CALLER_FULL;
	else
		argp_error(state, "--caller is off, short or full, not '%s'", arg);
	return 0;
}

/* Whether what is chosen of trees, and of their lines, is there to be chosen from. */
static void check_end(const struct view_args *args, struct argp_state *state)
{
	const struct summary_options *summary = &args->summary;
	const struct filter_options *filter = &args->filter;

	if (filter->interval_ns && !filter->slowest && !summary->is_wanted &&
	    !format_is_rewritten(args->format) && !args->metrics_path)
		argp_error(
			state,
			"--interval is about --slowest, --summary or metrics, and none of them is there");
	if (format_is_rewritten(args->format) && (filter->min_duration_ns || filter->depth))
		argp_error(
			state,
			"--min-duration and --depth are about what trees show, and this format counts all calls: leave them out");
	if (args->histogram && !filter_chooses(filter))
		argp_error(
			state,
			"--histogram is about what --slower or --slowest leave out, and none of them is there");
	if (args->limit && filter->slowest)
		argp_error(
			state,
			"--limit and --slowest exclude each other: the slowest are known when tracing ends");
	if (!summary->is_wanted && args->has_order)
		argp_error(state, "--sort is about --summary, which is not there");
	if (summary->is_wanted &&
	    (filter->min_duration_ns || filter->depth || args->leaf || args->caller != CALLER_AUTO))
		argp_error(
			state,
			"--min-duration, --depth, --leaf and --caller are about what trees show, and --summary shows none: leave them out");
	if (args->live && (filter_chooses(filter) || filter->min_duration_ns))
		argp_error(
			state,
			"--live shows calls as they begin, when nobody knows yet how long they take: leave out --slower, --slowest and --min-duration");
	if (args->live && summary->is_wanted)
		argp_error(state,
			   "--live and --summary exclude each other: a summary shows no calls");
	if (args->live && !format_can_be_live(args->format))
		argp_error(state, "there is no --live in this format: leave out -f");
	if (args->max_spans_per_second && !format_is_sent(args->format))
		argp_error(state, "--max-spans-per-second is about -f otlp, which is not there");
	if (summary->is_wanted && !format_can_summarize(args->format))
		argp_error(state, "there is no --summary in this format: leave out -f");
}

void view_args_finish(struct view_args *args, struct argp_state *state)
{
	args->summary.interval_ns = args->filter.interval_ns;
	args->filter.by_begin = format_is_document(args->format);
	if (args->summary.is_wanted) {
		args->summary.top = args->limit;
		args->limit = 0;
	}
	check_end(args, state);
}

error_t view_args_parse(int key, char *arg, struct argp_state *state)
{
	struct view_args *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		args->format = format_named(OUTPUT_TREES, NULL);
		return 0;
	case VIEW_SLOWER:
		run_args_check(state, "--slower",
			       text_parse_duration(arg, &args->filter.slower_ns));
		return 0;
	case VIEW_SLOWEST:
		run_args_check(state, "--slowest",
			       text_parse_count(arg, FILTER_MAX_SLOWEST, &args->filter.slowest));
		return 0;
	case VIEW_INTERVAL:
		run_args_check(state, "--interval",
			       text_parse_duration(arg, &args->filter.interval_ns));
		return 0;
	case VIEW_HISTOGRAM:
		args->histogram = true;
		return 0;
	case VIEW_SUMMARY:
		args->summary.is_wanted = true;
		return 0;
	case VIEW_SORT:
		args->has_order = true;
		if (!function_order_from_name(arg, &args->summary.order))
			argp_error(state, "there is no order '%s'; there are " FUNCTION_ORDERS,
				   arg);
		return 0;
	case VIEW_MIN_DURATION:
		run_args_check(state, "--min-duration",
			       text_parse_duration(arg, &args->filter.min_duration_ns));
		return 0;
	case VIEW_DEPTH:
		run_args_check(state, "--depth",
			       text_parse_count(arg, UINT32_MAX, &args->filter.depth));
		return 0;
	case VIEW_LEAF:
		args->leaf = true;
		return 0;
	case VIEW_LIVE:
		args->live = true;
		return 0;
	case VIEW_CALLER:
		return parse_caller(state, arg, &args->caller);
	case 'f':
		return run_args_parse_format(OUTPUT_TREES, FORMATS_NAMES(TREE_FORMATS), arg, state,
					     &args->format);
	case VIEW_COLOR:
		option_parse_color(state, arg, &args->color);
		return 0;
	case VIEW_MAX_SPANS:
		run_args_check(state, "--max-spans-per-second",
			       text_parse_count(arg, VIEW_MOST_SPANS_PER_SECOND,
						&args->max_spans_per_second));
		return 0;
	case VIEW_LIMIT:
		run_args_check(state, "--limit", text_parse_count(arg, UINT64_MAX, &args->limit));
		return 0;
	case ARGP_KEY_END:
		view_args_finish(args, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Of a table whose beginning and end are another parser's. */
static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	if (key == ARGP_KEY_INIT || key == ARGP_KEY_END)
		return 0;
	return view_args_parse(key, arg, state);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	if (key == ARGP_KEY_INIT)
		state->child_inputs[0] = state->child_inputs[1] = state->input;
	return view_args_parse(key, arg, state);
}

const struct argp view_filter_argp = {.options = filter_options, .parser = parse_option};
static const struct argp look_argp = {.options = look_options, .parser = parse_option};

static const struct argp_child children[] = {
	{&view_filter_argp, 0, NULL, 0}, {&look_argp, 0, NULL, 0}, {}};

const struct argp view_argp = {.parser = parse, .children = children};
