/* SPDX-License-Identifier: MIT */
#include "command/trace_args.h"

#include <string.h>

#include "base/text.h"
#include "command/command.h"

#define DEFAULT_RING_SIZE (32u << 20)

enum {
	KEY_LIMIT = 0x2000,
	KEY_TIMEOUT,
	KEY_RING_SIZE,
	KEY_ATTACH,
	KEY_NO_EMULATE_RET,
	KEY_AS_ROOT,
};

static const struct argp_option options[] = {
	{NULL, 0, NULL, 0, "What is shown:", 1},
	{"pid", 'p', "PID", 0, "Trace this process alone; BINARY is its executable, and not given",
	 1},
	{"as-root", KEY_AS_ROOT, NULL, 0,
	 "Under sudo, start the program before `--` as root, not as the user who called sudo", 1},
	{NULL, 0, NULL, 0, "Output:", 2},
	{"format", 'f', "FORMAT", 0, "graph (default) or json (JSON Lines, one object a call)", 2},
	{"output", 'o', "FILE", 0, "Write trees to FILE instead of standard output", 2},
	{"verbose", 'v', NULL, 0, "Say what is done, what was left out and why", 2},
	{NULL, 0, NULL, 0, "When to stop (else ^C):", 3},
	{"limit", KEY_LIMIT, "N", 0, "After N trees", 3},
	{"timeout", KEY_TIMEOUT, "DURATION", 0, "After DURATION: 10s, 1m30s, 500ms", 3},
	{NULL, 0, NULL, 0, "How it is done:", 4},
	{"ring-size", KEY_RING_SIZE, "SIZE", 0, "Bytes of the buffer for events (default 32M)", 4},
	{"attach", KEY_ATTACH, "METHOD", 0, "auto (default), uprobe_multi, tracefs or perf_event",
	 4},
	{"no-emulate-ret", KEY_NO_EMULATE_RET, NULL, 0,
	 "Let the kernel single-step every `ret`, even where it could be spared", 4},
	{"yes", 'y', NULL, 0, "Do not ask before attaching slowly to many sites", 4},
	{},
};

static void check(struct argp_state *state, struct error *err)
{
	if (!err)
		return;
	argp_error(state, "%s", error_message(err));
	error_free(err);
}

static void parse_format(struct trace_args *args, const char *arg, struct argp_state *state)
{
	if (strcmp(arg, "graph") && strcmp(arg, "json"))
		argp_error(state, "there is no format '%s'; there are graph and json", arg);
	args->format = arg;
}

static void parse_method(struct trace_args *args, const char *arg, struct argp_state *state)
{
	args->method = ATTACH_AUTO;
	if (!strcmp(arg, "auto"))
		return;
	for (enum attach_method m = ATTACH_UPROBE_MULTI; m <= ATTACH_PERF_EVENT; m++)
		if (!strcmp(arg, attach_method_name(m)))
			args->method = m;
	if (args->method == ATTACH_AUTO)
		argp_error(
			state,
			"there is no way to attach '%s'; there are auto, uprobe_multi, tracefs and "
			"perf_event",
			arg);
}

static void parse_pid(struct trace_args *args, const char *arg, struct argp_state *state)
{
	uint64_t pid = 0;

	check(state, text_parse_count(arg, INT32_MAX, &pid));
	args->pid = (pid_t)pid;
	snprintf(args->pid_path, sizeof(args->pid_path), "/proc/%d/exe", args->pid);
	args->select.binary = args->pid_path;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct trace_args *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->select;
		return 0;
	case 'p':
		parse_pid(args, arg, state);
		return 0;
	case KEY_AS_ROOT:
		args->as_root = true;
		return 0;
	case 'f':
		parse_format(args, arg, state);
		return 0;
	case 'o':
		args->output_path = arg;
		return 0;
	case 'v':
		args->verbose = true;
		return 0;
	case 'y':
		args->yes = true;
		return 0;
	case KEY_LIMIT:
		check(state, text_parse_count(arg, UINT64_MAX, &args->limit));
		return 0;
	case KEY_TIMEOUT:
		check(state, text_parse_duration(arg, &args->timeout_ns));
		return 0;
	case KEY_RING_SIZE:
		check(state, text_parse_size(arg, &args->ring_size));
		return 0;
	case KEY_ATTACH:
		parse_method(args, arg, state);
		return 0;
	case ARGP_KEY_END:
		if (args->pid && args->program_args)
			argp_error(state, "-p and -- exclude each other: a process runs already, "
					  "or is started");
		return ARGP_ERR_UNKNOWN;
	case KEY_NO_EMULATE_RET:
		args->emulate_ret = false;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {{&select_argp, 0, NULL, 1}, {}};

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "BINARY [TARGET...]\n-p PID [TARGET...]\nBINARY [TARGET...] -- [ARG...]\nlist "
		    "[OPTION...] BINARY [TARGET...]\nbpftrace [OPTION...] BINARY [FUNCTION...]",
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
	*args = (struct trace_args){
		.format = "graph",
		.ring_size = DEFAULT_RING_SIZE,
		.emulate_ret = true,
	};
	for (int i = 1; i < argc && !args->program_args; i++) {
		if (!strcmp(argv[i], "--")) {
			args->program_args = argv + i + 1;
			argc = i;
		}
	}
	return argp_parse(&argp, argc, argv, flags, NULL, args);
}

void trace_args_destroy(struct trace_args *args)
{
	select_args_destroy(&args->select);
}
