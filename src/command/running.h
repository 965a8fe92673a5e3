/* SPDX-License-Identifier: MIT */
/* running.h - which processes run a binary, and from which file. Probes belong to the file. */
#ifndef COMMAND_RUNNING_H
#define COMMAND_RUNNING_H

#include "gofuncgraph/plan.h"

/*
 * To be called while the plan is attached. Warns of processes that seem to run the file, but are not
 * reached by the probes: it was replaced since they were started, overlayfs copied it up, or their
 * file has the same name in another mount. `only`: that process alone; 0: all.
 */
void running_warn_of_unreached(const struct plan *plan, pid_t only);

/* Whether other processes than this one run the file, or seem to: of some we may see the name only. */
bool running_has_others(const struct gobin *bin, pid_t pid);

struct running {
	size_t reached;	  /* processes that the probes are in */
	size_t same_file; /* those, and the others whose executable is this file */
	size_t hidden;	  /* those that we have no right to look at */
};

/* To be called while the plan is attached; all processes but `except` (0: none). */
struct running running_count(const struct plan *plan, pid_t except);

#endif
