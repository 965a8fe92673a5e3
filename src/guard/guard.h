/* SPDX-License-Identifier: MIT */
/*
 * guard.h - what probes cost the traced processes, by what a hit costs here (cost.h), and how much
 * that is of their CPU time (cpu.h).
 *
 * guard_new() - live_start() - guard_start() - guard_look() as long as tracing goes on -
 * guard_stop() - guard_report() - guard_free().
 */
#ifndef GUARD_GUARD_H
#define GUARD_GUARD_H

#include "gofuncgraph/calltree.h"
#include "gofuncgraph/live.h"

struct guard;

struct guard_options {
	const struct plan *plan; /* not owned */
	pid_t only; /* the only process that is traced; 0: all that run the plan's file */
	enum attach_method method; /* not ATTACH_AUTO */
	/* Is filled in and kept up to date: by site. Not owned. */
	struct hit_time *hit_times;
};

/* Begins to measure what a hit costs. Error: out of memory. */
struct error *guard_new(const struct guard_options *options, struct guard **guard);
void guard_free(struct guard *guard); /* NULL is fine */

/* The source was started. */
void guard_start(struct guard *guard, struct source *source, uint64_t now_ns);

/* To be called often. */
void guard_look(struct guard *guard, uint64_t now_ns);

/* The process of guard_options has ended, after so much CPU time (0: unknown). */
void guard_note_end(struct guard *guard, uint64_t cpu_ns);

/* Before the source is detached: counts for the last time. */
void guard_stop(struct guard *guard, uint64_t now_ns);

/* Tells on standard error what probes cost. */
void guard_report(const struct guard *guard);

#endif
