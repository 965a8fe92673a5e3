/* SPDX-License-Identifier: MIT */
#include "command/run_args.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "command/library.h"
#include "command/options.h"
#include "command/pid_word.h"

#define DEFAULT_RING_SIZE    (32u << 20)
#define DEFAULT_MAX_OVERHEAD 20 /* of a program that runs already */

enum {
	KEY_TIMEOUT = 0x3000,
	KEY_DELAY,
	KEY_RING_SIZE,
	KEY_ATTACH,
	KEY_AS_ROOT,
	KEY_MAX_OVERHEAD,
	KEY_DEBUG_FILE,
	KEY_CGROUP,
	KEY_CONTAINER,
	KEY_POD,
	KEY_COMM,
};

static const struct argp_option options[] = {
	{"pid", 'p', "PID", 0,
	 "Trace this process alone: its executable, or a LIBRARY that it has loaded",
	 OPTIONS_PROCESSES},
	{"cgroup", KEY_CGROUP, "PATH", 0,
	 "Only processes in this cgroup (v2) or below it, also those that start later",
	 OPTIONS_PROCESSES},
	{"container", KEY_CONTAINER, "ID", 0,
	 "The same, by a container's id: 8 digits or more of it", OPTIONS_PROCESSES},
	{"pod", KEY_POD, "NAME", 0,
	 "The same, by a pod's name, which is its processes' host name, or the beginning of it",
	 OPTIONS_PROCESSES},
	{"comm", KEY_COMM, "NAME", 0, "Only processes of this name, as `ps -o comm` shows it",
	 OPTIONS_PROCESSES},
	{"-- ARG...", 0, NULL, OPTION_DOC,
	 "Start BINARY with these arguments, and trace it until it exits", OPTIONS_PROCESSES},
	{"as-root", KEY_AS_ROOT, NULL, 0,
	 "Under sudo, start it as root, not as the user who called sudo", OPTIONS_PROCESSES},
	{"output", 'o', "FILE", 0,
	 "Write to FILE, not to standard output (with `--`: not to standard error); - is standard output",
	 OPTIONS_OUTPUT},
	{"verbose", 'v', NULL, 0, "Say what is done, what was left out and why", OPTIONS_OUTPUT},
	{"timeout", KEY_TIMEOUT, "DURATION", 0, "After DURATION of tracing: 10s, 1m30s, 500ms",
	 OPTIONS_STOP},
	{"delay", KEY_DELAY, "DURATION", 0,
	 "Attach DURATION after the start; with `--`, after that of the program", OPTIONS_HOW},
	{"debug-file", KEY_DEBUG_FILE, "FILE", 0,
	 "Symbols and DWARF of a stripped BINARY: FILE is of the same build", OPTIONS_HOW},
	{"ring-size", KEY_RING_SIZE, "SIZE", 0,
	 "Bytes of the buffer for events (default 32M); give more when events are lost",
	 OPTIONS_HOW},
	{"attach", KEY_ATTACH, "METHOD", 0, "auto (default), uprobe_multi, tracefs or perf_event",
	 OPTIONS_HOW},
	{"max-overhead", KEY_MAX_OVERHEAD, "PERCENT", 0,
	 "Of the program's CPU time that probes may take, or none: no limit (default 20, with `--` none)",
	 OPTIONS_HOW},
	{},
};

void run_args_check(struct argp_state *state, const char *option, struct error *err)
{
	if (!err)
		return;
	argp_error(state, "%s: %s", option, error_message(err));
	error_free(err);
}

error_t run_args_parse_format(enum output_kind kind, const char *names, const char *arg,
			      struct argp_state *state, const struct format **format)
{
	*format = format_named(kind, arg);
	if (*format)
		return 0;
	argp_error(state, "there is no format '%s'; there are %s", arg, names);
	return EINVAL;
}

static void parse_method(struct run_args *args, const char *arg, struct argp_state *state)
{
	args->options.method = ATTACH_AUTO;
	if (!strcmp(arg, "auto"))
		return;
	for (enum attach_method m = ATTACH_UPROBE_MULTI; m <= ATTACH_PERF_EVENT; m++)
		if (!strcmp(arg, attach_method_name(m)))
			args->options.method = m;
	if (args->options.method == ATTACH_AUTO)
		argp_error(
			state,
			"there is no way to attach '%s'; there are auto, uprobe_multi, tracefs and perf_event",
			arg);
}

static void parse_max_overhead(struct run_args *args, const char *arg, struct argp_state *state)
{
	uint64_t percent = 0;
	struct error *err = NULL;

	args->has_max_overhead = true;
	if (strcmp(arg, "none"))
		err = text_parse_count(arg, 100, &percent);
	args->max_overhead = (unsigned)percent;
	if (err) {
		error_free(err);
		argp_error(state,
			   "--max-overhead wants a percentage from 1 to 100, or none, not '%s'",
			   arg);
	}
}

static void take_executable(struct run_args *args, pid_t pid)
{
	snprintf(args->pid_path, sizeof(args->pid_path), "/proc/%d/exe", pid);
	*args->binary = args->pid_path;
}

void run_args_take_pid(struct run_args *args, const char *arg, struct argp_state *state)
{
	pid_t before = args->pid;

	run_args_check(state, "-p", pid_word_parse(arg, &args->pid));
	if (before)
		run_args_check(state, "-p", pid_word_several(before));
	take_executable(args, args->pid);
}

