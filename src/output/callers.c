/* SPDX-License-Identifier: MIT */
/* callers.c - see callers.h. */
#include "output/callers.h"

/*
 * True of what is called before its caller has a frame: frame pointers lead past that one, and past who
 * called it (src/runtime/asm_amd64.s, morestack).
 */
static bool hides_callers(const struct place *frame)
{
	return names_is_called(frame, "runtime.morestack") ||
	       names_is_called(frame, "runtime.morestack_noctxt");
}

/* True of what is called by C, whatever C's frame pointer may say. */
static bool is_called_by_c(const struct place *frame)
{
	return names_is_called(frame, "runtime.cgocallback") ||
	       names_is_called(frame, "crosscall2");
}

/* C without symbols; or before Go 1.21 the beginning of runtime.systemstack_switch, in place of an address in
 * who called runtime.systemstack. */
static bool is_none(const struct place *frame)
{
	return !frame->function && !frame->module;
}

/* The function that has the code at an address. */
static const struct place *function_at(const struct output *out, uint64_t address)
{
	struct name_frames frames = names_frames(out->names, address);

	return &frames.places[frames.count - 1];
}

/* More of it is not known. */
static bool is_last(const struct place *frame)
{
	return hides_callers(frame) || is_called_by_c(frame);
}

/* Addresses that are its callers. The first is one: it was not found by a frame pointer. */
static size_t count_known(const struct output *out, const struct known_stack *stack)
{
	const struct place *frame = function_at(out, stack->addresses[0]);
	size_t count = 1;

	while (count < stack->count && !is_last(frame)) {
		frame = function_at(out, stack->addresses[count]);
		if (is_none(frame))
			break;
		count++;
	}
	return count;
}

struct callers callers_of(const struct output *out, const struct tree *tree)
{
	const struct known_stack *stack = NULL;
	struct callers callers = {.end = STACK_BROKEN};

	if (tree->stack && out->options.stacks)
		stack = stacks_find(out->options.stacks, tree->stack);
	if (!stack || !stack->count)
		return callers;
	callers = (struct callers){.addresses = stack->addresses, .end = stack->end};
	callers.count = count_known(out, stack);
	if (callers.count < stack->count ||
	    is_last(function_at(out, stack->addresses[callers.count - 1])))
		callers.end = STACK_BROKEN;
	return callers;
}

bool callers_has(const struct place *frame)
{
	return !names_is_bottom(frame) && !names_is_switch(frame);
}
