/* SPDX-License-Identifier: MIT */
#include "hunt/samples.h"

#include <string.h>

/* Bytes of an address on a stack. */
#define WORD 8

/* The stack's id is a hash of what it holds, as the kernel's are, but another one. */
static uint64_t hash_of_stack(const struct record_stack *stack)
{
	uint64_t hash = hash_mix(stack->count | (uint64_t)stack->end << 16);

	for (size_t i = 0; i < stack->count; i++)
		hash = hash_mix(hash ^ stack->addresses[i]) + i;
	return hash ? hash : 1;
}

static struct error *tell(struct stacks *stacks, struct record_stack *made, uint64_t *stack)
{
	made->header = (struct record){
		.kind = RECORD_STACK,
		.size = (uint16_t)(offsetof(struct record_stack, addresses) +
				   made->count * sizeof(*made->addresses)),
	};
	made->id = *stack = hash_of_stack(made);
	return stacks_feed(stacks, &made->header);
}

/* ---- the caller that is missing ---- */

/* Where the return address is above the stack pointer, or -1: not known, or not there. */
static int32_t return_at(const struct unwind_code *code, uint64_t ip_va)
{
	const struct code_place *place = code->at(code->context, ip_va);

	if (!place)
		return -1;
	/* In the link register where the function has no frame yet; else below its frame, where frame
	 * pointers find it. */
	if (code->has_link_register && place->delta)
		return -1;
	return place->delta;
}

/* The address that belongs behind the sample's instruction, and is not there; 0: none. */
static uint64_t missing_caller(const struct unwind_code *code, const struct record_sample *sample)
{
	int32_t delta = return_at(code, sample->ip_va);

	if (delta != 0 && delta != WORD)
		return 0;
	/* It is in the target itself, whose caller's are left out. */
	if (sample->frame && sample->sp == sample->frame + (uint32_t)delta)
		return 0;
	if (!code->has_link_register && sample->first_frame &&
	    sample->sp + WORD == sample->first_frame + (uint32_t)delta)
		return 0;
	return sample->words[delta / WORD];
}

struct error *samples_put_right(const struct unwind_code *code, struct stacks *stacks,
				const struct record_sample *sample, uint64_t *stack)
{
	const struct known_stack *known = stacks_find(stacks, sample->stack);
	struct record_stack made;
	uint64_t caller_va;

	*stack = sample->stack;
	if (!code || !known || !known->count || sample->place != SAMPLE_GO ||
	    sample->ip_va & FOREIGN_ADDRESS)
		return NULL;
	caller_va = missing_caller(code, sample);
	/* What is in the register may be left from a call that has returned. */
	if (!caller_va || caller_va & FOREIGN_ADDRESS || !code->at(code->context, caller_va - 1) ||
	    (known->count > 1 && known->addresses[1] == caller_va))
		return NULL;
	made.count = known->count < STACK_DEPTH ? known->count + 1 : STACK_DEPTH;
	made.end = known->end;
	memset(made.unused, 0, sizeof(made.unused));
	made.addresses[0] = known->addresses[0];
	made.addresses[1] = caller_va;
	memcpy(made.addresses + 2, known->addresses + 1, (made.count - 2) * sizeof(uint64_t));
	return tell(stacks, &made, stack);
}

/* ---- by memory ---- */

struct error *samples_unwind(const struct unwind_code *code, struct stacks *stacks, uint64_t ip_va,
			     uint32_t frame, const struct record_stack_copy *copy, uint64_t *stack)
{
	const struct stack_bytes bytes = {.sp = 0, .bytes = copy->bytes, .len = copy->size};
	uint64_t frames[UNWIND_MAX_FRAMES];
	struct record_stack made = {0};
	struct unwind_code biased;
	enum unwind_end end;
	size_t count;

	if (!code || ip_va & FOREIGN_ADDRESS)
		return NULL;
	biased = *code;
	biased.load_bias = copy->bias;
	end = unwind(&biased, &bytes, ip_va + copy->bias, frames, &count);
	if (!count || end == UNWIND_LOST)
		return NULL;
	made.count = (uint16_t)count;
	made.end = end != UNWIND_SHORT_OF_BYTES              ? STACK_DEEP
		   : frame && copy->sp - frame == copy->size ? STACK_TARGET
							     : STACK_BROKEN;
	made.addresses[0] = ip_va;
	/* As return addresses. */
	for (size_t i = 1; i < count; i++)
		made.addresses[i] = frames[i] + 1;
	return tell(stacks, &made, stack);
}
