/* SPDX-License-Identifier: MIT */
/*
 * live.h - the kernel as a source: loads the BPF programs, attaches a plan, reads the ring buffer.
 */
#ifndef GOFUNCGRAPH_LIVE_H
#define GOFUNCGRAPH_LIVE_H

#include <stdbool.h>

#include "base/event_clock.h"
#include "gofuncgraph/attach.h"
#include "gofuncgraph/modules.h"
#include "gofuncgraph/plan.h"
#include "gofuncgraph/run_options.h"
#include "gofuncgraph/source.h"

struct live_options {
	const struct plan *plan; /* not owned */
	struct run_options run;
	uint32_t only_pid; /* trace this process alone; 0: every one */
	/* keep probes out of other processes, where the kernel can; the first calls after an exec
	 * of only_pid may be missing then */
	bool spare_others;
	/* none of the chosen functions has a probe at first, nor SITE_RESUME, and nothing is traced: see
	 * live_begin() */
	bool careful;
	/* Changes of what is attached are to come: who holds the probes keeps the capabilities for
	 * that, which only uprobe_multi works without. */
	bool may_change;
	struct modules *modules; /* numbers what is in other files; not owned */
	const struct event_clock *clock; /* of records; not owned */
	/* While the kernel is waited for; not owned. NULL: has no end. If attaching was ended by it, there are no probes,
	 * and what may be done is to end. */
	const struct attach_patience *patience;
	struct record_sink sink;
};

struct error *live_start(const struct live_options *options, struct source **source);

/*
 * Changes of what is attached. They go on while the source is polled, which tells if one fails. One
 * at a time: not while live_is_busy(). What is asked for once more is left out.
 */
bool live_is_busy(const struct source *source);
/* Probes on sites of the plan, by their indices. */
struct error *live_attach(struct source *source, const uint32_t *sites, size_t count);
/*
 * Takes all probes of functions off, by their numbers (plan_func_at()); RECORD_TAKEN_OFF tells of each
 * that was chosen, and RECORD_STATES_OFF of those where states change, if anything is traced. By uprobe_multi no hit of another function is lost or seen
 * twice. By other methods there is a gap while those are attached anew, from RECORD_GAP to
 * RECORD_GAP_END.
 */
struct error *live_take_off(struct source *source, const uint32_t *funcs, size_t count);
/*
 * With run_options.hunt: takes the probes of all functions that were chosen off, and tells RECORD_REST. live_wake()
 * attaches them again when that is done, and live_begin() goes on: RECORD_REST_END.
 */
struct error *live_rest(struct source *source);
struct error *live_wake(struct source *source);
/* From now on one in so many calls of targets begins a tree, chosen by chance; STAT_LEFT_OUT counts the
 * others, and RECORD_ONE_IN tells of it. Inside one that does not, a call of a target may. 1: all do. */
struct error *live_sample(struct source *source, uint32_t one_in);
/*
 * With run_options.hunt: hands on what goes on right now and has not ended, each as it would be told when
 * tracing stops (RECORD_IS_OPEN). It is told again when it ends.
 */
void live_tell_open(struct source *source);
/* With run_options.hunt: what the goroutine waits on right now that is inside a target, by its process and the
 * address of its runtime.g. False: that is not known, or nothing. */
bool live_find_on(const struct source *source, uint32_t pid, uint64_t g, struct waited_on *on);
/* With `careful`, and after live_wake(): tracing begins. */
void live_begin(struct source *source);

/* After source_detach(), which by perf_event leaves probes that take long to go behind: waits for those, as long as
 * the patience of the options goes. They see nothing any more. */
void live_await_detached(struct source *source);

/* Of a source that live_start() made. */
enum attach_method live_method(const struct source *source);
size_t live_num_sites(const struct source *source);
/* The program at exits performs the `ret`, which saves the kernel from single-stepping it. */
bool live_performs_ret(const struct source *source);
/* How often each site of the plan was hit since the start, by anybody: plan.num_sites numbers. */
void live_hits(const struct source *source, uint64_t *hits);
/* Of these, since tracing began: by processes that are not traced, where some were chosen. */
void live_other_hits(const struct source *source, uint64_t *hits);
/* How long the programs at sites take: of those runs that were timed, and of those among them that sent
 * a record; and how many did so in all. */
struct live_program_time {
	uint64_t ns, num_runs;
	uint64_t told_ns, num_told_runs;
	uint64_t num_told;
};
struct live_program_time live_program_time(const struct source *source);
/* With only_pid: its program was seen, and what is sent when that ends is still to come. */
bool live_awaits_end(const struct source *source);
/* CPU time that attaching and detaching has taken so far; 0: unknown. */
uint64_t live_attach_cpu_ns(const struct source *source);
/* Somebody changes the binary (attachment_file_is_changed()): stop, and start anew with it. */
bool live_file_is_changed(const struct source *source);
/* Capabilities (base/capabilities.h) that running it, and starting another like it, takes. */
uint64_t live_needs(const struct source *source);

#endif
