/* SPDX-License-Identifier: MIT */
#include "command/trace_args.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "command/command.h"
#include "command/goroutine_args.h"
#include "command/options.h"
#include "output/format_list.h"

enum {
	KEY_LIMIT = 0x2000,
	KEY_NO_EMULATE_RET,
	KEY_STATES,
	KEY_MIN_WAIT,
	KEY_FOLLOW,
	KEY_STACK,
	KEY_SLOWER,
	KEY_SLOWEST,
	KEY_INTERVAL,
	KEY_MIN_DURATION,
	KEY_DEPTH,
	KEY_LEAF,
	KEY_LIVE,
	KEY_HISTOGRAM,
	KEY_GOID,
	KEY_CALLER,
	KEY_SUMMARY,
	KEY_SORT,
	KEY_COLOR,
};

static const struct argp_option options[] = {
	{"TARGET", 0, NULL, OPTION_DOC,
	 "Functions whose calls begin trees: names, or wildcards like GLOB", OPTIONS_FUNCTIONS},
	{"goid", KEY_GOID, "IDS", 0,
	 "Only trees of these goroutines, such as 34 or 34,35; calls of targets by others are counted",
	 OPTIONS_SHOWN},
	{"slower", KEY_SLOWER, "DURATION", 0,
	 "Only trees that took at least DURATION; the others are counted", OPTIONS_SHOWN},
	{"slowest", KEY_SLOWEST, "N", 0, "Only the N trees that took longest, at the end",
	 OPTIONS_SHOWN},
	{"interval", KEY_INTERVAL, "DURATION", 0,
	 "With --slowest and --summary: those of each DURATION, not at the end only",
	 OPTIONS_SHOWN},
	{"histogram", KEY_HISTOGRAM, NULL, 0,
	 "With --slower or --slowest: how many calls of targets took how long, at the end",
	 OPTIONS_SHOWN},
	{"summary", KEY_SUMMARY, NULL, 0,
	 "Instead of trees, at the end: how many calls each function had, and how long they took",
	 OPTIONS_SHOWN},
	{"sort", KEY_SORT, "KEY", 0,
	 "With --summary: functions in order of " FUNCTION_ORDERS " (default total)",
	 OPTIONS_SHOWN},
	{"min-duration", KEY_MIN_DURATION, "DURATION", 0,
	 "Fold calls inside a tree that took less: one line tells how many there were",
	 OPTIONS_SHOWN},
	{"depth", KEY_DEPTH, "N", 0, "Fold calls of more than N levels", OPTIONS_SHOWN},
	{"leaf", KEY_LEAF, NULL, 0, "One line, `name();`, for a call in which nothing is shown",
	 OPTIONS_SHOWN},
	{"live", KEY_LIVE, NULL, 0,
	 "Instead of whole trees: a line when a call begins and when it ends, with its goroutine",
	 OPTIONS_SHOWN},
	{"caller", KEY_CALLER, "STYLE", 0,
	 "Where calls came from and ended: off, short (default on a terminal), or full",
	 OPTIONS_SHOWN},
	{"states", KEY_STATES, NULL, 0,
	 "Show for each call what its goroutine did: ran, waited (for what), was runnable, was in a system call",
	 OPTIONS_SHOWN},
	{"min-wait", KEY_MIN_WAIT, "DURATION", 0,
	 "Give each time of at least DURATION in which a goroutine did not run a line of its own (implies --states)",
	 OPTIONS_SHOWN},
	{"stack", KEY_STACK, NULL, 0,
	 "Show above each tree who called its first call, from the goroutine's first function on",
	 OPTIONS_SHOWN},
	{"follow", KEY_FOLLOW, NULL, 0, "Show goroutines that are started inside a tree under it",
	 OPTIONS_SHOWN},
	{"format", 'f', "FORMAT", 0, FORMATS_DOC(TREE_FORMATS), OPTIONS_OUTPUT},
	{"color", KEY_COLOR, "WHEN", 0, "auto (on a terminal, the default), always, or never",
	 OPTIONS_OUTPUT},
	{"limit", KEY_LIMIT, "N", 0, "After N trees; with --summary: the first N functions",
	 OPTIONS_STOP},
	{"no-emulate-ret", KEY_NO_EMULATE_RET, NULL, 0,
	 "Let the kernel single-step every `ret`, even where it could be spared", OPTIONS_HOW},
	{"yes", 'y', NULL, 0, "Do not ask before attaching slowly to many sites", OPTIONS_HOW},
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
static void check_end(const struct trace_args *args, struct argp_state *state)
{
	const struct summary_options *summary = &args->summary;
	const struct filter_options *filter = &args->filter;

	if (filter->interval_ns && !filter->slowest && !summary->is_wanted)
		argp_error(state,
			   "--interval is about --slowest or --summary, and none of them is there");
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
	if (summary->is_wanted && (filter->min_duration_ns || filter->depth || args->leaf ||
				   args->caller != CALLER_AUTO || args->run.options.min_wait_ns ||
				   args->run.options.stacks))
		argp_error(
			state,
			"--min-duration, --depth, --leaf, --min-wait, --stack and --caller are about what trees show, and --summary shows none: leave them out");
	if (args->live && (filter_chooses(filter) || filter->min_duration_ns))
		argp_error(
			state,
			"--live shows calls as they begin, when nobody knows yet how long they take: leave out --slower, --slowest and --min-duration");
	if (args->live && summary->is_wanted)
		argp_error(state,
			   "--live and --summary exclude each other: a summary shows no calls");
	if (args->live && !format_can_be_live(args->format))
		argp_error(state, "there is no --live in this format: leave out -f");
	if (summary->is_wanted && !format_can_summarize(args->format))
		argp_error(state, "there is no --summary in this format: leave out -f");
}

static error_t parse_color(struct argp_state *state, const char *arg, enum color_use *color)
{
	if (!strcmp(arg, "auto"))
		*color = COLOR_AUTO;
	else if (!strcmp(arg, "always"))
		*color = COLOR_ALWAYS;
	else if (!strcmp(arg, "never"))
		*color = COLOR_NEVER;
	else
		argp_error(state, "--color is auto, always or never, not '%s'", arg);
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct trace_args *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		args->run.binary = &args->select.binary;
		state->child_inputs[0] = &args->run;
		state->child_inputs[1] = &args->select;
		return 0;
	case 'f':
		return run_args_parse_format(OUTPUT_TREES, FORMATS_NAMES(TREE_FORMATS), arg, state,
					     &args->format);
	case 'y':
		args->yes = true;
		return 0;
	case KEY_STATES:
		args->run.options.states = true;
		return 0;
	case KEY_MIN_WAIT:
		run_args_check(state, text_parse_duration(arg, &args->run.options.min_wait_ns));
		args->run.options.states = true;
		return 0;
	case KEY_FOLLOW:
		args->run.options.follow = true;
		return 0;
	case KEY_GOID:
		return goid_list_choose(&args->run.options, arg, state);
	case KEY_STACK:
		args->run.options.stacks = true;
		return 0;
	case KEY_SLOWER:
		run_args_check(state, text_parse_duration(arg, &args->filter.slower_ns));
		return 0;
	case KEY_SLOWEST:
		run_args_check(state,
			       text_parse_count(arg, FILTER_MAX_SLOWEST, &args->filter.slowest));
		return 0;
	case KEY_INTERVAL:
		run_args_check(state, text_parse_duration(arg, &args->filter.interval_ns));
		return 0;
	case KEY_MIN_DURATION:
		run_args_check(state, text_parse_duration(arg, &args->filter.min_duration_ns));
		return 0;
	case KEY_DEPTH:
		run_args_check(state, text_parse_count(arg, UINT32_MAX, &args->filter.depth));
		return 0;
	case KEY_HISTOGRAM:
		args->histogram = true;
		return 0;
	case KEY_CALLER:
		return parse_caller(state, arg, &args->caller);
	case KEY_COLOR:
		return parse_color(state, arg, &args->color);
	case KEY_LEAF:
		args->leaf = true;
		return 0;
	case KEY_LIVE:
		args->live = true;
		return 0;
	case KEY_SUMMARY:
		args->summary.is_wanted = true;
		return 0;
	case KEY_SORT:
		args->has_order = true;
		if (!function_order_from_name(arg, &args->summary.order))
			argp_error(state, "there is no order '%s'; there are " FUNCTION_ORDERS,
				   arg);
		return 0;
	case ARGP_KEY_END:
		args->summary.interval_ns = args->filter.interval_ns;
		if (args->summary.is_wanted) {
			args->summary.top = args->limit;
			args->limit = 0;
		}
		check_end(args, state);
		return 0;
	case KEY_LIMIT:
		run_args_check(state, text_parse_count(arg, UINT64_MAX, &args->limit));
		return 0;
	case KEY_NO_EMULATE_RET:
		args->run.options.emulate_ret = false;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {
	{&run_argp, 0, NULL, 0}, {&select_argp, 0, NULL, 0}, {&common_argp, 0, NULL, 0}, {}};

static const char doc[] =
	"Shows where the time of one call went in a running Go program.\n"
	"\n"
	"Each call of a handler, in all processes that run ./server:\n"
	"  gofuncgraph-c -u 'net/http*' -u 'main.*' ./server '*handleBar'\n"
	"The same, in one process:\n"
	"  gofuncgraph-c -p 812 -u 'net/http*' -u 'main.*' '*handleBar'\n"
	"A program that is started for it, from its first instruction on:\n"
	"  gofuncgraph-c -o trees -u 'main.*' ./tool main.main -- --verbose input\n"
	"What all goroutines of a process wait for, as a summary of 10 seconds:\n"
	"  gofuncgraph-c states --summary --timeout 10s -p 812\n"
	"What would be traced, without tracing (needs no root):\n"
	"  gofuncgraph-c list -u 'net/http*' ./server '*handleBar'\n"
	"\v"
	"A tree begins when a TARGET is entered, and ends when that call returns. In it, the calls of functions of -u are shown. Without TARGET, every function of -u begins trees. Values asked for in brackets behind a name, 'main.f(n=%ax:s64)', are shown with each call.\n"
	"\n"
	"Commands; `gofuncgraph-c COMMAND --help` tells their options:\n"
	"  list        what would be traced, and what cannot be traced, and why\n"
	"  hunt        what makes slow calls slow, by line, and whose doing it is\n"
	"  states      what goroutines do: each change of state, or a summary\n"
	"  goroutines  what all goroutines of a process do now, without probes\n"
	"  bpftrace    scripts for bpftrace, made for a binary\n"
	"\n"
	"See gofuncgraph-c(8).\n";

const struct argp trace_argp = {
	.options = options,
	.parser = parse,
	.args_doc = "[OPTION...] BINARY [TARGET...]\n"
		    "[OPTION...] -p PID [LIBRARY] [TARGET...]\n"
		    "[OPTION...] BINARY [TARGET...] -- [ARG...]\n"
		    "COMMAND [OPTION...] ...",
	.doc = doc,
	.children = children,
};

error_t trace_args_parse(int argc, char **argv, unsigned flags, struct trace_args *args)
{
	*args = (struct trace_args){.format = format_named(OUTPUT_TREES, NULL)};
	argc = run_args_split(argc, argv, &args->run);
	return argp_parse(&trace_argp, argc, argv, flags | ARGP_NO_HELP, NULL, args);
}

struct error *trace_args_take_library(struct trace_args *args)
{
	return run_args_take_first_target(&args->run, &args->select);
}

void trace_args_destroy(struct trace_args *args)
{
	run_args_destroy(&args->run);
	select_args_destroy(&args->select);
}
