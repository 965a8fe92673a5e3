/* SPDX-License-Identifier: MIT */
/* goroutines.c - what all goroutines of a process do now, out of its memory: no probes, no stop. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/event_clock.h"
#include "base/log.h"
#include "base/status_line.h"
#include "base/terminal.h"
#include "base/text.h"
#include "command/command.h"
#include "command/goroutines_args.h"
#include "command/goroutines_file.h"
#include "command/step.h"
#include "command/running.h"
#include "goroutines/process_source.h"
#include "goroutines/report.h"
#include "gofuncgraph/record.h"
#include "process/process.h"

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
		log_warning("there are more goroutines than are read: %s",
			    text_count(SNAPSHOT_MAX_GOROUTINES).text);
	if (report->snapshot->num_unreadable)
		log_warning("%s could not be read", text_counted(report->snapshot->num_unreadable,
								 "goroutine", "goroutines")
							    .text);
	if (!report->groups->count)
		log_info("process %d: of its %s none is as the options want it", report->pid,
			 text_counted(report->snapshot->count, "goroutine", "goroutines").text);
}

/* `source`: of a process, for more than the snapshot has; NULL: it is recorded. */
static struct error *print_snapshot(const struct goroutines_args *args, struct report *report,
				    const struct snapshot_source *source, struct writer *writer)
{
	_cleanup_free_ struct leads *leads = calloc(LEADS_MAX_ASKED, sizeof(*leads));
	struct groups groups;
	struct choice choice = {args, report};
	struct error *err = groups_make(report->snapshot, wants, &choice, &groups);

	if (err)
		return err;
	report->groups = &groups;
	if (source)
		err = leads ? report_find_leads(report, source, !args->is_json, leads)
			    : error_out_of_memory();
	if (err) {
		groups_release(&groups);
		return err;
	}
	if (args->is_json)
		report_json(report, writer);
	else if (groups.count)
		report_text(report, writer);
	writer_flush(writer);
	explain(report);
	groups_release(&groups);
	return writer_error(writer, "the goroutines");
}

/* What the options say of how it is printed. */
static void set_view(const struct goroutines_args *args, struct report *report)
{
	report->limit = args->limit;
	report->is_full = args->all;
	report->width = terminal_width(STDOUT_FILENO);
	report->is_colored = terminal_uses_color(args->color, stdout);
}

/* Where they go. */
struct outputs {
	struct writer *writer;
	struct goroutines_file *file; /* NULL: they are not recorded */
};

/* Recorded first, as printing ends the tool when nobody reads any more. What cannot be recorded is printed all the
 * same. */
static struct error *put_out(const struct goroutines_args *args, struct report *report,
			     const struct snapshot_source *source, const struct command_line *line,
			     const struct outputs *outputs)
{
	_cleanup_error_ struct error *unprinted = NULL;
	struct error *err = NULL;

	if (outputs->file)
		err = goroutines_file_add(outputs->file, report, line);
	/* What is recorded is shown again as it is shown now, and recordings have no leads. */
	unprinted = print_snapshot(args, report, outputs->file ? NULL : source, outputs->writer);
	return err ?: take_pointer(unprinted);
}

/* `line`: what it was started with, printed if that `is_told`. */
static struct error *show(const struct goroutines_args *args, struct gobin *bin, pid_t pid,
			  const struct command_line *line, bool is_told,
			  const struct outputs *outputs)
{
	struct snapshot_source source = {0};
	struct snapshot snapshot = {0};
	struct locks locks = {0};
	struct places places;
	struct report report = {
		.pid = pid,
		.command_line = is_told ? line : NULL,
		.places = &places,
		.snapshot = &snapshot,
		.locks = &locks,
		.now_ns = nanotime(pid),
	};
	struct error *err;
	char number[16];

	snprintf(number, sizeof(number), "%d", pid);
	step_show("reading the goroutines of process", number);
	places_init(&places, bin);
	set_view(args, &report);
	err = snapshot_source_of_process(bin, &pid, &places, &source);
	source.wants_labels = source.wants_awaited = true;
	err = err ?: snapshot_take(&source, &snapshot);
	if (err && source.layout.newer_than_known)
		err = error_prefix(err, "%s is newer than all versions of Go that are known",
				   gobin_version(bin));
	err = err ?: locks_find(&snapshot, &source.memory, awaited, &report, &locks);
	if (!err)
		locks_check_circle(&source, &snapshot, &locks);
	err = err ?: put_out(args, &report, &source, line, outputs);
	locks_release(&locks);
	snapshot_release(&snapshot);
	places_release(&places);
	return err;
}

