/* SPDX-License-Identifier: MIT */
/* goroutines.c - what all goroutines of a process do now, out of its memory: no probes, no stop. */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/event_clock.h"
#include "base/log.h"
#include "base/terminal.h"
#include "base/text.h"
#include "command/command.h"
#include "command/goroutine_args.h"
#include "command/options.h"
#include "command/run_args.h"
#include "command/running.h"
#include "goroutines/process_source.h"
#include "goroutines/report.h"
#include "gofuncgraph/record.h"
#include "process/process.h"

enum {
	KEY_GOID = 0x6000,
	KEY_STATE,
	KEY_GREP,
	KEY_LABEL,
	KEY_ALL,
	KEY_LIMIT,
	KEY_COLOR,
};

/* That may be asked for. */
#define MAX_LABELS 16

struct goroutines_args {
	const char *binary;
	struct run_args process; /* what -p says, and no more */
	struct goid_list goids;
	uint32_t states; /* by enum goroutine_state; 0: all */
	const char *grep;
	struct label_choice labels[MAX_LABELS]; /* all of these */
	size_t num_labels;
	uint64_t limit; /* 0: none */
	bool all;
	bool is_json;
	enum color_use color;
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
	{"color", KEY_COLOR, "WHEN", 0, OPTION_COLOR_DOC, OPTIONS_OUTPUT},
	{},
};

/* ---- the command line ---- */

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
		state_set_add(&args->states, arg, state);
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
		run_args_check(state, text_parse_count(arg, UINT64_MAX, &args->limit));
		return 0;
	case 'f':
		args->is_json = strcmp(arg, "json") == 0;
		if (!args->is_json && strcmp(arg, "text") != 0)
			argp_error(state, "there is no format '%s'; there are text and json", arg);
		return 0;
	case KEY_COLOR:
		option_parse_color(state, arg, &args->color);
		return 0;
	case ARGP_KEY_ARG:
		return take_argument(args, arg, state);
	case ARGP_KEY_END:
		if (!args->binary)
			argp_error(state, "which BINARY, or which process (-p PID)?");
		return args->binary ? 0 : EINVAL;
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
		    "[OPTION...] -p PID",
	.doc = doc,
	.children = children,
};

/* What nanotime() of src/runtime is in the process. */
static uint64_t nanotime(pid_t pid)
{
	struct timespec now;
	char number[16];

	snprintf(number, sizeof(number), "%d", pid);
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)((int64_t)now.tv_sec * 1000000000 + now.tv_nsec -
			  event_clock_offset_of("self") + event_clock_offset_of(number));
}

/* ---- which goroutines ---- */

struct choice {
	const struct goroutines_args *args;
	struct report *report;
};

static bool has_labels(const struct goroutines_args *args, const struct goroutine *one)
{
	for (size_t i = 0; i < args->num_labels; i++)
		if (!report_has_label(one, &args->labels[i]))
			return false;
	return true;
}

static bool wants(void *context, const struct goroutine *one)
{
	struct choice *choice = context;
	const struct goroutines_args *args = choice->args;

	if (!goid_list_has(&args->goids, one->goid) ||
	    (args->states && !state_set_has(args->states, one->state)) || !has_labels(args, one))
		return false;
	if (!args->all && !args->goids.count &&
	    places_is_system(choice->report->places, one->start_va)) {
		choice->report->num_system++;
		return false;
	}
	return !args->grep || report_has_text(choice->report, one, args->grep);
}

static struct sync_object awaited(void *context, const struct goroutine *one)
{
	const struct report *report = context;

	return sync_object_awaited(report->places, report->snapshot, one);
}

static void explain(const struct report *report)
{
	if (report->snapshot->is_cut)
		log_warning("there are more goroutines than are read: %u", SNAPSHOT_MAX_GOROUTINES);
	if (report->snapshot->num_unreadable)
		log_warning("%zu goroutines could not be read", report->snapshot->num_unreadable);
	if (!report->groups->count)
		log_info("process %d: none of its %zu goroutines is as the options want it",
			 report->pid, report->snapshot->count);
}

