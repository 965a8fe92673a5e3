/* SPDX-License-Identifier: MIT */
#include "command/trace_args.h"

#include <string.h>

#include "base/text.h"
#include "command/command.h"

enum {
	KEY_LIMIT = 0x2000,
	KEY_NO_EMULATE_RET,
	KEY_STATES,
	KEY_MIN_WAIT,
	KEY_FOLLOW,
};

static const struct argp_option options[] = {
	{"states", KEY_STATES, NULL, 0,
	 "Show for each call what its goroutine did: ran, waited (for what), was runnable, was in "
	 "a system call",
	 1},
	{"min-wait", KEY_MIN_WAIT, "DURATION", 0,
	 "Give each time of at least DURATION that a goroutine did not run a line of its own "
	 "(implies --states)",
	 1},
	{"follow", KEY_FOLLOW, NULL, 0, "Show goroutines started inside a target under it", 1},
	{"format", 'f', "FORMAT", 0, "graph (default) or json (JSON Lines, one object a call)", 2},
	{"limit", KEY_LIMIT, "N", 0, "After N trees", 3},
	{"no-emulate-ret", KEY_NO_EMULATE_RET, NULL, 0,
	 "Let the kernel single-step every `ret`, even where it could be spared", 4},
	{"yes", 'y', NULL, 0, "Do not ask before attaching slowly to many sites", 4},
	{},
};

static void parse_format(struct trace_args *args, const char *arg, struct argp_state *state)
{
	if (strcmp(arg, "graph") && strcmp(arg, "json"))
		argp_error(state, "there is no format '%s'; there are graph and json", arg);
	args->format = arg;
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
		parse_format(args, arg, state);
		return 0;
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
	{&run_argp, 0, NULL, 0}, {&select_argp, 0, NULL, 1}, {}};

const struct argp trace_argp = {
	.options = options,
	.parser = parse,
	.args_doc = "BINARY [TARGET...]\n-p PID [LIBRARY] [TARGET...]\nBINARY [TARGET...] -- [ARG...]\nlist "
		    "[OPTION...] BINARY [TARGET...]\nstates [OPTION...] BINARY\nbpftrace "
		    "[OPTION...] BINARY [FUNCTION...]",
	.doc = "Traces function calls of running Go programs and prints them as call trees.\v"
	       "Every process that runs BINARY is traced, from now on; or one process (-p); or "
	       "BINARY is started "
	       "with ARGs and traced until it exits (--). Calls of TARGET functions begin "
	       "trees; the functions of -u are shown in them. Without TARGET every function of -u "
	       "begins "
	       "trees.\n\n"
	       "  gofuncgraph-c -u 'net/http*' ./server 'main.handleBar'\n\n"
	       "See gofuncgraph-c(8).",
	.children = children,
};

error_t trace_args_parse(int argc, char **argv, unsigned flags, struct trace_args *args)
{
	*args = (struct trace_args){.format = "graph"};
	argc = run_args_split(argc, argv, &args->run);
	return argp_parse(&trace_argp, argc, argv, flags, NULL, args);
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
