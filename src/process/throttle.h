/* SPDX-License-Identifier: MIT */
/*
 * throttle.h - what the kernel takes away from traced processes by CPU quotas of their cgroups.
 *
 * A goroutine whose thread is not let run by the kernel is running as far as Go knows, so that the
 * time counts as such. How much there was is in cpu.stat of the cgroup, and of those above it:
 * cgroup v2 (Documentation/admin-guide/cgroup-v2.rst), or the cpu controller of v1
 * (Documentation/scheduler/sched-bwc.rst).
 */
#ifndef PROCESS_THROTTLE_H
#define PROCESS_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* One cgroup's numbers. */
struct throttle_stat {
	uint64_t periods, throttled; /* periods of the quota, and those in which it was used up */
	uint64_t time_ns;	     /* of all processors together */
};

/* True with what there is of it in the text of a cpu.stat; false: no quota is possible. */
bool throttle_parse(const char *text, struct throttle_stat *stat);

struct throttle;

/* NULL: out of memory; then nothing is watched, and nothing told. */
struct throttle *throttle_new(void);
void throttle_free(struct throttle *throttle);

/* From now on (when it is not watched yet) its cgroup is, and those above it. Cheap for a process
 * that is. Bounded: beyond a number of cgroups more are not watched. */
void throttle_watch(struct throttle *throttle, pid_t pid);

/* To be called now and then: a cgroup may vanish with its processes. */
void throttle_update(struct throttle *throttle);

/* Tells on standard error what was taken away since. */
void throttle_report(struct throttle *throttle);

#endif
