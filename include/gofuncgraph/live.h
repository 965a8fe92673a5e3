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
	struct modules *modules; /* numbers what is in other files; not owned */
	const struct event_clock *clock; /* of records; not owned */
	struct record_sink sink;
};

struct error *live_start(const struct live_options *options, struct source **source);

/* Of a source that live_start() made. */
enum attach_method live_method(const struct source *source);
size_t live_num_sites(const struct source *source);
/* The program at exits performs the `ret`, which saves the kernel from single-stepping it. */
bool live_performs_ret(const struct source *source);
/* How often each site of the plan was hit since the start, by anybody: plan.num_sites numbers. */
void live_hits(const struct source *source, uint64_t *hits);
/* How long the programs at sites take: of those runs that were timed. */
struct live_program_time {
	uint64_t ns, num_runs;
};
struct live_program_time live_program_time(const struct source *source);
/* Somebody changes the binary (attachment_file_is_changed()): stop, and start anew with it. */
bool live_file_is_changed(const struct source *source);
/* Capabilities (base/capabilities.h) that running it, and starting another like it, takes. */
uint64_t live_needs(const struct source *source);

#endif
