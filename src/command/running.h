/* SPDX-License-Identifier: MIT */
/* running.h - which processes run a binary, and from which file. Probes belong to the file. */
#ifndef COMMAND_RUNNING_H
#define COMMAND_RUNNING_H

#include "gofuncgraph/plan.h"

/*
 * Warns of processes that seem to run the file, but are not reached by the probes: the file was
 * replaced since they were started, overlayfs copied it up, or they run a file of the same name in
 * another mount. To be called while the plan is attached. `only`: looks at that process alone; 0:
 * at all.
 */
void running_warn_of_unreached(const struct plan *plan, pid_t only);

/*
 * True when other processes than this one run the file, or seem to: of a process that we have no
 * right to look at, the name alone is known.
 */
bool running_has_others(const struct gobin *bin, pid_t pid);

/* The processes whose executable is this very file; NULL: those that have one. The caller frees *pids. The only error is out of
 * memory. */
struct error *running_list(const struct gobin *bin, pid_t **pids, size_t *count);

struct running {
	size_t reached; /* processes that the probes are in */
	size_t same_file; /* those, and the others whose executable is this file */
	size_t hidden; /* those that we have no right to look at */
};

/* Counts all processes but `except` (0: none). To be called while the plan is attached. */
struct running running_count(const struct plan *plan, pid_t except);

#endif
