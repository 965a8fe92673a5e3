/* SPDX-License-Identifier: MIT */
/* run.c - attaching and reading records until told to stop; see run.h. */
#include "command/run.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "command/counts.h"
#include "command/reopen.h"
#include "command/run_file.h"
#include "command/run_internal.h"
#include "command/signals.h"

#define CHECK_EVERY_NS 1000000000ull

/* ---- signals ---- */

void run_forward_signals(struct run *run, bool program_has_got_them)
{
	int number;
	bool from_kernel;

	while (signals_take(&number, &from_kernel))
		process_forward(run->process, number, from_kernel && program_has_got_them);
}

/* A signal ends tracing; a ^C only what goes on now, where more is to come. A program that we started
 * gets it instead, and tracing ends when that program does. */
static bool told_to_stop(struct run *run)
{
	if (!run->args->program_args)
		return (run->has_more && signals_take_interrupt()) || signals_arrived();
	run_forward_signals(run, true);
	return false;
}

/* ---- when it is over ---- */

/* Its probes are in another file. /proc shows that while the kernel is still at it: the record that ends
 * what is open comes when that is done (fs/exec.c, begin_new_exec() and exec_binprm()). */
static bool left_the_file(const struct run *run)
{
	char path[PATH_MAX];
	int pid = process_pid(run->process);

	/* Until then it runs this tracer. */
	if (run->args->program_args && !run->is_resumed)
		return false;
	if (!process_runs_another(run->process, path, sizeof(path)) ||
	    (run->source && live_awaits_end(run->source)))
		return false;
	log_info("process %d now runs %s, which is not the traced file (-p %d traces that one)",
		 pid, path, pid);
	return true;
}

bool run_has_ended(struct run *run)
{
	return told_to_stop(run) ||
	       (run->process && (process_has_ended(run->process) || left_the_file(run)));
}

bool run_is_over(struct run *run)
{
	uint64_t now = event_clock_now_ns(&run->clock);

	if (!run->end_ns)
		run->end_ns = run->args->timeout_ns ? now + run->args->timeout_ns : UINT64_MAX;
	run->is_over = run->is_over || now >= run->end_ns || run_has_ended(run) ||
		       run->ops->limit_reached(run->context) || guard_wants_end(run->guard);
	return run->is_over;
}

/* ---- running ---- */

static void end_gap(struct run *run, uint64_t time_ns)
{
	if (run->gap_ns && time_ns > run->gap_ns)
		run->gaps_ns += time_ns - run->gap_ns;
	run->gap_ns = 0;
}

void run_saw(struct run *run, const struct record *record)
{
	if (record->pid) {
		throttle_watch(run->throttle, (pid_t)record->pid);
		command_lines_see(run->command_lines, record->pid);
	}
	if (record->kind == RECORD_EXEC || record->kind == RECORD_PROCESS_EXIT)
		command_lines_end(run->command_lines, record->pid);
	if (record->kind == RECORD_GAP)
		run->gap_ns = record->time_ns;
	if (record->kind == RECORD_GAP_END || record->kind == RECORD_STOPPED)
		end_gap(run, record->time_ns);
	counts_take(run->counts, record);
}

void run_fail(struct run *run, struct error *err)
{
	if (run->err)
		error_free(err);
	else
		run->err = err;
}

void run_distrust(struct run *run, uint32_t pid)
{
	struct gobin_layout layout = {0};
	struct error *err = gobin_layout(run->bin, &layout);

	if (!err && !layout.newer_than_known && !run->process &&
	    running_has_others(run->bin, (pid_t)pid)) {
		log_warning(
			"process %u is not traced any more: what was taken for its goroutine ids are none, it seems to write over them; its open calls are lost",
			pid);
		return;
	}
	run_fail(
		run,
		err
			?: error_new(
				   "what was taken for goroutine ids of process %u, %s (%s), are none: this version does not know the layout of its runtime, or it writes over them; use a build with DWARF, or a newer gofuncgraph-c",
				   pid, gobin_path(run->bin), gobin_version(run->bin)));
}

