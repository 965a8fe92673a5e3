/* SPDX-License-Identifier: MIT */
#include "command/hunt_args.h"

#include <string.h>

#include "base/text.h"
#include "command/command.h"
#include "command/drill.h"
#include "command/goroutine_args.h"
#include "command/options.h"
#include "gofuncgraph/hunt.h"
#include "output/format_list.h"

/* Samples interrupt what is measured. */
#define MAX_FREQUENCY_HZ 5000

enum {
	KEY_GOID = 0x7000,
	KEY_SLOWER,
	KEY_STUCK,
	KEY_CALL,
	KEY_DRILL,
	KEY_LIMIT,
	KEY_FREQUENCY,
	KEY_WAITS,
	KEY_RECORD,
	KEY_REPLAY,
};

static const char *const waits_names[] = {
	[HUNT_WAITS_AUTO] = "auto",
	[HUNT_WAITS_EXACT] = "exact",
	[HUNT_WAITS_SAMPLED] = "sampled",
};

static const struct argp_option options[] = {
	{"TARGET", 0, NULL, OPTION_DOC, "Functions whose calls are looked at: names, or wildcards",
	 OPTIONS_FUNCTIONS},
	{"goid", KEY_GOID, "IDS", 0,
	 "Only calls by these goroutines, such as 34 or 34,35; those by others are counted",
	 OPTIONS_SHOWN},
	{"slower", KEY_SLOWER, "DURATION", 0,
	 "Calls that take at least DURATION are the slow ones (default: those above the largest jump of durations)",
	 OPTIONS_SHOWN},
	{"stuck", KEY_STUCK, "DURATION", 0,
	 "Show at once what a call does that is open for longer (default 5s, or ten times the slowest)",
	 OPTIONS_SHOWN},
	{"call", KEY_CALL, "N", 0, "Also the Nth slowest call alone, in order of time",
	 OPTIONS_SHOWN},
	{"drill", KEY_DRILL, NULL, 0,
	 "Then trace what was found, and show the next slow call as a tree", OPTIONS_SHOWN},
	{"format", 'f', "FORMAT", 0, FORMATS_DOC(HUNT_FORMATS), OPTIONS_OUTPUT},
	{"record", KEY_RECORD, "FILE", 0, OPTION_RECORD_DOC, OPTIONS_OUTPUT},
	{"replay", KEY_REPLAY, "FILE", 0, OPTION_REPLAY_DOC, OPTIONS_PROCESSES},
	{"limit", KEY_LIMIT, "N", 0, "After N calls of targets", OPTIONS_STOP},
	{"frequency", KEY_FREQUENCY, "HZ", 0,
	 "Samples a second of each processor (default 199; 997 for calls under 20 ms)",
	 OPTIONS_HOW},
	{"waits", KEY_WAITS, "HOW", 0,
	 "auto (default), exact: by probes, or sampled: read from the process's memory",
	 OPTIONS_HOW},
	{},
};

static enum hunt_waits parse_waits(const char *arg, struct argp_state *state)
{
	const size_t count = sizeof(waits_names) / sizeof(waits_names[0]);

	for (size_t i = 0; i < count; i++)
		if (strcmp(arg, waits_names[i]) == 0)
			return (enum hunt_waits)i;
	argp_error(state, "--waits is auto, exact or sampled, not '%s'", arg);
	return HUNT_WAITS_AUTO;
}

