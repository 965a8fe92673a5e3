/* SPDX-License-Identifier: MIT */
/*
 * cpu.h - the CPU time of the traced processes since tracing began, by the kernel's CPU clocks of
 * processes (clock_getcpuclockid(3)), which count nanoseconds.
 */
#ifndef GUARD_CPU_H
#define GUARD_CPU_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

struct cpu_times;

/*
 * Of one process, or, with `only` 0, of all that run the file, or have it mapped if it is a library;
 * they are looked for now and then. Those that run already count from now on. NULL: out of memory.
 */
struct cpu_times *cpu_times_new(const struct stat *file, bool is_library, pid_t only);
void cpu_times_free(struct cpu_times *times); /* NULL is fine */

/* The process has ended, with so much on its clock (0: unknown). */
void cpu_times_end(struct cpu_times *times, pid_t pid, uint64_t cpu_ns);

/* Reads the clocks, and looks for processes once a second. Returns the sum of all; processes that
 * have ended keep what they had when they were last looked at. */
uint64_t cpu_times_read(struct cpu_times *times, uint64_t now_ns);

/* How many of the processes have not ended, as far as was seen. */
size_t cpu_times_num_running(const struct cpu_times *times);

/* All that ever counted. */
size_t cpu_times_count(const struct cpu_times *times);

#endif
