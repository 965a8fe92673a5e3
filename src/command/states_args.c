/* SPDX-License-Identifier: MIT */
#include "command/states_args.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "command/command.h"
#include "command/options.h"
#include "output/format_list.h"

enum {
	KEY_GOID = 0x2000,
	KEY_STATE,
	KEY_MIN_DURATION,
	KEY_LIMIT,
	KEY_SUMMARY,
	KEY_BY,
	KEY_SORT,
	KEY_ENDED,
	KEY_RECORD,
	KEY_REPLAY,
};

static const struct argp_option options[] = {
	{"goid", KEY_GOID, "IDS", 0, "These goroutines alone, such as 34 or 34,35 (repeatable)",
	 OPTIONS_SHOWN},
	{"state", KEY_STATE, "NAME", 0,
	 "Changes from or to this state alone: RUNNABLE, RUNNING, SYSCALL, WAITING... (repeatable)",
	 OPTIONS_SHOWN},
	{"min-duration", KEY_MIN_DURATION, "DURATION", 0,
	 "Changes that end a time of at least DURATION in which the goroutine did not run",
	 OPTIONS_SHOWN},
	{"summary", KEY_SUMMARY, NULL, 0,
	 "Instead of changes, at the end: the time in each state, by goroutine and by the function that goroutines were started with",
	 OPTIONS_SHOWN},
	{"by", KEY_BY, "KIND", 0,
	 "With --summary: only the table by goroutine, function or go (statement)", OPTIONS_SHOWN},
	{"sort", KEY_SORT, "KEY", 0,
	 "With --summary: in order of " STATE_ORDERS " (default not-running)", OPTIONS_SHOWN},
	{"ended", KEY_ENDED, NULL, 0,
	 "With --summary: a row for each goroutine that has ended, not one for those of a function",
	 OPTIONS_SHOWN},
	{"format", 'f', "FORMAT", 0, FORMATS_DOC(STATE_FORMATS), OPTIONS_OUTPUT},
	{"record", KEY_RECORD, "FILE", 0, OPTION_RECORD_DOC, OPTIONS_OUTPUT},
	{"replay", KEY_REPLAY, "FILE", 0, OPTION_REPLAY_DOC, OPTIONS_PROCESSES},
	{"limit", KEY_LIMIT, "N", 0,
	 "After N changes; with --summary: the first N rows of each table", OPTIONS_STOP},
	{},
};

static void check_end(const struct states_args *args, struct argp_state *state)
{
	bool is_summary = args->summary.tables;

	if (is_summary && (args->states || args->min_duration_ns))
		argp_error(
			state,
			"--state and --min-duration choose changes, and --summary shows none: leave them out");
	if (!is_summary && args->has_summary_options)
		argp_error(state,
			   "--by, --sort and --ended are about --summary, which is not there");
	if (args->replay_path)
		run_args_check_replay(&args->run, args->binary, args->record_path, state);
	else if (!args->binary)
		argp_error(state, "which BINARY?");
	window_args_check(&args->times, args->replay_path, state);
}

static void choose_table(struct states_args *args, const char *arg, struct argp_state *state)
{
	static const char *const names[STATES_NUM_TABLES] = {
		[STATES_GOROUTINES] = "goroutine",
		[STATES_FUNCTIONS] = "function",
		[STATES_STATEMENTS] = "go",
	};

	for (unsigned kind = 0; kind < STATES_NUM_TABLES; kind++) {
		if (strcmp(names[kind], arg))
			continue;
		args->chosen_tables |= 1u << kind;
		return;
	}
	argp_error(state, "--by is goroutine, function or go, not '%s'", arg);
}

