/* SPDX-License-Identifier: MIT */
/*
 * guard.h - keeps what probes cost the traced processes within bounds, and tells what it was: the
 * policy (policy.h) carried out on a live source, with what a hit costs here (cost.h) and the
 * processes' CPU time (cpu.h).
 *
 * guard_new() - live_start() - guard_attach_all() or guard_start() - guard_look() as long as
 * tracing goes on - guard_report() - guard_free().
 */
#ifndef GUARD_GUARD_H
#define GUARD_GUARD_H

#include "gofuncgraph/calltree.h"
#include "gofuncgraph/live.h"
#include "process/chosen.h"

struct guard;

struct guard_options {
	const struct plan *plan; /* not owned */
	unsigned max_overhead; /* percent; 0: no limit */
	struct chosen chosen; /* of the processes that run the plan's file, those that are traced */
	enum attach_method method; /* not ATTACH_AUTO */
	bool needs_states; /* of goroutines: without them nothing else is of use */
	/* hunt: without them waits are looked for in another way, and where nothing else helps, there are probes
	 * only now and then */
	bool hunts;
	bool is_waiting; /* the program was not started yet */
	/* Gets a RECORD_TAKEN_OFF of each function that is left out before anything is traced. */
	struct record_sink sink;
	/* Is filled in and kept up to date: by site. Not owned. */
	struct hit_time *hit_times;
};

/* Begins to measure what a hit costs. Error: out of memory. */
struct error *guard_new(const struct guard_options *options, struct guard **guard);
void guard_free(struct guard *guard); /* NULL is fine */

/* Probes come in batches, and those of functions that are called too often go again: live_options'
 * `careful`. Else all come at once. */
bool guard_is_careful(const struct guard *guard);

/* The source was started, and traces or, with guard_is_careful(), waits for its probes. */
void guard_start(struct guard *guard, struct source *source, uint64_t now_ns);

/* Carries out what is next. To be called often; tells what it does on standard error. */
struct error *guard_look(struct guard *guard, uint64_t now_ns);

/* All probes are in place that are to be: true at once if it is not careful. */
bool guard_has_begun(const struct guard *guard);

/* What goes on, for who waits. */
struct guard_now {
	size_t num_sites,
		num_attached; /* before it has begun: probes that are to come, and have: never fewer than before */
	size_t num_off; /* functions that were left out, or lost their probes */
	size_t num_processes; /* that run */
	double share; /* of their CPU time, or of others', that probes take; less than 0: not known yet */
};
struct guard_now guard_now(const struct guard *guard);

/* What probes cost since tracing began: the traced processes, and all others that hit them. */
struct guard_cost {
	uint64_t num_hits, cost_ns; /* CPU time; as is known by now, it may become less */
	uint64_t cpu_ns; /* all that they had */
};
struct guard_cost guard_cost(const struct guard *guard);
struct guard_cost guard_cost_of_others(const struct guard *guard);

/* How often the plan's functions were entered in traced processes since they have probes, in trees or not. */
uint64_t guard_num_entries(const struct guard *guard);

/* What probes where goroutines change their states took of CPU time, and were taken off therefore; 0: they
 * were not. */
double guard_share_of_states(const struct guard *guard);

/* Nothing else helps: tracing is to end. */
bool guard_wants_end(const struct guard *guard);

/* The only process that is chosen has ended, after so much CPU time (0: unknown). */
void guard_note_end(struct guard *guard, uint64_t cpu_ns);

/* Before the source is detached: counts for the last time. */
void guard_stop(struct guard *guard, uint64_t now_ns);

/* Tells on standard error what probes cost. */
void guard_report(const struct guard *guard);

#endif
