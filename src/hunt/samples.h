/* SPDX-License-Identifier: MIT */
/*
 * samples.h - the stacks of records put right, by who knows how much stack each instruction's function has:
 * a function without a frame hides its caller from frame pointers, and assembly may use the frame pointer
 * for something else. record.h, struct stack_top, says what the records hold for this.
 */
#ifndef HUNT_SAMPLES_H
#define HUNT_SAMPLES_H

#include "gofuncgraph/record.h"
#include "gofuncgraph/stacks.h"
#include "goroutines/unwind.h"

/* What a record says of its stack, as in struct record_sample. */
struct stack_hint {
	uint64_t stack;
	struct stack_top top;
	uint32_t frame;
	uint8_t left_at;
};

/*
 * Sets *stack to the stack that the record is to have: its own, or one that is made and told to `stacks`.
 * `code` may be NULL: then nothing is put right. Error: out of memory.
 */
struct error *samples_put_right(const struct unwind_code *code, struct stacks *stacks,
				const struct stack_hint *hint, uint64_t *stack);

/* The same by the memory that was sent of a stack. *stack is left as it is where that leads nowhere. */
struct error *samples_unwind(const struct unwind_code *code, struct stacks *stacks,
			     const struct record_stack_copy *copy, uint64_t *stack);

#endif
