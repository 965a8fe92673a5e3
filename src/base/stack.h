/* SPDX-License-Identifier: MIT */
/* stack.h - a stack that is large enough for the libraries, whatever limit was inherited. */
#ifndef BASE_STACK_H
#define BASE_STACK_H

#include "base/error.h"

/*
 * Calls run(argc, argv) and sets *status to what it returns: on a stack of its own, when the limit
 * of the process's stack is lower than what it takes (ulimit -s). Error: there is no memory for
 * that stack.
 */
struct error *stack_run(int (*run)(int argc, char **argv), int argc, char **argv, int *status);

#endif
