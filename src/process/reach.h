/* SPDX-License-Identifier: MIT */
/*
 * reach.h - whether the probes of a plan reach a process, told by the code in its memory.
 *
 * Probes belong to an inode, and what stat(2) says of a file is not always that inode: files of
 * overlayfs keep their numbers when they are copied up, while processes that were started before go
 * on with the file of the lower layer.
 */
#ifndef PROCESS_REACH_H
#define PROCESS_REACH_H

#include <sys/stat.h>
#include <sys/types.h>

#include "gofuncgraph/plan.h"

enum reach {
	REACH_UNKNOWN, /* no right to look, or the code is not mapped (yet) */
	REACH_NONE,
	REACH_PROBED,
};

/*
 * To be called while the plan is attached. `file`: what stat(2) says of the plan's file as the
 * process has it; for an executable, of /proc/PID/exe.
 */
enum reach reach_of_process(const struct plan *plan, pid_t pid, const struct stat *file);

#endif
