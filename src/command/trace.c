/* SPDX-License-Identifier: MIT */
/* trace.c - the main job: attach, read, print trees, until told to stop. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/text.h"
#include "command/command.h"
#include "command/running.h"
#include "command/trace_args.h"
#include "gofuncgraph/calltree.h"
#include "gofuncgraph/output.h"
#include "gofuncgraph/session.h"
#include "session/process.h"

#define POLL_MS		20
#define SLOW_MANY_SITES 1000	      /* one perf event a site: some 0.1 s each to detach */
#define PATIENCE_NS	2000000000ull /* a second ^C after it ends at once */
#define CHECK_EVERY_NS	1000000000ull

struct trace {
	const struct trace_args *args;
	struct gobin *bin;
	struct plan plan;
	struct output *output;
	struct calltree *trees;
	struct session *session;
	struct process *process; /* the only one, or NULL: all that run the binary */
	FILE *file;
	struct error *err; /* met while an event was handled */
};

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static volatile sig_atomic_t caught_signal;
static volatile sig_atomic_t caught_from_terminal;
static volatile sig_atomic_t is_detaching;
static volatile uint64_t caught_at_ns;

static void on_signal(int number, siginfo_t *info, void *context)
{
	(void)context;
	/* Long after the first, which is not heard: output is blocked, say. The probes go whoever
	 * ends us; while they do, what is open still waits to be printed. */
	if (caught_signal && !is_detaching &&
	    clock_ns(CLOCK_MONOTONIC) - caught_at_ns > PATIENCE_NS) {
		signal(number, SIG_DFL);
		raise(number);
	}
	if (!caught_signal)
		caught_at_ns = clock_ns(CLOCK_MONOTONIC);
	caught_from_terminal = info->si_code == SI_KERNEL;
	caught_signal = number;
}

static void catch_signals(void)
{
	struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO}, before;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	/* Under nohup it stays ignored. */
	sigaction(SIGHUP, NULL, &before);
	if (before.sa_handler != SIG_IGN)
		sigaction(SIGHUP, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* A signal ends tracing; a program that we started gets it instead, and tracing ends with that
 * program. */
static bool told_to_stop(struct trace *trace)
{
	int number = caught_signal;

	if (!number || !trace->process || !process_is_launched(trace->process))
		return number;
	caught_signal = 0;
	process_forward(trace->process, number, caught_from_terminal);
	return false;
}

/* ---- preparing ---- */

static struct error *open_output(struct trace *trace)
{
	const struct trace_args *args = trace->args;
	struct output_options options = {.plan = &trace->plan, .max_trees = args->limit};
	struct calltree_sink sink;
	struct error *err;

	trace->file = stdout;
	if (args->output_path) {
		trace->file = fopen(args->output_path, "we");
		if (!trace->file)
			return error_errno(errno, "cannot write %s", args->output_path);
	}
	options.file = trace->file;
	options.realtime_offset_ns = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);
	err = output_new(args->format, &options, &trace->output);
	if (err)
		return err;
	sink = output_sink(trace->output);
	return calltree_new(&sink, &trace->trees);
}

static void log_omissions(const struct plan *plan)
{
	for (size_t i = 0; i < plan->num_omissions; i++) {
		const struct omission *omission = &plan->omissions[i];
		const struct gobin_func *func = plan->funcs[omission->func].func;

		log_verbose("left out %s+%llu: %s", func->name,
			    (unsigned long long)(omission->va - func->va), omission->reason);
	}
}

/* False: the user does not want to wait. */
static bool confirm_slow_attaching(const struct trace *trace)
{
	enum attach_method method = trace->args->method;
	char answer[16] = "";

	if (trace->plan.num_sites <= SLOW_MANY_SITES || trace->args->yes || !isatty(STDIN_FILENO))
		return true;
	if (method == ATTACH_AUTO)
		method = attach_best_method();
	if (method != ATTACH_PERF_EVENT)
		return true;
	fprintf(stderr,
		"found %zu uprobes, large number of uprobes (>%d) need long time for attaching and "
		"detaching, continue? [Y/n]\n",
		trace->plan.num_sites, SLOW_MANY_SITES);
	if (!fgets(answer, sizeof(answer), stdin))
		return false;
	return answer[0] == '\n' || answer[0] == 'y' || answer[0] == 'Y';
}