void run_look_for_others(struct run *run)
{
	/* Which of them are chosen, their records tell. */
	if (!choice_is_wanted(&run->args->choice) && guard_now(run->guard).num_processes > 1)
		command_lines_expect_several(run->command_lines);
}

/* The error that a write met; a reader that went away (`| head`) is none. */
static struct error *flush(struct run *run)
{
	int errnum = 0;
	struct error *err = run->ops->flush(run->context, &errnum);

	run->is_closed = run->is_closed || err;
	return output_forgive_reader(err, errnum);
}

/* Reads records until it is over, a reader goes away, or the binary is being changed (reopen.h). */
static struct error *read_records(struct run *run)
{
	uint64_t now = event_clock_now_ns(&run->clock), next_check = now + CHECK_EVERY_NS;
	struct error *err = NULL;

	while (!err && !run_is_over(run) && !run->is_closed && !run->is_changed) {
		err = source_poll(run->source, RUN_POLL_MS);
		run->is_changed = live_file_is_changed(run->source);
		if (!err && run->err)
			err = take_pointer(run->err);
		if (!err)
			err = flush(run);
		event_clock_look(&run->clock);
		now = event_clock_now_ns(&run->clock);
		if (!err)
			err = guard_look(run->guard, now);
		if (!err)
			run_show_progress(run, now);
		if (!err && now >= next_check) {
			next_check = now + CHECK_EVERY_NS;
			run_look_for_others(run);
			reopen_warn_of_replaced(run);
			reopen_look_for_successor(run);
			throttle_update(run->throttle);
		}
	}
	status_line_clear();
	return err;
}

/* ---- ending ---- */

static void report_losses(const struct run *run)
{
	char text[TEXT_AMOUNT_SIZE];

	text_format_amount(text, run->gaps_ns);
	if (run->gaps_ns)
		log_warning(
			"all probes were off for %s while some were taken off: what was called then is missing",
			text);
	counts_report(run->counts, run->advice);
}

/* What ended it came while probes were being attached: `num_attached` of them were there. */
static void tell_not_begun(const struct run *run, size_t num_attached)
{
	char what[48] = "tracing ended", how_many[48] = "while the";

	if (run->process && process_has_ended(run->process))
		snprintf(what, sizeof(what), "process %d ended", process_pid(run->process));
	else if (signals_arrived())
		strcpy(what, "told to stop");
	if (num_attached)
		snprintf(how_many, sizeof(how_many), "when %s of", text_count(num_attached).text);
	log_info("%s %s %s attached: nothing was traced yet, and no probe is left behind", what,
		 how_many, text_counted(run->plan.num_sites, "probe was", "probes were").text);
}

/* Losses and costs. */
static void report(struct run *run)
{
	report_losses(run);
	guard_report(run->guard);
	if (!reopen_is_due(run) && run->ops->has_shown(run->context))
		throttle_report(run->throttle);
}

/*
 * Detaches and hands on what is left. Then all is flushed, and losses are reported, or why nothing
 * was shown. Takes err, returns the first error.
 */
static struct error *stop(struct run *run, struct error *err)
{
	size_t num_attached = live_num_sites(run->source);
	bool has_begun = run->is_tracing;
	struct error *late;

