/* SPDX-License-Identifier: MIT */
/*
 * live_stack.h - the pointers on a goroutine's stack that its functions use later. What else is there may be left of
 * calls that have returned; the compiler tells the collector which words count, for each place of a call.
 */
#ifndef GOROUTINES_LIVE_STACK_H
#define GOROUTINES_LIVE_STACK_H

#include "goroutines/unwind.h"

/* `slot`: of the stack's words, which one it is. Frames that were interrupted anywhere, not in a call, are left out, and
 * so are variables that have their address taken. `ip`: where it was left, at stack->sp. */
void live_stack_visit(const struct unwind_code *code, const struct stack_bytes *stack, uint64_t ip,
		      void (*visit)(void *context, size_t slot, uint64_t word), void *context);

#endif
