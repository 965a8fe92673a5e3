/* SPDX-License-Identifier: MIT */
/*
 * cpu.h - the CPU time since tracing began of the processes that run a file, the traced ones and others, by the
 * kernel's CPU clocks of processes (clock_getcpuclockid(3)), which count nanoseconds.
 */
#ifndef GUARD_CPU_H
#define GUARD_CPU_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "process/chosen.h"

struct cpu_times;

/*
 * Of the processes that run the file, or have it mapped if it is a library; they are looked for now and then, but
 * for a library of a process that is the only one. Those that run already count from now on. `chosen`: which are traced;
 * one that was stays so. NULL: out of memory.
 */
struct cpu_times *cpu_times_new(const struct stat *file, bool is_library,
				const struct chosen *chosen);
void cpu_times_free(struct cpu_times *times); /* NULL is fine */

/* The process has ended, with so much on its clock (0: unknown). */
void cpu_times_end(struct cpu_times *times, pid_t pid, uint64_t cpu_ns);

struct cpu_time {
	uint64_t traced_ns, others_ns;
};

/* Reads the clocks, and looks for processes: once a second, and each time where some are chosen, for new ones. Processes
 * that have ended keep what they had when they were last looked at. */
struct cpu_time cpu_times_read(struct cpu_times *times, uint64_t now_ns);

/* How many of the traced processes have not ended, as far as was seen. */
size_t cpu_times_num_running(const struct cpu_times *times);

/* All that were ever traced. */
size_t cpu_times_count(const struct cpu_times *times);

#endif
