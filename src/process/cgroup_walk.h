/* SPDX-License-Identifier: MIT */
/* cgroup_walk.h - the cgroups below one, and the processes in them. */
#ifndef GOFUNCGRAPH_CGROUP_WALK_H
#define GOFUNCGRAPH_CGROUP_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

/* All zero: none. The caller frees `items`. */
struct cgroup_pids {
	pid_t *items;
	size_t count, capacity;
};

/* Visits the cgroup with this folder and all below it. Error: there are too many. */
struct error *cgroup_walk(const char *folder, void (*visit)(void *context, const char *folder),
			  void *context);

/* Adds the processes in a cgroup, as our PID namespace numbers them. False: out of memory. */
bool cgroup_read_pids(struct cgroup_pids *pids, const char *folder);

#endif
