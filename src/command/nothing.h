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

/* "main.root", "main.a or main.b", "main.a, main.b or one of 7 others": the plan's targets; NULL:
 * out of memory. The caller frees it. */
char *nothing_targets(const struct plan *plan);

/* Says of targets that some of their calls cannot be seen, since the compiler inlined them. Slow
 * with many functions. */
void nothing_explain_inlining(const struct plan *plan);

#endif