static error_t take_argument(struct states_args *args, char *arg, struct argp_state *state)
{
	bool has_program = args->run.pid || choice_is_wanted(&args->run.choice);
	const char **place = has_program ? &args->library : &args->binary;

	if (*place) {
		argp_error(state,
			   "'%s' is too much: states takes no functions, and one BINARY, or -p PID",
			   arg);
		return EINVAL;
	}
	*place = arg;
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct states_args *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		args->run.binary = &args->binary;
		args->run.options.all_goroutines = true;
		state->child_inputs[0] = &args->run;
		state->child_inputs[1] = &args->times;
		return 0;
	case KEY_GOID:
		return goid_list_add_all(&args->goids, arg, state);
	case KEY_STATE:
		state_set_add(&args->states, arg, "", state);
		return 0;
	case KEY_MIN_DURATION:
		run_args_check(state, "--min-duration",
			       text_parse_duration(arg, &args->min_duration_ns));
		return 0;
	case KEY_SUMMARY:
		args->summary.tables = 1u << STATES_GOROUTINES | 1u << STATES_FUNCTIONS;
		return 0;
	case KEY_BY:
		args->has_summary_options = true;
		choose_table(args, arg, state);
		return 0;
	case KEY_SORT:
		args->has_summary_options = true;
		if (!state_order_from_name(arg, &args->summary.order))
			argp_error(state, "there is no order '%s'; there are " STATE_ORDERS, arg);
		return 0;
	case KEY_ENDED:
		args->has_summary_options = args->summary.each_ended = true;
		return 0;
	case 'f':
		return run_args_parse_format(OUTPUT_STATES, FORMATS_NAMES(STATE_FORMATS), arg,
					     state, &args->format);
	case KEY_LIMIT:
		run_args_check(state, "--limit", text_parse_count(arg, UINT64_MAX, &args->limit));
		return 0;
	case KEY_RECORD:
		args->record_path = arg;
		run_args_check_record(arg, state);
		return 0;
	case KEY_REPLAY:
		args->replay_path = arg;
		return 0;
	case ARGP_KEY_ARG:
		return take_argument(args, arg, state);
	case ARGP_KEY_END:
		check_end(args, state);
		if (args->chosen_tables)
			args->summary.tables = args->chosen_tables;
		args->summary.limit = args->limit;
		return args->binary || args->replay_path ? 0 : EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {
	{&run_argp, 0, NULL, 0}, {&window_argp, 0, NULL, 0}, {&common_argp, 0, NULL, 0}, {}};

static const char doc[] =
	"Prints the changes of goroutines' states as they happen: when, which goroutine, how long it was in the old state, what it waited for and who woke it.\n"
	"\n"
	"What all goroutines of a process wait for, as a summary of 10 seconds:\n"
	"  gofuncgraph-c states --summary --timeout 10s -p 812\n"
	"Each time of 10 ms or more that a goroutine did not run:\n"
	"  gofuncgraph-c states --min-duration 10ms ./server\n"
	"All that one goroutine does:\n"
	"  gofuncgraph-c states --goid 34 -p 812\n"
	"\v"
	"Without -p and --, every process that runs BINARY is traced, now or later.\n"
	"\n"
	"See gofuncgraph-c-states(8).\n";

const struct argp states_argp = {
	.options = options,
	.parser = parse,
	.args_doc = "[OPTION...] BINARY\n"
		    "[OPTION...] -p PID [LIBRARY]\n"
		    "[OPTION...] --pod NAME [BINARY]\n"
		    "[OPTION...] BINARY -- [ARG...]\n"
		    "[OPTION...] --replay FILE",
	.doc = doc,
	.children = children,
};

error_t states_args_parse(int argc, char **argv, unsigned flags, struct states_args *args)
{
	*args = (struct states_args){.format = format_named(OUTPUT_STATES, NULL)};
	argc = run_args_split(argc, argv, &args->run);
	return argp_parse(&states_argp, argc, argv, flags | ARGP_NO_HELP, NULL, args);
}

struct error *states_args_take_library(struct states_args *args)
{
	struct error *err = NULL;
	bool taken;

	if (choice_is_wanted(&args->run.choice)) {
		err = run_args_choose(&args->run, args->library, &taken);
		if (err || taken || !args->library)
			return err;
		return error_new("there is no file %s; states takes no functions", args->library);
	}
	if (!args->library)
		return NULL;
	err = run_args_take_library(&args->run, args->library, &taken);
	if (err || taken)
		return err;
	return error_new("process %d has not loaded %s; states takes no functions", args->run.pid,
			 args->library);
}

void states_args_destroy(struct states_args *args)
{
	run_args_destroy(&args->run);
	goid_list_destroy(&args->goids);
}

bool states_args_want_goid(const struct states_args *args, uint64_t goid)
{
	return goid_list_has(&args->goids, goid);
}

bool states_args_want_change(const struct states_args *args, const struct state_change *change)
{
	uint8_t old = change->old_state & STATE_NUMBER;

	if (args->states && !state_set_has(args->states, change->old_state) &&
	    !state_set_has(args->states, change->new_state))
		return false;
	if (!args->min_duration_ns)
		return true;
	/* A mark of the collector ends nothing. */
	return old != STATE_RUNNING && old != (change->new_state & STATE_NUMBER) &&
	       change->has_duration && change->duration_ns >= args->min_duration_ns;
}
