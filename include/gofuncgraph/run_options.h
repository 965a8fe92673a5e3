/* SPDX-License-Identifier: MIT */
/*
 * run_options.h - how a run is done and what of it is wanted, in one struct that every room takes
 * as it is; which functions it is about is a struct selection. All zero is fine, but for ring_size.
 */
#ifndef GOFUNCGRAPH_RUN_OPTIONS_H
#define GOFUNCGRAPH_RUN_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "gofuncgraph/attach.h"
#include "gofuncgraph/hunt_options.h"
#include "gofuncgraph/maps.h"
#include "values/wanted.h"

struct run_options {
	bool states; /* where the time of each call went: sites where goroutines change state */
	bool stacks; /* who called the first call of each tree: struct record_entry_stack */
	bool follow; /* goroutines that are started inside a tree belong to it: a site there */
	/* with `states`: waits of at least that are told with who ended them; 0: none is */
	uint64_t min_wait_ns;
	/* states of all goroutines, not only of those inside a target; with struct origin for each
	 */
	bool all_goroutines;
	/* Trees begin in these goroutines alone; none: in all. Those that are followed are asked for
	 * nothing. */
	uint64_t goids[MAX_GOIDS];
	uint32_t num_goids;
	/* Only processes in this cgroup or below it are traced: its folder in a cgroup2 file system; NULL: all
	 * are. Not with live_options.only_pid. */
	const char *cgroup;
	const char *comm; /* the same, by name: less than COMM_SIZE bytes */
	/* "KEY" or "KEY=VALUE": labels of the goroutine that are told of each tree; with a value trees
	 * of others are not wanted */
	const char *labels[MAX_TOLD_LABELS];
	uint32_t num_labels;
	bool trace_ids; /* which trace and span each tree is part of: values/trace_ids.h */
	/* What a tree's first call must satisfy (values/where.h); NULL: nothing. */
	const char *where;
	struct values_wanted args; /* -a, --arg: values of parameters at entries */
	struct values_wanted results; /* -r: of results at returns; without paths */
	struct hunt_options hunt; /* neither with `all_goroutines` nor with min_wait_ns */
	bool emulate_ret; /* let the exit program perform the `ret` where the kernel allows it */
	uint64_t ring_size; /* bytes, rounded up to a power of two of at least a page */
	enum attach_method method;
};

#endif
