/* SPDX-License-Identifier: MIT */
/* proc.h - what /proc tells of processes, numbered as its PID namespace does (proc(5)). */
#ifndef GOFUNCGRAPH_PROC_H
#define GOFUNCGRAPH_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The number in the line "NAME: NUMBER" of a file in /proc; -1: unknown. */
int proc_number(const char *path, const char *name);

/* What its CPU clock shows, all threads together: nanoseconds, also of one that has ended until its
 * parent takes note. False: there is no such process any more. */
bool proc_cpu_time(pid_t pid, uint64_t *ns);

/* Where its executable's code begins (mm->start_code). False: there is no such process, or no right to
 * look. */
bool proc_start_code(pid_t pid, uint64_t *start);

/* When it was started, in ticks since this machine was. False: there is no such process. */
bool proc_start_time(pid_t pid, uint64_t *ticks);

/* In what /proc/PID/environ has, and a NUL at text[size]: what a variable is set to; NULL: nothing. */
const char *proc_variable(const char *text, size_t size, const char *name);

/* The process that a thread belongs to; of a process, itself. 0: unknown. */
pid_t proc_of_thread(pid_t tid);

/* The path of a file that this process has open, also one that was deleted; the caller frees it. NULL: it has none. */
char *proc_path_of(int fd);

/*
 * Why /proc/PID/exe leads to no file: "there is no process 3", "process 2 is a thread of the
 * kernel, ...". NULL when that is not known; else the caller frees it.
 */
char *proc_why_no_file(pid_t pid);

#endif
