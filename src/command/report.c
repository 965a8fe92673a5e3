/* SPDX-License-Identifier: MIT */
/* report.c - what was recorded, summed up by function, or compared with what was recorded before. */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "command/command.h"
#include "command/diff.h"
#include "command/options.h"
#include "command/replay.h"
#include "command/run_args.h"
#include "output/format_list.h"

enum { KEY_DIFF = 0x7000 };

static const struct argp_option options[] = {
	{"diff", KEY_DIFF, NULL, 0, "What became slower from OLD to NEW, with chance ruled out",
	 OPTIONS_SHOWN},
	{"format", 'f', "FORMAT", 0, FORMATS_DOC(REPORT_FORMATS), OPTIONS_OUTPUT},
	{"output", 'o', "FILE", 0, "Write to FILE, not to standard output", OPTIONS_OUTPUT},
	{},
};

/* As in replay. */
static const struct argp_option view_options[] = {
	{"slower", VIEW_SLOWER, "DURATION", 0, "Only calls in trees that took at least DURATION",
	 OPTIONS_SHOWN},
	{"slowest", VIEW_SLOWEST, "N", 0, "Only calls in the N trees that took longest",
	 OPTIONS_SHOWN},
	{"interval", VIEW_INTERVAL, "DURATION", 0, "A table for each DURATION, not one at the end",
	 OPTIONS_SHOWN},
	{"sort", VIEW_SORT, "KEY", 0, "Functions in order of " FUNCTION_ORDERS " (default total)",
	 OPTIONS_SHOWN},
	{"limit", VIEW_LIMIT, "N", 0, "The first N functions", OPTIONS_SHOWN},
	{"color", VIEW_COLOR, "WHEN", 0, OPTION_COLOR_DOC, OPTIONS_OUTPUT},
	{},
};

static const struct argp summary_argp = {.options = view_options, .parser = view_args_parse};

struct report_args {
	struct replay_args replay;
	const struct format *format;
	bool is_diff;
	const char *new; /* with is_diff: the recording that replay.path is compared with */
};

static error_t take_argument(struct report_args *args, const char *arg, struct argp_state *state)
{
	if (args->new) {
		argp_error(state, "'%s' is too much: report takes one FILE, or --diff OLD NEW",
			   arg);
		return EINVAL;
	}
	if (args->replay.path)
		args->new = arg;
	else
		args->replay.path = arg;
	return 0;
}

/* What is chosen by how long it took is no sample any more. */
static bool chooses(const struct view_args *view)
{
	return filter_chooses(&view->filter) || view->filter.interval_ns || view->has_order ||
	       view->summary.top;
}

static void check_end(const struct report_args *args, struct argp_state *state)
{
	if (!args->replay.path)
		argp_error(state, "which FILE? gofuncgraph-c record makes one");
	else if (args->is_diff && !args->new)
		argp_error(state, "--diff compares two recordings: OLD and NEW");
	else if (args->is_diff && !strcmp(args->replay.path, "-") && !strcmp(args->new, "-"))
		argp_error(state,
			   "standard input holds one recording: OLD or NEW has to be a file");
	else if (!args->is_diff && args->new)
		argp_error(state, "'%s' is too much: report sums up one FILE (--diff compares two)",
			   args->new);
	if (args->is_diff && chooses(&args->replay.view))
		argp_error(
			state,
			"--diff compares all calls: leave out --slower, --slowest, --interval, --sort and --limit");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct report_args *args = state->input;
	struct view_args *view = &args->replay.view;

	switch (key) {
	case ARGP_KEY_INIT:
		view->summary.is_wanted = view->summary.is_detailed = true;
		args->format = format_named(OUTPUT_REPORT, NULL);
		state->child_inputs[0] = view;
		state->child_inputs[1] = &args->replay.times;
		return 0;
	case 'f':
		return run_args_parse_format(OUTPUT_REPORT, FORMATS_NAMES(REPORT_FORMATS), arg,
					     state, &args->format);
	case KEY_DIFF:
		args->is_diff = true;
		return 0;
	case 'o':
		args->replay.output_path = arg;
		return 0;
	case ARGP_KEY_ARG:
		return take_argument(args, arg, state);
	case ARGP_KEY_END:
		view->format = args->format;
		check_end(args, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {
	{&summary_argp, 0, NULL, 0}, {&window_argp, 0, NULL, 0}, {&common_argp, 0, NULL, 0}, {}};

const struct argp report_argp = {
	.options = options,
	.parser = parse,
	.args_doc = "[OPTION...] FILE\n"
		    "--diff [OPTION...] OLD NEW",
	.doc = "Sums up what was recorded by function: how many calls there were, how long they took, what that time was spent on, and which call was the slowest. Needs neither root nor the binary.\n"
	       "\n"
	       "Where the time of calls that took more than 200 ms went:\n"
	       "  gofuncgraph-c report --slower 200ms --sort self slow.rec\n"
	       "What became slower since yesterday:\n"
	       "  gofuncgraph-c report --diff yesterday.rec today.rec\n"
	       "\v"
	       "FILE is what `record` or --record wrote; - is standard input.\n"
	       "\n"
	       "See gofuncgraph-c-report(8).\n",
	.children = children,
};

static struct error *run(const struct report_args *args)
{
	const struct diff_args diff = {
		.old = args->replay.path,
		.new = args->new,
		.times = &args->replay.times,
		.output_path = args->replay.output_path,
		.is_json = args->format != format_named(OUTPUT_REPORT, NULL),
		.color = args->replay.view.color,
	};

	return args->is_diff ? diff_run(&diff) : replay_run(&args->replay);
}

int command_report(int argc, char **argv)
{
	struct error *err;
	struct report_args args = {};
	char name[] = "gofuncgraph-c report";

	argv[0] = name;
	if (argp_parse(&report_argp, argc, argv, ARGP_NO_HELP, NULL, &args))
		return command_status(error_out_of_memory());
	err = run(&args);
	return command_status(err);
}
