/* SPDX-License-Identifier: MIT */
/* any_stack.h - which functions may run on a thread's system stack: SITE_ANY_STACK. */
#ifndef PROBE_ANY_STACK_H
#define PROBE_ANY_STACK_H

#include <stdbool.h>

/*
 * False of a function that only goroutines run, on their own stacks. `name`: in the binary's function
 * table. Assembly is for the caller to know.
 */
bool runs_on_any_stack(const char *name);

#endif
