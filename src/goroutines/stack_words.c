/* SPDX-License-Identifier: MIT */
#include "goroutines/stack_words.h"

#include <stdlib.h>

#include "base/cleanup.h"

/* Where the part begins, and how long it is. */
static uint64_t part_of_stack(const struct stack_words_options *options,
			      const struct goroutine *one, uint64_t *len)
{
	uint64_t size = one->sp ? one->hi - one->sp : one->all_hi - one->all_lo;

	*len = (size < STACK_WORDS_MAX_BYTES ? size : STACK_WORDS_MAX_BYTES) & ~UINT64_C(7);
	if (one->sp)
		return one->sp;
	if (!options->with_running)
		*len = 0;
	return one->all_hi - *len;
}

struct error *stack_words_visit(const struct snapshot *snapshot, const struct memory *memory,
				const struct stack_words_options *options,
				void (*visit)(void *context, const struct stack_words *words),
				void *context)
{
	_cleanup_free_ uint64_t *words = malloc(STACK_WORDS_MAX_BYTES);
	uint64_t left = options->max_bytes;

	if (!words)
		return error_out_of_memory();
	for (size_t i = 0; i < snapshot->count; i++) {
		uint64_t len, at = part_of_stack(options, &snapshot->goroutines[i], &len);

		if (!len || len > left || !memory_read(memory, at, words, len))
			continue;
		left -= len;
		visit(context,
		      &(struct stack_words){
			      .index = i, .at = at, .words = words, .count = len / sizeof(*words)});
	}
	return NULL;
}
