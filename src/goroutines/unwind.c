/* SPDX-License-Identifier: MIT */
#include "goroutines/unwind.h"

#include <string.h>

/* What a signal leaves on an arm64 stack below the frame that was interrupted: the link register, in
 * as much as keeps the stack aligned (src/runtime/traceback.go). */
#define INJECTED_SIZE 16

static bool read_word(const struct stack_bytes *stack, uint64_t at, uint64_t *value)
{
	if (at < stack->sp || at - stack->sp > stack->len || stack->len - (at - stack->sp) < 8)
		return false;
	memcpy(value, stack->bytes + (at - stack->sp), 8);
	return true;
}

enum unwind_end unwind_with_ends(const struct unwind_code *code, const struct stack_bytes *stack,
				 uint64_t ip, uint64_t frames[UNWIND_MAX_FRAMES],
				 uint64_t ends[UNWIND_MAX_FRAMES], size_t *count)
{
	uint64_t sp = stack->sp, link = 0;
	bool has_link = false, is_interrupted = false;

	for (*count = 0;; (*count)++) {
		uint64_t va = ip - code->load_bias, return_ip, return_at;
		const struct code_place *place = code->at(code->context, va);
		bool is_injected;
		int32_t delta;

		if (!place || place->delta < 0)
			return UNWIND_LOST;
		if (place->is_bottom)
			return UNWIND_WHOLE;
		if (*count == UNWIND_MAX_FRAMES)
			return UNWIND_LONG;
		ends[*count] = sp;
		frames[*count] = va > place->func_va && !is_interrupted ? va - 1 : va;
		is_injected = place->is_injected;
		delta = place->delta;

		if (code->has_link_register && !delta) {
			/* No frame of its own, yet or any more. A goroutine that has not begun has
			 * no caller but runtime.goexit, in a register that is not kept. */
			if (!has_link) {
				(*count)++;
				return *count == 1 ? UNWIND_WHOLE : UNWIND_LOST;
			}
			return_ip = link;
		} else {
			return_at = code->has_link_register ? sp : sp + (uint64_t)delta;
			if (!read_word(stack, return_at, &return_ip)) {
				(*count)++;
				return UNWIND_SHORT_OF_BYTES;
			}
			sp += (uint64_t)delta + (code->has_link_register ? 0 : 8);
			ends[*count] = sp;
		}
		has_link = false;
		if (is_injected && code->has_link_register) {
			if (!read_word(stack, sp, &link)) {
				(*count)++;
				return UNWIND_SHORT_OF_BYTES;
			}
			sp += INJECTED_SIZE;
			has_link = true;
		}
		is_interrupted = is_injected;
		ip = return_ip;
	}
}

enum unwind_end unwind(const struct unwind_code *code, const struct stack_bytes *stack, uint64_t ip,
		       uint64_t frames[UNWIND_MAX_FRAMES], size_t *count)
{
	uint64_t ends[UNWIND_MAX_FRAMES];

	return unwind_with_ends(code, stack, ip, frames, ends, count);
}