static struct error *open_process(struct trace *trace)
{
	const struct trace_args *args = trace->args;

	return args->pid ? process_open(args->pid, &trace->process) : NULL;
}

static struct error *prepare(struct trace *trace)
{
	const struct select_args *select = &trace->args->select;
	struct gobin_layout layout;
	struct error *err = open_process(trace);

	if (!err)
		err = gobin_open(select->binary, &trace->bin);
	if (!err)
		err = gobin_layout(trace->bin, &layout);
	if (!err)
		err = plan_make(trace->bin, &select->selection, &trace->plan);
	if (err)
		return err;
	if (layout.newer_than_known)
		log_warning("%s is newer than any Go this version knows; taking the newest known "
			    "layout "
			    "of its runtime and checking it while running",
			    gobin_version(trace->bin));
	log_omissions(&trace->plan);
	if (!trace->args->pid)
		running_warn_of_replaced(trace->bin);
	return open_output(trace);
}

/* ---- running ---- */

static void handle(void *context, const struct event *event)
{
	struct trace *trace = context;
	struct error *err = calltree_feed(trace->trees, event);

	if (trace->err)
		error_free(err);
	else
		trace->err = err;
}

static void handle_lost_end(void *context, uint32_t pid, uint64_t goid, uint32_t lost)
{
	struct trace *trace = context;

	calltree_end_was_lost(trace->trees, pid, goid, lost, clock_ns(CLOCK_MONOTONIC));
}

static struct error *start_session(struct trace *trace)
{
	struct session_options options = {
		.plan = &trace->plan,
		.ring_size = trace->args->ring_size,
		.method = trace->args->method,
		.only_pid = trace->process ? process_pid(trace->process) : 0,
		.emulate_ret = trace->args->emulate_ret,
		.handle = handle,
		.end_was_lost = handle_lost_end,
		.context = trace,
	};
	size_t num_traced = plan_num_traced(&trace->plan);
	struct error *err = session_start(&options, &trace->session);

	if (err)
		return err;
	log_verbose("attached by %s", attach_method_name(session_method(trace->session)));
	log_info("tracing %zu function%s (%zu probes) in %s, ^C ends", num_traced,
		 num_traced == 1 ? "" : "s", session_num_sites(trace->session),
		 gobin_path(trace->bin));
	return NULL;
}

static struct error *start(struct trace *trace)
{
	const struct trace_args *args = trace->args;
	struct error *err = NULL;

	if (args->program_args)
		err = process_launch(args->select.binary, args->program_args, args->as_root,
				     &trace->process);
	if (!err)
		err = start_session(trace);
	if (!err && args->program_args)
		err = process_resume(trace->process);
	return err;
}

/* A goroutine id that is seen on two goroutines at once is none: the layout is wrong. */
static struct error *check_goids(struct trace *trace)
{
	if (!session_stats(trace->session).stats[STAT_WRONG_GOID])
		return NULL;
	return error_new(
		"what was taken for goroutine ids of %s (%s) are none: this version does not know "
		"the layout of its runtime; use a build with DWARF, or a newer gofuncgraph-c",
		gobin_path(trace->bin), gobin_version(trace->bin));
}

/* The error that a write met; a reader that went away (`| head`) is none. */
static struct error *flush(struct trace *trace, bool *closed)
{
	int errnum = 0;
	struct error *err = output_flush(trace->output, &errnum);

	*closed = err != NULL;
	if (err && errnum == EPIPE) {
		error_free(err);
		return NULL;
	}
	return err;
}