static struct error *print_snapshot(const struct goroutines_args *args, struct report *report,
				    struct writer *writer)
{
	struct groups groups;
	struct choice choice = {args, report};
	struct error *err = groups_make(report->snapshot, wants, &choice, &groups);

	if (err)
		return err;
	report->groups = &groups;
	if (args->is_json)
		report_json(report, writer);
	else if (groups.count)
		report_text(report, writer);
	writer_flush(writer);
	explain(report);
	groups_release(&groups);
	return writer_error(writer, "the goroutines");
}

static struct error *show(const struct goroutines_args *args, struct gobin *bin, pid_t pid,
			  const struct command_line *command_line, struct writer *writer)
{
	struct snapshot_source source = {0};
	struct snapshot snapshot = {0};
	struct locks locks = {0};
	struct places places;
	struct report report = {
		.pid = pid,
		.command_line = command_line,
		.places = &places,
		.snapshot = &snapshot,
		.locks = &locks,
		.now_ns = nanotime(pid),
		.limit = args->limit,
		.is_full = args->all,
		.width = terminal_width(STDOUT_FILENO),
	};
	struct error *err = places_init(&places, bin);

	report.is_colored = terminal_uses_color(args->color, stdout);
	err = err ?: snapshot_source_of_process(bin, &pid, &places, &source);
	source.wants_more = true;
	err = err ?: snapshot_take(&source, &snapshot);
	if (err && source.layout.newer_than_known)
		err = error_prefix(err, "%s is newer than all versions of Go that are known",
				   gobin_version(bin));
	err = err ?: locks_find(&snapshot, &source.memory, awaited, &report, &locks);
	err = err ?: print_snapshot(args, &report, writer);
	locks_release(&locks);
	snapshot_release(&snapshot);
	places_release(&places);
	return err;
}

/* ---- which processes ---- */

/* With its command line; as text only if there are others. */
static struct error *show_one(const struct goroutines_args *args, struct gobin *bin, pid_t pid,
			      bool has_others, struct writer *writer)
{
	struct command_lines *lines = command_lines_new();
	const struct command_line *line = NULL;
	struct error *err;

	if (!lines)
		return error_out_of_memory();
	command_lines_see(lines, (uint32_t)pid);
	if (has_others || args->is_json)
		line = command_lines_find(lines, (uint32_t)pid);
	err = show(args, bin, pid, line, writer);
	command_lines_free(lines);
	return err;
}

static struct error *show_all(const struct goroutines_args *args, struct gobin *bin,
			      struct writer *writer)
{
	_cleanup_free_ pid_t *pids = NULL;
	size_t count = 0;
	struct error *err = running_list(bin, &pids, &count);

	if (!err && !count)
		return error_new("no process runs %s: start it, or name one with -p PID",
				 args->binary);
	for (size_t i = 0; i < count && !err; i++) {
		if (i && !args->is_json)
			writer_puts(writer, "\n");
		err = show_one(args, bin, pids[i], count > 1, writer);
	}
	return err;
}

static struct error *show_process(const struct goroutines_args *args, struct gobin *bin,
				  struct writer *writer)
{
	struct process *process = NULL;
	struct error *err = process_open(args->process.pid, &process);

	process_free(process);
	return err ?: show_one(args, bin, args->process.pid, false, writer);
}

int command_goroutines(int argc, char **argv)
{
	struct goroutines_args args = {0};
	_cleanup_error_ struct error *err = NULL;
	_cleanup_free_ struct writer *writer = calloc(1, sizeof(*writer));
	struct gobin *bin = NULL;
	char name[] = "gofuncgraph-c goroutines";

	argv[0] = name;
	signal(SIGXFSZ, SIG_IGN); /* writing fails instead */
	argp_parse(&goroutines_argp, argc, argv, ARGP_NO_HELP, NULL, &args);
	err = writer ? gobin_open(args.binary, &bin) : error_out_of_memory();
	if (!err) {
		writer->file = stdout;
		err = args.process.pid ? show_process(&args, bin, writer)
				       : show_all(&args, bin, writer);
	}
	if (err)
		log_failure(err);
	gobin_close(bin);
	run_args_destroy(&args.process);
	goid_list_destroy(&args.goids);
	return err ? STATUS_FAILED : STATUS_OK;
}
