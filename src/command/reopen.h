/* SPDX-License-Identifier: MIT */
/*
 * reopen.h - the binary as it is on disk while others may write to it.
 *
 * Stop, copy, start is an ordinary way to deploy. What is overwritten has no probe any more; it is
 * opened again when it was written, planned anew and traced on.
 */
#ifndef COMMAND_REOPEN_H
#define COMMAND_REOPEN_H

#include "command/run.h"

/* Opens run.bin, when nobody writes to it. Errors: gobin_open()'s, or it stays open for writing. */
struct error *reopen_first(struct run *run);

/* True when tracing ended because the file is being changed, and goes on with the new one. */
bool reopen_is_due(const struct run *run);

/*
 * After a source was stopped, or run_start() came too early: ends the source, waits until the file
 * has been written to its end, and makes run.bin and run.plan anew. With run_start() it goes on.
 * *goes_on is false when tracing was told to stop before. Error: the new file cannot be traced.
 */
struct error *reopen_changed(struct run *run, bool *goes_on);

/* Where processes are chosen, and none of them runs the binary any more, but some run another: that one is to be traced
 * from now on, run.is_changed, and it is told. */
void reopen_look_for_successor(struct run *run);

/* Says once when the name belongs to another file by now. */
void reopen_warn_of_replaced(struct run *run);

#endif
