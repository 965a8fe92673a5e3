/* SPDX-License-Identifier: MIT */
/* stack.h - a stack that is large enough for the libraries, whatever limit was inherited. */
#ifndef BASE_STACK_H
#define BASE_STACK_H

#include "base/error.h"

/*
 * Calls run(argc, argv), on a stack of its own when the process's is limited to less (ulimit -s),
 * and sets *status to what it returns. Error: there is no memory for it.
 */
struct error *stack_run(int (*run)(int argc, char **argv), int argc, char **argv, int *status);

#endif