/* ---- out of a recording ---- */

static struct error *print_recorded(const struct goroutines_args *args,
				    struct recorded_goroutines *recorded, bool has_others,
				    struct writer *writer)
{
	struct report report = {
		.pid = recorded->pid,
		.places = &recorded->places,
		.snapshot = &recorded->snapshot,
		.locks = &recorded->locks,
		.now_ns = recorded->now_ns,
	};

	set_view(args, &report);
	if (has_others || args->is_json)
		report.command_line = command_lines_find(recorded->lines, (uint32_t)recorded->pid);
	return print_snapshot(args, &report, NULL, writer);
}

static struct error *replay(const struct goroutines_args *args, struct writer *writer)
{
	struct recorded_goroutines *all = NULL;
	size_t count = 0;
	struct error *err = goroutines_file_read(args->replay_path, &all, &count);

	for (size_t i = 0; i < count && !err; i++) {
		if (i && !args->is_json)
			writer_puts(writer, "\n");
		err = print_recorded(args, &all[i], count > 1, writer);
	}
	for (size_t i = 0; i < count; i++)
		goroutines_release(&all[i]);
	free(all);
	return err;
}

/* ---- which processes ---- */

/* With its command line; as text only if there are others. */
static struct error *show_one(const struct goroutines_args *args, struct gobin *bin, pid_t pid,
			      bool has_others, const struct outputs *outputs)
{
	struct command_lines *lines = command_lines_new();
	struct error *err;

	if (!lines)
		return error_out_of_memory();
	command_lines_see(lines, (uint32_t)pid);
	err = show(args, bin, pid, command_lines_find(lines, (uint32_t)pid),
		   has_others || args->is_json, outputs);
	command_lines_free(lines);
	return err;
}

static struct error *show_all(const struct goroutines_args *args, struct gobin *bin,
			      const struct outputs *outputs)
{
	_cleanup_free_ pid_t *pids = NULL;
	size_t count = 0;
	struct error *err = running_list(bin, &pids, &count);

	if (!err && !count)
		return error_new("no process runs %s: start it, or name one with -p PID",
				 args->binary);
	for (size_t i = 0; i < count && !err; i++) {
		if (i && !args->is_json)
			writer_puts(outputs->writer, "\n");
		err = show_one(args, bin, pids[i], count > 1, outputs);
	}
	return err;
}

static struct error *show_process(const struct goroutines_args *args, struct gobin *bin,
				  const struct outputs *outputs)
{
	struct process *process = NULL;
	struct error *err = process_open(args->process.pid, &process);

	process_free(process);
	return err ?: show_one(args, bin, args->process.pid, false, outputs);
}

static struct error *read_processes(const struct goroutines_args *args, struct writer *writer)
{
	struct goroutines_file file = {};
	const struct outputs outputs = {writer, args->record_path ? &file : NULL};
	struct gobin *bin = NULL;
	struct error *err;

	status_line_allow(args->record_path ? STDERR_FILENO : STDOUT_FILENO);
	step_show("reading", args->binary);
	err = gobin_open(args->binary, &bin);

	if (!err && outputs.file)
		err = goroutines_file_open(&file, args->record_path, bin, args->arguments);
	if (!err)
		err = args->process.pid ? show_process(args, bin, &outputs)
					: show_all(args, bin, &outputs);
	err = goroutines_file_close(&file, err);
	status_line_clear();
	gobin_close(bin);
	return err;
}

int command_goroutines(int argc, char **argv)
{
	struct goroutines_args args;
	struct error *err;
	_cleanup_free_ struct writer *writer = calloc(1, sizeof(*writer));
	char name[] = "gofuncgraph-c goroutines";

	argv[0] = name;
	signal(SIGXFSZ, SIG_IGN); /* writing fails instead */
	if (goroutines_args_parse(argc, argv, &args))
		return command_status(error_out_of_memory());
	if (!writer) {
		err = error_out_of_memory();
	} else {
		writer->file = stdout;
		err = args.replay_path ? replay(&args, writer) : read_processes(&args, writer);
	}
	goroutines_args_destroy(&args);
	return command_status(err);
}