/* Which program that is, nobody knows yet. */
static void expect_chosen(struct run_args *args)
{
	if (!args->pid)
		*args->binary = args->pid_path;
}

static void choose_cgroup(struct run_args *args, enum cgroup_kind kind, const char *arg,
			  struct argp_state *state)
{
	if (args->choice.kind)
		argp_error(state, "one of --cgroup, --container and --pod is enough");
	args->choice.kind = kind;
	args->choice.word = arg;
	expect_chosen(args);
}

static void choose_comm(struct run_args *args, const char *arg, struct argp_state *state)
{
	if (!*arg || strlen(arg) >= COMM_SIZE)
		argp_error(
			state,
			"--comm wants a name of 1 to %d bytes, which is all that the kernel keeps: %.*s",
			COMM_SIZE - 1, COMM_SIZE - 1, arg);
	args->choice.comm = args->options.comm = arg;
	expect_chosen(args);
}

static void check_processes(const struct run_args *args, struct argp_state *state)
{
	if (args->pid && args->program_args)
		argp_error(state,
			   "-p and -- exclude each other: a process runs already, or is started");
	if (choice_is_wanted(&args->choice) && (args->pid || args->program_args))
		argp_error(
			state,
			"--cgroup, --container, --pod and --comm choose among many processes: leave %s out",
			args->pid ? "-p" : "--");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct run_args *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		args->options.ring_size = DEFAULT_RING_SIZE;
		args->options.emulate_ret = true;
		return 0;
	case 'p':
		run_args_take_pid(args, arg, state);
		return 0;
	case KEY_CGROUP:
		choose_cgroup(args, CGROUP_PATH, arg, state);
		return 0;
	case KEY_CONTAINER:
		choose_cgroup(args, CGROUP_CONTAINER, arg, state);
		return 0;
	case KEY_POD:
		choose_cgroup(args, CGROUP_POD, arg, state);
		return 0;
	case KEY_COMM:
		choose_comm(args, arg, state);
		return 0;
	case KEY_AS_ROOT:
		args->as_root = true;
		return 0;
	case 'o':
		args->output_path = arg;
		return 0;
	case 'v':
		args->verbose = true;
		return 0;
	case KEY_TIMEOUT:
		run_args_check(state, "--timeout", text_parse_duration(arg, &args->timeout_ns));
		return 0;
	case KEY_DELAY:
		run_args_check(state, "--delay", text_parse_duration(arg, &args->delay_ns));
		return 0;
	case KEY_RING_SIZE:
		run_args_check(state, "--ring-size",
			       text_parse_size(arg, &args->options.ring_size));
		return 0;
	case KEY_ATTACH:
		parse_method(args, arg, state);
		return 0;
	case KEY_DEBUG_FILE:
		args->debug_file = arg;
		return 0;
	case KEY_MAX_OVERHEAD:
		parse_max_overhead(args, arg, state);
		return 0;
	case ARGP_KEY_END:
		if (!args->has_max_overhead && !args->program_args)
			args->max_overhead = DEFAULT_MAX_OVERHEAD;
		check_processes(args, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp run_argp = {.options = options, .parser = parse};

struct error *run_args_take_library(struct run_args *args, const char *word, bool *taken)
{
	struct error *err = library_find(args->pid, word, &args->library_path);

	*taken = args->library_path;
	if (*taken)
		*args->binary = args->library_path;
	return err;
}

struct error *run_args_choose(struct run_args *args, const char *word, bool *taken)
{
	struct error *err = choice_find(&args->choice);
	pid_t pid;

	args->options.cgroup = args->choice.folder;
	*taken = !err && word && choice_is_file(word);
	if (*taken)
		*args->binary = word;
	if (err || *taken)
		return err;
	err = choice_program(&args->choice, args->timeout_ns, &pid);
	if (!err)
		take_executable(args, pid);
	return err;
}

struct error *run_args_take_first_target(struct run_args *args, struct select_args *select)
{
	const char *word = select->selection.num_targets ? select->selection.targets[0] : NULL;
	struct error *err = NULL;
	bool taken = false;

	if (choice_is_wanted(&args->choice))
		err = run_args_choose(args, word, &taken);
	else if (args->pid && word)
		err = run_args_take_library(args, word, &taken);
	if (taken)
		select_args_drop_first(select);
	return err;
}

void run_args_destroy(struct run_args *args)
{
	free(args->library_path);
	choice_destroy(&args->choice);
}

int run_args_split(int argc, char **argv, struct run_args *args)
{
	args->arguments = argv;
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--")) {
			args->program_args = argv + i + 1;
			return i;
		}
	}
	return argc;
}

void run_args_check_record(const char *arg, struct argp_state *state)
{
	if (!strcmp(arg, "-"))
		argp_error(
			state,
			"--record writes into a file, as standard output is for what is shown: give it a name, not '-'");
}

void run_args_check_replay(const struct run_args *args, const char *word, const char *record_path,
			   struct argp_state *state)
{
	if (word || args->pid || args->program_args)
		argp_error(state, "--replay shows a recording, and traces nothing: leave out '%s'",
			   args->pid ? "-p" : word ?: "--");
	else if (record_path)
		argp_error(state, "--replay and --record are one too many: leave out one");
}
