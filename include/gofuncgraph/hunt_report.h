/* SPDX-License-Identifier: MIT */
/*
 * hunt_report.h - what hunt found out about one target: what its slow calls spend more time on than the
 * faster half, and whose doing it was.
 *
 * Names are those of the struct names that it was made with, and good as long as these.
 */
#ifndef GOFUNCGRAPH_HUNT_REPORT_H
#define GOFUNCGRAPH_HUNT_REPORT_H

#include "gofuncgraph/hunt.h"
#include "names/names.h"

/* A kind of time, by what it tells whoever wants to change it. */
enum hunt_kind {
	HUNT_CPU,
	HUNT_WAIT,
	HUNT_SYSCALL,
	HUNT_C_CODE, /* it computed, or had no processor */
	HUNT_C_ASLEEP, /* it slept in system calls */
	HUNT_GC, /* for the collector, or its work */
	HUNT_RUNNABLE,
	HUNT_NO_CPU,
	HUNT_IN_KERNEL, /* slept in the kernel outside of system calls */
	HUNT_SHORT_WAITS,
	HUNT_TRACER,
	HUNT_UNKNOWN,
};

struct hunt_frame {
	struct place place; /* its line is the one that is reached in it */
	bool is_own; /* the program's own code, not Go's library */
	bool is_hidden; /* the runtime's inside, and generated code */
};

/* Who had the processor that HUNT_NO_CPU lacked; all empty: unknown. */
struct hunt_taker {
	char process[64]; /* a process of that name; escaped */
	bool is_own_process; /* other threads of this one */
	bool is_idle; /* nobody */
	bool is_quota; /* nobody might: the control group's share was used up */
};

/* As much of a kind of time was so. */
struct hunt_part {
	double share; /* of that time */
	const struct name *callee; /* of HUNT_CPU and HUNT_C_CODE: what was called */
	struct hunt_taker taker; /* of HUNT_NO_CPU */
};
#define HUNT_MAX_PARTS 3

enum hunt_object_kind {
	HUNT_FILE, /* a path, or what there is for one */
	HUNT_PEER, /* who is at the other end of a connection: an address */
	HUNT_LISTENER, /* a socket of no connection: its own address */
};

/* What waits were on. */
struct hunt_object {
	enum hunt_object_kind kind;
	const char *text; /* escaped; good as long as the struct hunt */
	uint64_t ns;
	double share; /* of the time of all of the waits */
};

/* What time went to. */
struct hunt_doing {
	enum hunt_kind kind;
	const char *kind_name; /* "sleep", "cpu", "syscall fsync", "no cpu" */
	const char *slept_in; /* of HUNT_C_ASLEEP: "syscall futex", as most of it; NULL: unknown */
	/* The innermost frame of the program's own code; without one, what tells most. Its function may be
	 * unknown. */
	struct place own;
	const struct name *callee; /* what that called; NULL: nothing, or it is not known */
	uint64_t ns; /* of a cause: what each slow call has more of, on average */
	double share;
	uint64_t count; /* how often, in the calls that were looked at; of samples how many */
	/* What it was on, the largest first; those that are not known, and too many more, are left out. */
	struct hunt_object *objects;
	size_t num_objects;
	/* The stack that took most of it, the innermost frame first, down to the target. */
	struct hunt_frame *frames;
	size_t num_frames;
	uint64_t goid; /* of `meanwhile`: who did it; 0: several, or the call itself */
	/* The largest first; of causes alone, others have one at most. */
	struct hunt_part parts[HUNT_MAX_PARTS];
	size_t num_parts;
	/* Who ended the wait, and where; 0: nobody known. */
	uint64_t by_goid;
	struct place by;
	bool by_several; /* other goroutines, too */
	bool by_holder; /* nobody knows who ended it, but this one may have held what it waited for, there */
	/* Calls that waited for the same in between, before it was the turn of `by`'s; 0: none. */
	unsigned behind;
	/* What that goroutine did in the time; shares are of the time of the wait. Of HUNT_RUNNABLE and
	 * HUNT_NO_CPU: what others did that ran. */
	struct hunt_doing *meanwhile;
	size_t num_meanwhile;
	/* Of causes: for as much of it, it itself or what it waited for had no processor, since the control group's share was
	 * used up, as far as that is known. */
	double quota_share;
	/* Of causes: it ran, in calls that were too short to have a sample, and too few had one. */
	bool lacks_samples;
};

/* Goroutines that slow calls started at one `go` statement. */
struct hunt_started {
	struct place function; /* that they began with */
	struct place go; /* the statement */
	double count; /* of a slow call, on average */
	/* ns: how long they did what is known, until the call ended, all of them together, in a slow call on
	 * average; meanwhile: what that was, with shares of it. Nothing else is set. */
	struct hunt_doing did;
};

/* A node of the wall-time tree: a function, called by its parent. */
struct hunt_node {
	struct hunt_frame frame;
	uint64_t ns; /* on average of the slow calls, with all that is below */
	uint64_t all_ns; /* the same of all slow calls together */
	double share; /* of their time */
	/* Set at leaves: what it did there, its kind_name. */
	const char *kind; /* NULL: it is a function */
	enum hunt_kind kind_of; /* of a leaf */
	uint64_t
		times; /* of a leaf: how often it was there in all slow calls; of what ran, samples */
	uint64_t goid; /* of a leaf: whose call it was, if that was asked for; 0: not told apart */
	unsigned depth;
	size_t end; /* the index behind the last node below this one */
};