static bool limit_reached(const struct trace *trace)
{
	return trace->args->limit && output_num_trees(trace->output) >= trace->args->limit;
}

static bool is_over(struct trace *trace)
{
	return told_to_stop(trace) || limit_reached(trace) ||
	       (trace->process && process_has_ended(trace->process));
}

static struct error *run(struct trace *trace)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC), next_check = now + CHECK_EVERY_NS;
	uint64_t end = trace->args->timeout_ns ? now + trace->args->timeout_ns : UINT64_MAX;
	struct error *err = NULL;
	bool closed = false;

	while (!err && !is_over(trace) && !closed && now < end) {
		err = session_poll(trace->session, POLL_MS);
		if (!err && trace->err)
			err = take_pointer(trace->err);
		if (!err)
			err = flush(trace, &closed);
		now = clock_ns(CLOCK_MONOTONIC);
		if (!err && now >= next_check) {
			next_check = now + CHECK_EVERY_NS;
			err = check_goids(trace);
		}
	}
	return err;
}

static void report_losses(const struct trace *trace)
{
	const struct session_stats all = session_stats(trace->session);
	const uint64_t *stats = all.stats;
	unsigned long long lost = stats[STAT_LOST], sent = stats[STAT_EVENTS];

	if (lost)
		log_warning("%llu of %llu events were lost, the ring buffer was full: trace fewer "
			    "functions, "
			    "or give --ring-size more",
			    lost, lost + sent);
	if (stats[STAT_NO_ROOM])
		log_warning(
			"%llu calls of targets were not traced: too many goroutines were inside of "
			"targets at once",
			(unsigned long long)stats[STAT_NO_ROOM]);
	if (stats[STAT_UNREADABLE])
		log_warning("%llu probe hits were left out: the goroutine could not be read",
			    (unsigned long long)stats[STAT_UNREADABLE]);
}

/* Detaches and prints what is open; keeps the first error. */
static struct error *finish(struct trace *trace, struct error *err)
{
	struct error *late;
	bool closed;

	is_detaching = true;
	late = session_stop(trace->session);
	is_detaching = false;
	calltree_finish(trace->trees, clock_ns(CLOCK_MONOTONIC));
	if (late)
		error_free(flush(trace, &closed));
	else
		late = flush(trace, &closed);
	report_losses(trace);
	if (!err)
		err = check_goids(trace);
	if (!err)
		return late;
	error_free(late);
	return err;
}

/* What was started is waited for, as if we were not there. */
static void wait_for_program(struct trace *trace)
{
	char text[64];

	while (!process_has_ended(trace->process)) {
		told_to_stop(trace);
		usleep(POLL_MS * 1000);
	}
	log_info("%s (%d) %s", trace->args->select.binary, process_pid(trace->process),
		 process_ending(trace->process, text, sizeof(text)));
}

static void destroy(struct trace *trace)
{
	session_free(trace->session);
	process_free(trace->process);
	calltree_free(trace->trees);
	output_free(trace->output);
	if (trace->file && trace->file != stdout)
		fclose(trace->file);
	plan_destroy(&trace->plan);
	gobin_close(trace->bin);
	error_free(trace->err);
}

int command_trace(int argc, char **argv)
{
	_cleanup_error_ struct error *err = NULL;
	struct trace_args args;
	struct trace trace = {.args = &args};

	trace_args_parse(argc, argv, 0, &args);
	log_set_verbose(args.verbose);
	catch_signals();
	err = prepare(&trace);
	if (!err && confirm_slow_attaching(&trace)) {
		err = start(&trace);
		if (!err) {
			err = finish(&trace, run(&trace));
			if (args.program_args)
				wait_for_program(&trace);
		}
	}
	if (err)
		log_error("%s", error_message(err));
	destroy(&trace);
	trace_args_destroy(&args);
	return err ? STATUS_FAILED : STATUS_OK;
}
