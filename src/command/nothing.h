/* SPDX-License-Identifier: MIT */
/* nothing.h - tracing has ended and there was nothing to show: the likely reason. */
#ifndef COMMAND_NOTHING_H
#define COMMAND_NOTHING_H

#include "command/run.h"

/*
 * Says why on standard error, once tracing has stopped. `what`: what no process did, "entered
 * main.root".
 */
void nothing_explain(const struct run *run, const char *what);

/* The same where targets were not entered, and of calls of theirs that cannot be seen: those that the compiler inlined, and
 * those that are open since before tracing began. Slow with many functions. */
void nothing_explain_targets(const struct run *run);

/* The latter alone. */
void nothing_explain_open(const struct run *run);

#endif
