/* SPDX-License-Identifier: MIT */
/* run_internal.h - what the files behind run.h share. */
#ifndef COMMAND_RUN_INTERNAL_H
#define COMMAND_RUN_INTERNAL_H

#include "command/run.h"

/* Between looks at what has happened. */
#define RUN_POLL_MS 20

/* Hands the signals that have arrived on to the program that was started; `program_has_got_them`: those
 * that the terminal sent it, too. */
void run_forward_signals(struct run *run, bool program_has_got_them);

/* What is told and asked while probes come and go. */
struct attach_patience run_patience(struct run *run);

/* Told to stop by a signal, or the process has ended or runs another file; traced or not. */
bool run_has_ended(struct run *run);

/* Several processes that run the binary are told apart. */
void run_look_for_others(struct run *run);

/* Whether there is a line that tells what goes on; when the output's file is open. */
void run_allow_progress(const struct run *run);

/* What is done before tracing, which takes seconds with large binaries; `what` may hold anything. */
void run_show_step(const struct run *run, const char *doing, const char *what);

/* Shows it if it is time, and nothing is printed; to be called often while the source is there. */
void run_show_progress(struct run *run, uint64_t now_ns);

#endif