static void check_end(const struct hunt_args *args, struct argp_state *state)
{
	const struct selection *selection = &args->select.selection;

	if (args->replay_path)
		run_args_check_replay(&args->run,
				      selection->num_targets ? selection->targets[0] : NULL,
				      args->record_path, state);
	else if (!selection->num_targets)
		argp_error(state, "which TARGET? hunt looks at the calls of a function");
	if (args->replay_path && args->run.options.num_goids)
		argp_error(
			state,
			"--goid says whose calls are looked at while they are traced, and --replay shows all that was: leave it out");
	window_args_check(&args->times, args->replay_path, state);
	if (args->drill && args->replay_path)
		argp_error(
			state,
			"--drill traces once more, and --replay traces nothing: leave out one of them");
	if (args->drill && args->record_path)
		argp_error(
			state,
			"--drill traces once more, and --record is of what hunt traces alone: leave out one; `record` traces trees into a file");
	if (args->drill && !drill_format(args->format))
		argp_error(
			state,
			"--drill shows a tree, and there are none in this format: leave out -f, or give -f json");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct hunt_args *args = state->input;
	struct hunt_options *hunt = &args->run.options.hunt;
	uint64_t number = 0;

	switch (key) {
	case ARGP_KEY_INIT:
		args->run.binary = &args->select.binary;
		*hunt = (struct hunt_options){
			.is_wanted = true,
			.frequency_hz = HUNT_FREQUENCY_HZ,
			.long_wait_ns = HUNT_LONG_WAIT_NS,
			.outside_min_wait_ns = HUNT_OUTSIDE_MIN_WAIT_NS,
		};
		state->child_inputs[0] = &args->run;
		state->child_inputs[1] = &args->select;
		state->child_inputs[2] = &args->times;
		return 0;
	case KEY_GOID:
		return goid_list_choose(&args->run.options, arg, state);
	case KEY_SLOWER:
		run_args_check(state, "--slower", text_parse_duration(arg, &args->slower_ns));
		return 0;
	case KEY_STUCK:
		run_args_check(state, "--stuck", text_parse_duration(arg, &args->stuck_ns));
		return 0;
	case KEY_CALL:
		run_args_check(state, "--call",
			       text_parse_count(arg, HUNT_MAX_SLOWEST, &args->call));
		return 0;
	case KEY_DRILL:
		args->drill = true;
		return 0;
	case KEY_LIMIT:
		run_args_check(state, "--limit", text_parse_count(arg, UINT64_MAX, &args->limit));
		return 0;
	case KEY_FREQUENCY:
		run_args_check(state, "--frequency",
			       text_parse_count(arg, MAX_FREQUENCY_HZ, &number));
		hunt->frequency_hz = (uint32_t)number;
		return 0;
	case KEY_WAITS:
		hunt->waits = parse_waits(arg, state);
		return 0;
	case 'f':
		return run_args_parse_format(OUTPUT_HUNT, FORMATS_NAMES(HUNT_FORMATS), arg, state,
					     &args->format);
	case KEY_RECORD:
		args->record_path = arg;
		run_args_check_record(arg, state);
		return 0;
	case KEY_REPLAY:
		args->replay_path = args->select.binary = arg;
		return 0;
	case ARGP_KEY_END:
		check_end(args, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {{&run_argp, 0, NULL, 0},
					     {&select_targets_argp, 0, NULL, 0},
					     {&window_argp, 0, NULL, 0},
					     {&common_argp, 0, NULL, 0},
					     {}};

static const char doc[] =
	"Names what makes slow calls of a function slow: the line of code that they spend more time in than fast ones, and who keeps them waiting there.\n"
	"\n"
	"A handler that is slow now and then, in all processes that run ./server:\n"
	"  gofuncgraph-c hunt ./server '*handleBar'\n"
	"One process, for half a minute:\n"
	"  gofuncgraph-c hunt --timeout 30s -p 812 main.handleBar\n"
	"Calls of 100 ms and more, and the slowest one piece by piece:\n"
	"  gofuncgraph-c hunt --slower 100ms --call 1 ./server '*handleBar'\n"
	"And then an exact tree of the next one of these, as proof:\n"
	"  gofuncgraph-c hunt --slower 100ms --drill ./server '*handleBar'\n"
	"\v"
	"No function is traced but TARGET: waits and system calls are measured where the runtime makes them, and samples tell what runs.\n"
	"\n"
	"See gofuncgraph-c-hunt(8).\n";

const struct argp hunt_argp = {
	.options = options,
	.parser = parse,
	.args_doc = "[OPTION...] BINARY TARGET...\n"
		    "[OPTION...] -p PID [LIBRARY] TARGET...\n"
		    "[OPTION...] --pod NAME [BINARY] TARGET...\n"
		    "[OPTION...] BINARY TARGET... -- [ARG...]\n"
		    "[OPTION...] --replay FILE",
	.doc = doc,
	.children = children,
};

error_t hunt_args_parse(int argc, char **argv, unsigned flags, struct hunt_args *args)
{
	*args = (struct hunt_args){.format = format_named(OUTPUT_HUNT, NULL)};
	argc = run_args_split(argc, argv, &args->run);
	return argp_parse(&hunt_argp, argc, argv, flags | ARGP_NO_HELP, NULL, args);
}

struct error *hunt_args_take_library(struct hunt_args *args)
{
	struct error *err = run_args_take_first_target(&args->run, &args->select);

	if (!err && !args->replay_path && !args->select.selection.num_targets)
		return error_new("%s is no function, but %s: which TARGET in it?",
				 *args->run.binary,
				 args->run.library_path ? "what the process has loaded" : "BINARY");
	return err;
}

void hunt_args_destroy(struct hunt_args *args)
{
	run_args_destroy(&args->run);
	select_args_destroy(&args->select);
}
