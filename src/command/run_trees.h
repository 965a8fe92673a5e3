/* SPDX-License-Identifier: MIT */
/* run_trees.h - a run that prints or records trees of calls: what goes on between run_prepare() and
 * run_destroy(). */
#ifndef COMMAND_RUN_TREES_H
#define COMMAND_RUN_TREES_H

#include "command/run.h"
#include "command/run_record.h"
#include "command/trace_args.h"
#include "command/tree_view.h"

struct run_trees {
	const struct trace_args *args; /* not owned */
	struct run *run; /* not owned */
	struct tree_view view; /* with trace_args.only_records: of metrics alone, or not there */
	struct run_record record;
	uint64_t num_entries; /* calls that are in trees */
	uint64_t num_entries_before; /* guard_num_entries() when tracing began */
};

/* Sets what the run does, and its args. */
void run_trees_begin(struct run_trees *trees, const struct trace_args *args, struct run *run);

/* Before run_destroy(). */
void run_trees_end(struct run_trees *trees);

#endif