	/* What it waited for was read while it lived, and is told with its end: it may have ended since the last look. */
	if (!err && has_begun && run->process && process_has_ended(run->process))
		err = source_poll(run->source, 0);
	run->stop_ns = event_clock_now_ns(&run->clock);
	source_look_away(run->source, run->stop_ns);
	if (run->process && process_has_ended(run->process))
		guard_note_end(run->guard, process_cpu_ns(run->process));
	guard_stop(run->guard, run->stop_ns);
	if (!err && has_begun && !run->is_changed && !run->ops->has_shown(run->context))
		run->running =
			running_count(&run->plan, run->process ? process_pid(run->process) : 0);
	signals_set_detaching(true);
	if (run->is_changed && !run->has_successor)
		gobin_freeze(run->bin);
	late = source_detach(run->source);
	signals_set_detaching(false);
	source_stop(run->source);
	if (late)
		error_free(flush(run));
	else
		late = flush(run);
	if (has_begun)
		report(run);
	if (!err)
		err = take_pointer(run->err);
	if (!err && !late && run->is_over && !has_begun)
		tell_not_begun(run, num_attached);
	else if (!err && !late && run->is_over && !run->ops->has_shown(run->context))
		run->ops->explain(run->context);
	if (!err && !late && run->ops->report)
		run->ops->report(run->context);
	live_await_detached(run->source);
	signals_set_detaching(false);
	if (!err)
		return late;
	error_free(late);
	return err;
}

void run_wait(struct run *run)
{
	char text[64];

	if (!run->args->program_args || !run->is_resumed)
		return;
	while (!process_has_ended(run->process)) {
		told_to_stop(run);
		usleep(RUN_POLL_MS * 1000);
	}
	log_info("%s (%d) %s", *run->args->binary, process_pid(run->process),
		 process_ending(run->process, text, sizeof(text)));
}

/* ---- all of it ---- */

/* What an error before tracing is when the process (-p) has ended meanwhile, whatever it met then; takes err. */
static struct error *blame_end(struct run *run, struct error *err)
{
	if (!err || run->has_begun || run->args->program_args || !run->process ||
	    !process_has_ended(run->process))
		return err;
	log_verbose("%s", error_message(err));
	error_free(err);
	return error_new("process %d ended before it could be traced", process_pid(run->process));
}

/* Until it is over, or the binary is changed. */
static struct error *trace_once(struct run *run)
{
	struct error *err = blame_end(run, run->ops->start(run->context));

	if (err || run->is_changed || !run->source)
		return err;
	return stop(run, read_records(run));
}

/* With the binary that took the place of the one that was traced. */
static struct error *begin_anew(struct run *run, bool *goes_on)
{
	struct error *err;

	if (format_is_document(run->format)) {
		log_warning(
			"tracing ends: the binary was %s, and what -f writes cannot tell of two",
			run->has_successor ? "replaced by another one" : "overwritten");
		*goes_on = false;
		return NULL;
	}
	run->ops->close_output(run->context);
	err = reopen_changed(run, goes_on);
	return err || !*goes_on ? err : run->ops->open_output(run->context);
}

struct error *run_trace(struct run *run)
{
	struct error *err = trace_once(run);
	bool goes_on = true;

	while (!err && goes_on && reopen_is_due(run)) {
		err = begin_anew(run, &goes_on);
		if (!err && goes_on)
			err = trace_once(run);
	}
	return err;
}

bool run_may_go_on(struct run *run)
{
	return run->is_over && !run->is_closed && run->guard && !guard_wants_end(run->guard) &&
	       !run_has_ended(run);
}

struct error *run_trace_on(struct run *run)
{
	struct error *err;

	source_free(take_pointer(run->source));
	plan_destroy(&run->plan);
	run->is_over = run->is_changed = false;
	run->end_ns = 0;
	err = run->ops->make_plan(run->context);
	if (!err)
		err = run->ops->open_output(run->context);
	return err ?: run_trace(run);
}

void run_destroy(struct run *run)
{
	throttle_free(run->throttle);
	command_lines_free(run->command_lines);
	guard_free(run->guard);
	free(run->hit_times);
	source_free(run->source);
	process_free(run->process);
	run_file_close(run);
	plan_destroy(&run->plan);
	names_free(run->names);
	free(run->build_id);
	free(run->binary_path);
	modules_free(run->modules);
	gobin_close(run->bin);
	error_free(run->err);
}
