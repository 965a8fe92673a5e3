/* SPDX-License-Identifier: MIT */
/*
 * throttle.h - the time that the kernel takes from traced processes for CPU quotas of their
 * cgroups.
 *
 * When the kernel does not let a thread run, its goroutine still runs as far as Go knows, and the
 * time counts as running. How much time that was is in cpu.stat of the process's cgroup, and of the
 * cgroups above it: of cgroup v2 (Documentation/admin-guide/cgroup-v2.rst), or of the cpu
 * controller of v1 (Documentation/scheduler/sched-bwc.rst).
 */
#ifndef PROCESS_THROTTLE_H
#define PROCESS_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* One cgroup's numbers. */
struct throttle_stat {
	uint64_t periods, throttled; /* periods of the quota, and those in which it was used up */
	uint64_t time_ns; /* of all processors together */
};

/* Takes the numbers from the text of a cpu.stat. False: it has none, there can be no quota. */
bool throttle_parse(const char *text, struct throttle_stat *stat);

struct throttle;

/* NULL: out of memory; then nothing is watched, and nothing told. */
struct throttle *throttle_new(void);
void throttle_free(struct throttle *throttle);

/*
 * Watches the cgroup of a process, and those above it, from now on. Cheap when they are watched
 * already. At most a fixed number of cgroups is watched.
 */
void throttle_watch(struct throttle *throttle, pid_t pid);

/*
 * Reads the numbers again. To be called now and then, since a cgroup may vanish with its processes.
 */
void throttle_update(struct throttle *throttle);

/* Tells on standard error how much time was taken since watching began. */
void throttle_report(struct throttle *throttle);

#endif
