/* SPDX-License-Identifier: MIT */
#include "hunt/samples.h"

#include <string.h>

/* Bytes of an address on a stack. */
#define WORD 8

static struct error *tell(struct stacks *stacks, struct record_stack *made, uint64_t *stack)
{
	stacks_name(made);
	*stack = made->id;
	return stacks_feed(stacks, &made->header);
}

/* ---- the caller that is missing ---- */

/* On arm64 the return address is in the link register while the function has no frame, then at the stack
 * pointer, and the frame pointer is to be right below it. */
static uint64_t missing_by_link(const struct stack_hint *hint, int32_t delta)
{
	if (!delta)
		return hint->top.words[0];
	return hint->top.first_frame == hint->top.sp + WORD ? 0 : hint->top.words[1];
}

/* The return address is above what the function has of the stack, and the frame pointer is to be right
 * below it. */
static uint64_t missing_by_stack(const struct stack_hint *hint, int32_t delta)
{
	if (delta != 0 && delta != WORD)
		return 0;
	if (hint->top.first_frame && hint->top.sp + WORD == hint->top.first_frame + (uint32_t)delta)
		return 0;
	return hint->top.words[delta / WORD];
}

/* The address that belongs behind that of the function which was left at `va`, and is not there; 0: none. */
static uint64_t missing_caller(const struct unwind_code *code, const struct stack_hint *hint,
			       uint64_t va)
{
	const struct code_place *place = code->at(code->context, va);

	if (!place || place->delta < 0)
		return 0;
	/* It is in the target itself, whose caller's are left out. */
	if (hint->frame && hint->top.sp == hint->frame + (uint32_t)place->delta)
		return 0;
	return code->has_link_register ? missing_by_link(hint, place->delta)
				       : missing_by_stack(hint, place->delta);
}

/* With one address more, behind the one at `at`. */
static struct error *tell_longer(struct stacks *stacks, const struct known_stack *known, size_t at,
				 uint64_t caller_va, uint64_t *stack)
{
	struct record_stack made = {
		.count = known->count < STACK_DEPTH ? known->count + 1 : STACK_DEPTH,
		.end = known->end,
	};

	memcpy(made.addresses, known->addresses, (at + 1) * sizeof(uint64_t));
	made.addresses[at + 1] = caller_va;
	memcpy(made.addresses + at + 2, known->addresses + at + 1,
	       (made.count - at - 2) * sizeof(uint64_t));
	return tell(stacks, &made, stack);
}

struct error *samples_put_right(const struct unwind_code *code, struct stacks *stacks,
				const struct stack_hint *hint, uint64_t *stack)
{
	const struct known_stack *known = stacks_find(stacks, hint->stack);
	size_t at = hint->left_at;
	uint64_t caller_va;

	*stack = hint->stack;
	if (!code || !hint->top.sp || !known || at >= known->count || at + 2 > STACK_DEPTH ||
	    known->addresses[at] & FOREIGN_ADDRESS)
		return NULL;
	caller_va = missing_caller(code, hint, known->addresses[at]);
	/* What is in the register may be left from a call that has returned. */
	if (!caller_va || caller_va & FOREIGN_ADDRESS || !code->at(code->context, caller_va - 1) ||
	    (known->count > at + 1 && known->addresses[at + 1] == caller_va))
		return NULL;
	return tell_longer(stacks, known, at, caller_va, stack);
}

/* ---- by memory ---- */

struct error *samples_unwind(const struct unwind_code *code, struct stacks *stacks,
			     const struct record_stack_copy *copy, uint64_t *stack)
{
	const struct stack_bytes bytes = {.sp = 0, .bytes = copy->bytes, .len = copy->size};
	uint64_t frames[UNWIND_MAX_FRAMES];
	struct record_stack made = {0};
	struct unwind_code biased;
	enum unwind_end end;
	size_t count;

	if (!code || copy->ip_va & FOREIGN_ADDRESS)
		return NULL;
	biased = *code;
	biased.load_bias = copy->bias;
	end = unwind(&biased, &bytes, copy->ip_va + copy->bias, frames, &count);
	if (!count || end == UNWIND_LOST)
		return NULL;
	made.count = (uint16_t)count;
	made.end = end != UNWIND_SHORT_OF_BYTES                          ? STACK_DEEP
		   : copy->frame && copy->sp - copy->frame == copy->size ? STACK_TARGET
									 : STACK_BROKEN;
	made.addresses[0] = copy->ip_va;
	/* As return addresses. */
	for (size_t i = 1; i < count; i++)
		made.addresses[i] = frames[i] + 1;
	return tell(stacks, &made, stack);
}