/* A piece of one call, in order of time. */
struct hunt_step {
	uint64_t at_ns; /* since the beginning of the call */
	struct hunt_doing doing;
};

struct hunt_call {
	uint64_t rank; /* 1: the slowest */
	uint64_t goid;
	uint32_t pid;
	uint64_t start_ns; /* by the clock of records */
	uint64_t ns;
	bool is_open;
	bool is_in_order; /* its steps; else the parts of it were too many */
	struct hunt_step *steps;
	size_t num_steps;
};

/* A process that made slow calls; any, if calls are alike. */
struct hunt_process {
	uint32_t pid;
	uint64_t calls;
};

struct hunt_report {
	struct place target;
	uint64_t calls; /* that ended */
	uint64_t open; /* that were open when tracing, or their process, ended */
	uint64_t span_ns; /* from the first call's begin to the last one's end */
	uint64_t median_ns, p90_ns, max_ns;
	bool alike; /* no calls are much slower than the others: the causes are of all calls */
	uint64_t cut_ns; /* slow calls took at least that */
	uint64_t slow; /* calls */
	uint64_t slow_ns, fast_ns; /* on average of them, of the faster half */
	uint64_t excess_ns; /* what slow calls take longer than these */
	struct hunt_doing *causes; /* the largest first */
	size_t num_causes;
	struct hunt_node *tree; /* in order of depth first, the largest first */
	size_t num_nodes;
	struct hunt_started *started; /* those first that did most */
	size_t num_started;
	struct hunt_process *processes; /* those with the most calls first */
	size_t num_processes;
	uint64_t looked_at; /* slow calls whose pieces were there */
	uint64_t total_ns, explained_ns; /* of these: their time, and as much of it as is known */
	uint64_t samples; /* within calls of the target */
	uint64_t rested_ns; /* for so long no call of any target was seen */
	/* Waits were sampled, at least from some time on: so often a second; 0: they are exact. */
	double waits_hz;
	bool lacks_starts; /* then: some goroutines that calls started may not be known */
	/* Then: of the program's CPU time, what exact waits would take; 0: unknown, nobody tried. */
	double share_of_exact;
	uint64_t records_lost; /* of all targets */
	uint32_t
		one_in; /* in the end, one in so many calls of targets was traced; at most 1: all were */
	uint64_t left_out; /* calls that were not, of all targets */
	uint64_t lost; /* calls whose end was not seen */
	uint64_t holes; /* calls of which records are missing: only their duration is known */
	uint64_t holes_max_ns; /* of the slowest of these */
	struct hunt_call *slowest; /* as hunt_settings.num_slowest wanted them */
	size_t num_slowest;
};

/* A function between the target and what the time of slow calls was spent on. */
struct hunt_path_func {
	const struct name *function; /* NULL: code of another file, `module` */
	const struct name *module;
	uint64_t va; /* in the code of the function; 0: all of it that is here was inlined */
	const struct name *into; /* then: the function whose code that is in; NULL: unknown */
	bool is_runtime; /* Go's own: it runs wherever a goroutine does anything */
};

#define HUNT_MAX_PATH 64
/* Of the slow calls' time; what takes less is not on the path. */
#define HUNT_PATH_SHARE 0.05

struct hunt_path {
	struct hunt_path_func funcs[HUNT_MAX_PATH]; /* callers before what they call */
	size_t count; /* without the target */
};

/* Those of the tree that are worth it. */
void hunt_path(const struct hunt_report *report, struct hunt_path *path);

struct hunt_report_options {
	uint64_t slower_ns; /* calls that took at least that are slow; 0: found out */
	size_t max_causes; /* more of them are left out; 0: those that are too small to matter */
	/* The tree has all functions; else of Go's library only what the program's own code calls. */
	bool full_stacks;
	/* Leaves of the tree are told apart by goroutine, as long as they are not too many. */
	bool by_goroutine;
	uint64_t rank; /* fill in `slowest` with this one alone, from 1; 0: none */
	/* Fill it in with all slow calls that were kept, the slowest first, their steps with the functions that are
	 * shown. */
	bool slow_in_order;
	double share_of_exact; /* of struct hunt_report */
};

struct hunt_visitor {
	void (*report)(void *context, const struct hunt_report *report);
	void *context;
};

/* Of each target that was called, those first whose calls took most time together. Error: out of memory. */
struct error *hunt_report(const struct hunt *hunt, struct names *names,
			  const struct hunt_report_options *options,
			  const struct hunt_visitor *visitor);

/* How many slow calls have ended so far of the target that has most of them; 0 also if memory is short. */
uint64_t hunt_num_slow(const struct hunt *hunt, uint64_t slower_ns);

/* Of the run as a whole. */
struct hunt_totals {
	uint64_t samples; /* of the traced processes */
	uint64_t tracer_samples; /* of those, in the kernel's handling of probes */
	uint64_t lost; /* records */
};
struct hunt_totals hunt_totals(const struct hunt *hunt);

#endif
