/* SPDX-License-Identifier: MIT */
/*
 * process.h - the one process that tracing is about: a running one (-p PID), or one that is started
 * with the probes in place before its first instruction (BINARY ... -- ARGS).
 */
#ifndef PROCESS_PROCESS_H
#define PROCESS_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "process/inherited.h"

struct process;

/* Errors: no such process, a thread's number instead of a process's. */
struct error *process_open(pid_t pid, struct process **process);

/*
 * Forks a child that waits for process_resume() and then executes `path` with `args` behind it
 * (NULL at the end; owned by the caller), with what was `inherited`. Until then it keeps signals
 * that are sent to it for the program. Unless `as_root`, a child of `sudo` becomes the user who called
 * sudo again.
 */
struct error *process_launch(const char *path, char *const *args, bool as_root,
			     const struct inherited *inherited, struct process **process);
/* Error: it cannot be executed. */
struct error *process_resume(struct process *process);

pid_t process_pid(const struct process *process);
bool process_has_ended(struct process *process);
/* Of one that has ended: all that it had of processors; 0: unknown. */
uint64_t process_cpu_ns(const struct process *process);

/* True when it executes another file than when it was opened or launched; `path`: which. False too
 * without the right to look at it. */
bool process_runs_another(const struct process *process, char *path, size_t size);

/*
 * For a launched process: what a signal to the tracer is to it. `from_terminal`: the kernel sent it
 * to the terminal's foreground processes, so that the program has got it already if it is one; but
 * a hang-up is told to the session's leader alone (drivers/tty/tty_jobctrl.c,
 * tty_signal_session_leader()), and to the others when that one has ended.
 */
void process_forward(struct process *process, int number, bool from_terminal);

/* "exited with status 3", "was killed by SIGSEGV"; of a launched process that has ended. */
const char *process_ending(const struct process *process, char *text, size_t size);

/* A launched process that was never resumed goes away. NULL is fine. */
void process_free(struct process *process);

#endif
