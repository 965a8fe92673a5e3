/* SPDX-License-Identifier: MIT */
/*
 * followed_cgroup.h - the cgroup that processes are chosen by, kept up to date in the map of the BPF programs: one that
 * is removed and made again under the same path is another one to the kernel, as when systemd restarts a service.
 */
#ifndef SOURCE_FOLLOWED_CGROUP_H
#define SOURCE_FOLLOWED_CGROUP_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

struct followed_cgroup {
	const char *folder; /* not owned; NULL: there is none, and nothing is followed */
	int map_fd; /* of chosen_cgroup */
	ino_t inode; /* of the folder that is in the map; no other cgroup ever has it. 0: none is */
	bool is_gone; /* that was told */
};

/* The first time. Error: it cannot be chosen; one that is gone may come again, and is followed. */
struct error *followed_cgroup_begin(struct followed_cgroup *cgroup, const char *folder, int map_fd);

/* To be called often: takes the cgroup that has the path by now, and tells of it. */
void followed_cgroup_look(struct followed_cgroup *cgroup);

#endif
