/* SPDX-License-Identifier: MIT */
#include "goroutines/live_stack.h"

#include <string.h>

#define WORD 8u

struct visit {
	const struct stack_bytes *stack;
	void (*visit)(void *context, size_t slot, uint64_t word);
	void *context;
};

/* Those of `count` words from `at` on that have a bit. */
static void visit_words(const struct visit *visit, uint64_t at, const uint8_t *bits, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint64_t offset = at + (uint64_t)i * WORD - visit->stack->sp, word;

		if (offset >= visit->stack->len || visit->stack->len - offset < WORD)
			return;
		if (!(bits[i / 8] >> i % 8 & 1))
			continue;
		memcpy(&word, visit->stack->bytes + offset, sizeof(word));
		visit->visit(visit->context, offset / WORD, word);
	}
}

/* src/runtime/stkframe.go, getStackMap(), and traceback.go: variables end below the return address and the caller's
 * frame pointer, where these are in the frame; arguments are above a word where the return address is not there. */
static void visit_frame(const struct unwind_code *code, const struct visit *visit, uint64_t begin,
			uint64_t end, uint64_t va)
{
	uint64_t locals_end = end - (code->has_link_register ? 0 : WORD);
	struct gobin_live_words live;

	if (!code->live || !code->live(code->context, va, &live))
		return;
	locals_end -= locals_end > begin ? WORD : 0;
	if (locals_end >= begin && live.num_locals <= (locals_end - begin) / WORD)
		visit_words(visit, locals_end - (uint64_t)live.num_locals * WORD, live.locals,
			    live.num_locals);
	visit_words(visit, end + (code->has_link_register ? WORD : 0), live.arguments,
		    live.num_arguments);
}

void live_stack_visit(const struct unwind_code *code, const struct stack_bytes *stack, uint64_t ip,
		      void (*visit)(void *context, size_t slot, uint64_t word), void *context)
{
	const struct visit words = {stack, visit, context};
	uint64_t frames[UNWIND_MAX_FRAMES], ends[UNWIND_MAX_FRAMES], begin = stack->sp;
	bool is_interrupted = false;
	size_t count;

	unwind_with_ends(code, stack, ip, frames, ends, &count);
	for (size_t i = 0; i < count; begin = ends[i++]) {
		const struct code_place *place = code->at(code->context, frames[i]);

		if (!is_interrupted && ends[i] > begin)
			visit_frame(code, &words, begin, ends[i], frames[i]);
		is_interrupted = place && place->is_injected;
	}
}
