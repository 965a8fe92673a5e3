/* SPDX-License-Identifier: MIT */
#include "command/trace_args.h"

#include <string.h>

#include "base/text.h"
#include "command/collect_args.h"
#include "command/command.h"
#include "command/options.h"
#include "command/value_args.h"

enum { KEY_RECORD = 0x2000, KEY_METRICS };

static const struct argp_option options[] = {
	{"TARGET", 0, NULL, OPTION_DOC,
	 "Functions whose calls begin trees: names, or wildcards like GLOB", OPTIONS_FUNCTIONS},
	{"record", KEY_RECORD, "FILE", 0,
	 "Record into FILE what is traced, too: gofuncgraph-c replay FILE shows it again",
	 OPTIONS_OUTPUT},
	{"metrics", KEY_METRICS, "FILE", 0, OPTION_METRICS_DOC, OPTIONS_OUTPUT},
	{"yes", 'y', NULL, 0, "Do not ask before attaching slowly to many sites", OPTIONS_HOW},
	{},
};

/* What a summary does not show need not be collected. */
static void check_end(const struct trace_args *args, struct argp_state *state)
{
	if (args->view.summary.is_wanted &&
	    (args->run.options.min_wait_ns || args->run.options.stacks))
		argp_error(
			state,
			"--min-wait and --stack are about what trees show, and --summary shows none: leave them out");
	if (args->view.metrics_path && format_is_rewritten(args->view.format))
		argp_error(
			state,
			"-f prometheus writes metrics alone, and --metrics beside another format: leave out one");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct trace_args *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		args->run.binary = &args->select.binary;
		state->child_inputs[0] = &args->view;
		state->child_inputs[1] = &args->run.options;
		state->child_inputs[2] = &args->run;
		state->child_inputs[3] = &args->select;
		state->child_inputs[4] = &args->run.options;
		return 0;
	case KEY_RECORD:
		args->record_path = arg;
		run_args_check_record(arg, state);
		return 0;
	case KEY_METRICS:
		args->view.metrics_path = arg;
		return 0;
	case 'y':
		args->yes = true;
		return 0;
	case ARGP_KEY_END:
		check_end(args, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {{&view_argp, 0, NULL, 0},
					     {&collect_argp, 0, NULL, 0},
					     {&run_argp, 0, NULL, 0},
					     {&select_argp, 0, NULL, 0},
					     {&value_argp, 0, NULL, 0},
					     {&common_argp, 0, NULL, 0},
					     {}};

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
	"  record      what is traced into a file, to be looked at later\n"
	"  replay      what was recorded, in any way that tracing can show it\n"
	"  report      what was recorded, summed up by function\n"
	"  export      what was recorded, for viewers, pprof, flame graphs, collectors\n"
	"  bpftrace    scripts for bpftrace, made for a binary\n"
	"\n"
	"See gofuncgraph-c(8).\n";

const struct argp trace_argp = {
	.options = options,
	.parser = parse,
	.args_doc = "[OPTION...] BINARY [TARGET...]\n"
		    "[OPTION...] -p PID [LIBRARY] [TARGET...]\n"
		    "[OPTION...] --pod NAME [BINARY] [TARGET...]\n"
		    "[OPTION...] BINARY [TARGET...] -- [ARG...]\n"
		    "COMMAND [OPTION...] ...",
	.doc = doc,
	.children = children,
};

static error_t parse_by(const struct argp *argp, int argc, char **argv, unsigned flags,
			struct trace_args *args)
{
	*args = (struct trace_args){};
	argc = run_args_split(argc, argv, &args->run);
	return argp_parse(argp, argc, argv, flags | ARGP_NO_HELP, NULL, args);
}

error_t trace_args_parse(int argc, char **argv, unsigned flags, struct trace_args *args)
{
	return parse_by(&trace_argp, argc, argv, flags, args);
}

/* ---- record ---- */

enum { KEY_KEEP = 0x2100, KEY_DUMP_ON };

static const struct argp_option record_options[] = {
	{"TARGET", 0, NULL, OPTION_DOC,
	 "Functions whose calls begin trees: names, or wildcards like GLOB", OPTIONS_FUNCTIONS},
	{"interval", VIEW_INTERVAL, "DURATION", 0,
	 "With --metrics: each DURATION, not every 15 seconds", OPTIONS_SHOWN},
	{"keep", KEY_KEEP, "AMOUNT", 0,
	 "Only what came last, in memory until the end: 60s, or 500M of the file", OPTIONS_OUTPUT},
	{"dump-on", KEY_DUMP_ON, "EVENT", 0,
	 "With --keep: slower=DURATION writes what led to each such call of a target to FILE.1, FILE.2, ...",
	 OPTIONS_OUTPUT},
	{"metrics", KEY_METRICS, "FILE", 0, OPTION_METRICS_DOC, OPTIONS_OUTPUT},
	{"yes", 'y', NULL, 0, "Do not ask before attaching slowly to many sites", OPTIONS_HOW},
	{},
};

/* "500M" is a size, "60s" a duration. */
static struct error *parse_keep(const char *arg, struct keep_limits *keep)
{
	size_t len = strlen(arg);

	return len && strchr("KMG", arg[len - 1]) ? text_parse_size(arg, &keep->bytes)
						  : text_parse_duration(arg, &keep->ns);
}

static void parse_dump_on(const char *arg, struct trace_args *args, struct argp_state *state)
{
	static const char slower[] = "slower=";

	if (!text_starts_with(arg, slower))
		argp_error(state, "--dump-on is slower=DURATION, not '%s'", arg);
	else
		run_args_check(state, "--dump-on",
			       text_parse_duration(arg + strlen(slower), &args->dump_slower_ns));
}

static error_t parse_record(int key, char *arg, struct argp_state *state)
{
	struct trace_args *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		args->run.binary = &args->select.binary;
		args->only_records = true;
		args->view.format = &format_recording;
		state->child_inputs[0] = &args->run.options;
		state->child_inputs[1] = &args->run;
		state->child_inputs[2] = &args->select;
		state->child_inputs[3] = &args->run.options;
		return 0;
	case KEY_KEEP:
		run_args_check(state, "--keep", parse_keep(arg, &args->keep));
		return 0;
	case KEY_DUMP_ON:
		parse_dump_on(arg, args, state);
		return 0;
	case KEY_METRICS:
		args->view.metrics_path = arg;
		return 0;
	case VIEW_INTERVAL:
		run_args_check(state, "--interval",
			       text_parse_duration(arg, &args->view.filter.interval_ns));
		return 0;
	case 'y':
		args->yes = true;
		return 0;
	case ARGP_KEY_END:
		if (args->dump_slower_ns && !args->keep.ns && !args->keep.bytes)
			argp_error(
				state,
				"--dump-on writes what --keep has kept: give that, such as --keep 60s");
		args->record_path = args->run.output_path;
		if (args->dump_slower_ns && args->record_path && !strcmp(args->record_path, "-"))
			argp_error(state,
				   "--dump-on writes files beside FILE: give -o FILE, not -");
		if (!args->record_path)
			argp_error(state, "where to? give -o FILE");
		if (args->view.filter.interval_ns && !args->view.metrics_path)
			argp_error(state, "--interval is about --metrics, which is not there");
		view_args_finish(&args->view, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child record_children[] = {
	{&collect_argp, 0, NULL, 0}, {&run_argp, 0, NULL, 0},    {&select_argp, 0, NULL, 0},
	{&value_argp, 0, NULL, 0},   {&common_argp, 0, NULL, 0}, {}};

const struct argp record_argp = {
	.options = record_options,
	.parser = parse_record,
	.args_doc = "[OPTION...] -o FILE BINARY [TARGET...]\n"
		    "[OPTION...] -o FILE -p PID [LIBRARY] [TARGET...]\n"
		    "[OPTION...] -o FILE --pod NAME [BINARY] [TARGET...]\n"
		    "[OPTION...] -o FILE BINARY [TARGET...] -- [ARG...]",
	.doc = "Records what is traced into a file, and shows nothing: `replay` shows it later, in any way that tracing can show it, on any machine, without the binary.\n"
	       "\n"
	       "Each call of a handler, with all that it calls in two packages:\n"
	       "  gofuncgraph-c record -o slow.rec -u 'net/http*' -u 'main.*' ./server '*handleBar'\n"
	       "  gofuncgraph-c replay --slowest 3 slow.rec\n"
	       "\v"
	       "What was recorded up to a second ago is in FILE, whatever happens to the tracer.\n"
	       "\n"
	       "See gofuncgraph-c-record(8).\n",
	.children = record_children,
};

error_t record_args_parse(int argc, char **argv, unsigned flags, struct trace_args *args)
{
	return parse_by(&record_argp, argc, argv, flags, args);
}

struct error *trace_args_take_library(struct trace_args *args)
{
	return run_args_take_first_target(&args->run, &args->select);
}

void trace_args_destroy(struct trace_args *args)
{
	run_args_destroy(&args->run);
	value_args_destroy(&args->run.options);
	select_args_destroy(&args->select);
}
