/* SPDX-License-Identifier: MIT */
#include "command/goroutines_args.h"

#include <argp.h>
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "command/command.h"
#include "command/options.h"

enum {
	KEY_GOID = 0x6000,
	KEY_STATE,
	KEY_GREP,
	KEY_LABEL,
	KEY_ALL,
	KEY_LIMIT,
	KEY_COLOR,
	KEY_RECORD,
	KEY_REPLAY,
};

static const struct argp_option options[] = {
	{"pid", 'p', "PID", 0, "The goroutines of this process alone", OPTIONS_PROCESSES},
	{"goid", KEY_GOID, "N", 0, "Goroutine N alone (repeatable)", OPTIONS_SHOWN},
	{"state", KEY_STATE, "NAME", 0,
	 "Goroutines in this state alone: RUNNABLE, RUNNING, SYSCALL, WAITING... (repeatable)",
	 OPTIONS_SHOWN},
	{"grep", KEY_GREP, "TEXT", 0,
	 "Goroutines alone that have TEXT in what they wait for, or in a function or a file of their stack",
	 OPTIONS_SHOWN},
	{"label", KEY_LABEL, "LABEL", 0,
	 "Goroutines alone that have this label of runtime/pprof, KEY or KEY=VALUE (repeatable: all of them)",
	 OPTIONS_SHOWN},
	{"all", KEY_ALL, NULL, 0,
	 "Also the runtime's own goroutines, and the runtime's functions on stacks", OPTIONS_SHOWN},
	{"limit", KEY_LIMIT, "N", 0,
	 "The N largest groups alone; of -f json the first N goroutines", OPTIONS_SHOWN},
	{"format", 'f', "FORMAT", 0,
	 "text (default: groups of goroutines that do the same) or json (JSON Lines, one object a goroutine)",
	 OPTIONS_OUTPUT},
	{"record", KEY_RECORD, "FILE", 0,
	 "Record all goroutines into FILE, too: --replay FILE shows them again", OPTIONS_OUTPUT},
	{"replay", KEY_REPLAY, "FILE", 0, "Show what was recorded into FILE: leave out BINARY",
	 OPTIONS_PROCESSES},
	{"color", KEY_COLOR, "WHEN", 0, OPTION_COLOR_DOC, OPTIONS_OUTPUT},
	{},
};

static error_t take_argument(struct goroutines_args *args, const char *arg,
			     struct argp_state *state)
{
	if (args->binary) {
		argp_error(state, "'%s' is too much: goroutines takes one BINARY, or -p PID", arg);
		return EINVAL;
	}
	args->binary = arg;
	return 0;
}

static void take_label(struct goroutines_args *args, const char *arg, struct argp_state *state)
{
	const char *value = strchr(arg, '=');
	size_t key_len = value ? (size_t)(value - arg) : strlen(arg);

	if (args->num_labels == MAX_LABELS)
		argp_error(state, "there are more than %d labels", MAX_LABELS);
	else
		args->labels[args->num_labels++] =
			(struct label_choice){arg, key_len, value ? value + 1 : NULL};
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct goroutines_args *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		args->process.binary = &args->binary;
		return 0;
	case 'p':
		run_args_take_pid(&args->process, arg, state);
		return 0;
	case KEY_GOID:
		return goid_list_add(&args->goids, arg, state);
	case KEY_STATE:
		state_set_add(&args->states, arg, "; what they wait for is chosen by --grep",
			      state);
		return 0;
	case KEY_GREP:
		args->grep = arg;
		return 0;
	case KEY_LABEL:
		take_label(args, arg, state);
		return 0;
	case KEY_ALL:
		args->all = true;
		return 0;
	case KEY_LIMIT:
		run_args_check(state, "--limit", text_parse_count(arg, UINT64_MAX, &args->limit));
		return 0;
	case 'f':
		args->is_json = strcmp(arg, "json") == 0;
		if (!args->is_json && strcmp(arg, "text") != 0)
			argp_error(state, "there is no format '%s'; there are text and json", arg);
		return 0;
	case KEY_COLOR:
		option_parse_color(state, arg, &args->color);
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
		if (args->replay_path)
			run_args_check_replay(&args->process, args->binary, args->record_path,
					      state);
		else if (!args->binary)
			argp_error(state, "which BINARY, or which process (-p PID)?");
		return args->binary || args->replay_path ? 0 : EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {{&common_argp, 0, NULL, 0}, {}};

static const char doc[] =
	"Prints what all goroutines of a running Go program do now: those that do the same together, the largest group first. The program is not stopped, and needs no endpoint.\n"
	"\n"
	"What a program that hangs waits for:\n"
	"  gofuncgraph-c goroutines -p 812\n"
	"Who is in the database's pool:\n"
	"  gofuncgraph-c goroutines --grep database/sql -p 812\n"
	"\v"
	"Without -p, all processes that run BINARY are read, one after the other.\n"
	"\n"
	"See gofuncgraph-c-goroutines(8).\n";

const struct argp goroutines_argp = {
	.options = options,
	.parser = parse,
	.args_doc = "[OPTION...] BINARY\n"
		    "[OPTION...] -p PID\n"
		    "[OPTION...] --replay FILE",
	.doc = doc,
	.children = children,
};

error_t goroutines_args_parse(int argc, char **argv, struct goroutines_args *args)
{
	*args = (struct goroutines_args){.arguments = argv};
	return argp_parse(&goroutines_argp, argc, argv, ARGP_NO_HELP, NULL, args);
}

void goroutines_args_destroy(struct goroutines_args *args)
{
	run_args_destroy(&args->process);
	goid_list_destroy(&args->goids);
}
