/* SPDX-License-Identifier: MIT */
/* export.c - a recording as other programs read it: replay, in the formats that are for them. */
#include <errno.h>

#include "base/log.h"
#include "command/command.h"
#include "command/options.h"
#include "command/replay.h"
#include "command/run_args.h"
#include "output/format_list.h"

static const struct argp_option options[] = {
	{"format", 'f', "FORMAT", 0, FORMATS_DOC(EXPORT_FORMATS), OPTIONS_OUTPUT},
	{"output", 'o', "OUT", 0, "Write to OUT, not to standard output", OPTIONS_OUTPUT},
	{},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct replay_args *args = state->input;

	switch (key) {
	case 'f':
		return run_args_parse_format(OUTPUT_TREES, FORMATS_NAMES(EXPORT_FORMATS), arg,
					     state, &args->view.format);
	case 'o':
		args->output_path = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (args->path)
			argp_error(state, "'%s' is too much: export takes one FILE", arg);
		args->path = arg;
		return 0;
	case ARGP_KEY_END:
		if (!args->view.format)
			argp_error(state, "which format? -f takes " FORMATS_NAMES(EXPORT_FORMATS));
		if (!args->path)
			argp_error(state, "which FILE? gofuncgraph-c record makes one");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {{&common_argp, 0, NULL, 0}, {}};

const struct argp export_argp = {
	.options = options,
	.parser = parse,
	.args_doc = "-f FORMAT -o OUT FILE",
	.doc = "Writes what was recorded for other programs. Needs neither root nor the binary.\n"
	       "\n"
	       "For Perfetto's user interface:\n"
	       "  gofuncgraph-c export -f perfetto -o slow.pftrace slow.rec\n"
	       "\v"
	       "FILE is what `record` or --record wrote; - is standard input. `replay` chooses among the trees (--slower 200ms), and writes these formats, too.\n"
	       "\n"
	       "See gofuncgraph-c-export(8).\n",
	.children = children,
};

int command_export(int argc, char **argv)
{
	_cleanup_error_ struct error *err = NULL;
	struct replay_args args = {};
	char name[] = "gofuncgraph-c export";

	argv[0] = name;
	argp_parse(&export_argp, argc, argv, ARGP_NO_HELP, NULL, &args);
	err = replay_run(&args);
	if (err)
		log_failure(err);
	return err ? STATUS_FAILED : STATUS_OK;
}
