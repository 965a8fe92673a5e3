/* SPDX-License-Identifier: MIT */
/* export.c - a recording as other programs read it: replay, in the formats that are for them. */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "command/command.h"
#include "command/hunt_replay.h"
#include "command/options.h"
#include "command/play.h"
#include "command/replay.h"
#include "command/run_args.h"
#include "output/format_list.h"

static const struct argp_option options[] = {
	{"format", 'f', "FORMAT", 0, FORMATS_DOC(EXPORT_FORMATS), OPTIONS_OUTPUT},
	{"output", 'o', "OUT", 0, "Write to OUT, not to standard output", OPTIONS_OUTPUT},
	{},
};

struct export_args {
	struct replay_args replay;
	const char *format; /* its name */
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct export_args *args = state->input;
	struct view_args *view = &args->replay.view;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = view;
		state->child_inputs[1] = &args->replay.times;
		return 0;
	case 'f':
		args->format = arg;
		return run_args_parse_format(OUTPUT_TREES, FORMATS_NAMES(EXPORT_FORMATS), arg,
					     state, &view->format);
	case 'o':
		args->replay.output_path = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (args->replay.path)
			argp_error(state, "'%s' is too much: export takes one FILE", arg);
		args->replay.path = arg;
		return 0;
	case ARGP_KEY_END:
		if (!view->format) {
			argp_error(state, "which format? -f takes " FORMATS_NAMES(EXPORT_FORMATS));
			return EINVAL;
		}
		if (!args->replay.path)
			argp_error(state, "which FILE? gofuncgraph-c record makes one");
		view_args_finish(view, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {{&view_filter_argp, 0, NULL, 0},
					     {&window_argp, 0, NULL, 0},
					     {&common_argp, 0, NULL, 0},
					     {}};

const struct argp export_argp = {
	.options = options,
	.parser = parse,
	.args_doc = "-f FORMAT -o OUT [OPTION...] FILE",
	.doc = "Writes what was recorded for other programs. Needs neither root nor the binary.\n"
	       "\n"
	       "For Perfetto's user interface:\n"
	       "  gofuncgraph-c export -f perfetto -o slow.pftrace slow.rec\n"
	       "The calls of 200 ms and more, as a page for any browser:\n"
	       "  gofuncgraph-c export -f html -o slow.html --slower 200ms slow.rec\n"
	       "\v"
	       "FILE is what `record` or --record wrote; - is standard input. Of what hunt recorded there are " FORMATS_NAMES(
		       HUNT_EXPORTS) ".\n"
				     "\n"
				     "See gofuncgraph-c-export(8).\n",
	.children = children,
};

/* ---- exporting ---- */

/* What hunt recorded; - is no file that could be looked at before. */
static bool is_of_hunt(const char *path)
{
	enum recorded recorded;

	return strcmp(path, "-") && play_look(path, &recorded) && recorded == RECORDED_HUNT;
}

static struct error *export_hunt(const struct export_args *args)
{
	const struct view_args *view = &args->replay.view;
	const struct hunt_args hunt = {
		.run.output_path = args->replay.output_path,
		.format = format_named(OUTPUT_HUNT, args->format),
		.slower_ns = view->filter.slower_ns,
		.limit = view->limit,
		.replay_path = args->replay.path,
		.times = args->replay.times,
	};

	if (!hunt.format)
		return error_new(
			"hunt recorded %s, and -f %s is of calls that were traced one by one: there are %s of hunt's",
			hunt.replay_path, args->format, FORMATS_NAMES(HUNT_EXPORTS));
	if (view->filter.slowest || view->histogram || view->filter.min_duration_ns ||
	    view->filter.depth)
		return error_new(
			"hunt recorded %s, and there are no trees to choose from: leave out --slowest, --histogram, --min-duration and --depth",
			hunt.replay_path);
	return hunt_replay(&hunt);
}

int command_export(int argc, char **argv)
{
	struct error *err;
	struct export_args args = {};
	char name[] = "gofuncgraph-c export";

	argv[0] = name;
	if (argp_parse(&export_argp, argc, argv, ARGP_NO_HELP, NULL, &args))
		return command_status(error_out_of_memory());
	err = is_of_hunt(args.replay.path) ? export_hunt(&args) : replay_run(&args.replay);
	return command_status(err);
}
