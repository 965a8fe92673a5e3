/* SPDX-License-Identifier: MIT */
/* stack_words.h - the words of all goroutines' stacks, of each the part that is most likely in use. */
#ifndef GOROUTINES_STACK_WORDS_H
#define GOROUTINES_STACK_WORDS_H

#include "goroutines/snapshot.h"

/* Of each stack at most: of one that is in use its innermost part. */
#define STACK_WORDS_MAX_BYTES (16u << 10)

struct stack_words {
	size_t index; /* of the goroutine in the snapshot */
	uint64_t at; /* address of the first */
	const uint64_t *words;
	size_t count;
};

struct stack_words_options {
	uint64_t max_bytes; /* of all of them: others are left out */
	/* Also of those that run: nobody knows how far their stacks are in use, so it is the outermost part. */
	bool with_running;
};

/* Stacks that cannot be read are left out. The only error is out of memory. */
struct error *stack_words_visit(const struct snapshot *snapshot, const struct memory *memory,
				const struct stack_words_options *options,
				void (*visit)(void *context, const struct stack_words *words),
				void *context);

#endif
