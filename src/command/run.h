/* SPDX-License-Identifier: MIT */
/*
 * run.h - what every command does that attaches and reads records until told to stop.
 *
 * run_prepare() - run_trace() - run_wait() - run_destroy(), with functions of the command's own in
 * between. Only one run at a time: signals have one handler.
 */
#ifndef COMMAND_RUN_H
#define COMMAND_RUN_H

#include "base/event_clock.h"
#include "command/progress.h"
#include "command/run_args.h"
#include "command/running.h"
#include "gofuncgraph/calltree.h"
#include "gofuncgraph/live.h"
#include "gofuncgraph/output.h"
#include "guard/guard.h"
#include "names/names.h"
#include "process/command_lines.h"
#include "process/process.h"
#include "process/throttle.h"

/* What a command does in a run, with the run's `context`. */
struct run_ops {
	struct error *(*make_plan)(void *context); /* the run's, from its `bin` */
	/* What records go into and come out of as text; again after close_output(), for the binary that
	 * took the place of this one. */
	struct error *(*open_output)(void *context);
	struct error *(*start)(void *context); /* calls run_start() */
	void (*close_output)(void *context);
	/* Has written what there is: the error that a write met, and its errno. */
	struct error *(*flush)(void *context, int *errnum);
	bool (*limit_reached)(void *context);
	bool (*has_shown)(void *context); /* something */
	struct progress_count (*count)(void *context); /* so far; may be NULL */
	void (*explain)(void *context); /* tells why it has not, at the end */
	void (*report)(void *context); /* what was counted, at the very end; may be NULL */
};

/* While probes are taken away, and longer than usual. */
struct run_leaving {
	uint64_t since_ns; /* by monotonic_ns(); 0: not yet */
	size_t num_probes; /* that were there then */
	unsigned num_signals; /* signals_count() when the user was asked */
	bool is_told;
};

struct run {
	const struct run_args *args; /* not owned */
	struct inherited inherited;
	struct event_clock clock;
	struct gobin *bin;
	struct plan plan;
	struct modules *modules; /* code in other files than bin's */
	struct names *names; /* of bin and plan, see run_prepare_output() */
	char *build_id; /* of bin, the same */
	char *binary_path; /* of bin, where it is opened as /proc/PID/exe; else NULL */
	FILE *file; /* where the output goes, see run_file.h; NULL: to a server */
	bool is_recording; /* that file, which run_record.h empties when it is written to */
	struct process *process; /* the only one, or NULL: all that run the binary */
	struct source *source;
	struct guard *guard; /* of the source: what probes cost */
	struct hit_time *hit_times; /* by site of plan: see guard.h */
	uint64_t counts[STAT_COUNT]; /* since tracing began, by enum statistic */
	uint64_t
		gap_ns; /* since when probes are off (RECORD_GAP), by the clock of records; 0: they are not */
	uint64_t gaps_ns; /* how long they were since tracing began */
	struct throttle *throttle; /* of the processes that were seen */
	struct command_lines *command_lines; /* the same */
	bool is_resumed; /* what was to be started was started, and --delay has begun */
	bool is_tracing; /* all probes that are to be there at the beginning were there; of `source` */
	bool has_begun; /* it is traced, and its output has begun */
	bool is_changed; /* the binary, or it is being changed: see reopen.h */
	bool has_successor; /* is_changed, since the chosen processes run another binary now */
	char successor[32]; /* the path of that: the command's BINARY */
	bool was_replaced; /* the binary, by another file: said so */
	bool has_more; /* what goes on now is not all: the first ^C ends it, and no more */
	bool is_closed; /* nobody reads its output any more */
	bool is_over; /* see run_is_over() */
	uint64_t output_ns; /* by the clock of records, when the output was opened */
	uint64_t traced_ns; /* the same, since when it is traced */
	uint64_t end_ns; /* by the clock of records, of --timeout; 0: not yet known */
	uint64_t stop_ns; /* by the clock of records, when tracing ended; 0: not yet */
	uint64_t progress_ns; /* when what goes on is shown again */
	struct attach_patience patience; /* of the source */
	struct run_leaving leaving;
	struct error *err; /* met while a record was handled, see run_fail() */
	/* when tracing ended, without `process`; only if nothing was shown before */
	struct running running;

	/* What the command does. */
	const struct format *format; /* of what is printed */
	bool writes_metrics; /* again and again, in a file that is made anew */
	const char *advice; /* against a full ring buffer */
	const struct run_ops *ops;
	void *context; /* for ops, not owned */
};

/* Opens the process, the binary and the output, and makes the plan. */
struct error *run_prepare(struct run *run);

/* Traces until it is over, also a binary that takes the place of this one (reopen.h). */
struct error *run_trace(struct run *run);

/* After run_trace(): a ^C with has_more, --timeout or the limit has ended it, and what was traced is
 * still there. */
bool run_may_go_on(struct run *run);

/* Then traces the same once more, with the args and functions that `run` has by now, after
 * close_output() of those that it had. */
struct error *run_trace_on(struct run *run);

/* Waits for the program, if one was started: as if the tracer were not there. */
void run_wait(struct run *run);

/* Makes the names of this binary and plan, and fills in what a run tells its output: to be called
 * when both are there, and anew when the binary was changed. */
struct error *run_prepare_output(struct run *run, struct output_options *options);

/* The plan's sites, for names; NULL: out of memory. The caller frees them. */
struct name_site *run_name_sites(const struct run *run);

/*
 * Starts the program, if there is one to start, attaches, and empties the output's file. Sets of
 * the options: plan, modules, run, only_pid, spare_others. `what`: "tracing 3 functions", for the
 * message that tracing has begun. It has not begun when run.is_changed is set.
 */
struct error *run_start(struct run *run, struct live_options *options, const char *what);

/* To be called for each record. */
void run_saw(struct run *run, const struct record *record);

/*
 * A goroutine id of this process was seen on two goroutines at once (RECORD_WRONG_GOID). Ends
 * tracing, unless there are other processes to trace and the layout of their runtime is known.
 */
void run_distrust(struct run *run, uint32_t pid);

/* Keeps the first error met in a callback, to be returned by run_trace(); takes err. */
void run_fail(struct run *run, struct error *err);

/* Told to stop by a signal, the end of the process, --timeout or the limit; stays so. */
bool run_is_over(struct run *run);

void run_destroy(struct run *run);

#endif
