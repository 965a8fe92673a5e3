/* SPDX-License-Identifier: MIT */
/*
 * unwind.h - the stack of a goroutine that is left somewhere, frame by frame, as Go's own traceback
 * does it (src/runtime/traceback.go): by the tables that say how much stack a function uses at each
 * instruction. Frame pointers are not needed.
 */
#ifndef GOROUTINES_UNWIND_H
#define GOROUTINES_UNWIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gofuncgraph/gobin.h"

/* Frames of one goroutine, the innermost ones; more are left out. */
#define UNWIND_MAX_FRAMES 100

/* What is known of the code at an address. */
struct code_place {
	uint64_t func_va;
	int32_t delta; /* see gobin_stack_delta() */
	bool is_bottom; /* runtime.goexit: nothing called it */
	bool is_injected; /* a signal made the call: what is above it was interrupted anywhere */
};

struct unwind_code {
	void *context;
	/* NULL: there is no Go code. Good until the next one is asked for. */
	const struct code_place *(*at)(void *context, uint64_t va);
	/* Of the call at va, see gobin_live_words(); false: unknown. NULL: nothing is known of any. */
	bool (*live)(void *context, uint64_t va, struct gobin_live_words *words);
	uint64_t load_bias; /* address in the process - va */
	bool has_link_register; /* return addresses: below a frame, else above it */
};

/* The bytes of memory from `sp` on that are known. */
struct stack_bytes {
	uint64_t sp;
	const uint8_t *bytes;
	size_t len;
};

enum unwind_end {
	UNWIND_WHOLE, /* to the first function of the goroutine */
	UNWIND_LONG, /* there is more, but no more room for frames */
	UNWIND_SHORT_OF_BYTES, /* there is more, above the bytes that are known */
	UNWIND_LOST, /* something else than Go code */
};

/*
 * Fills `frames` with the va of each frame's place, the innermost first: of the call, not behind it,
 * but where it was interrupted. `ip` and stack->sp: where the goroutine was left.
 */
enum unwind_end unwind(const struct unwind_code *code, const struct stack_bytes *stack, uint64_t ip,
		       uint64_t frames[UNWIND_MAX_FRAMES], size_t *count);
/* The same with where each frame ends: its caller's stack pointer. */
enum unwind_end unwind_with_ends(const struct unwind_code *code, const struct stack_bytes *stack,
				 uint64_t ip, uint64_t frames[UNWIND_MAX_FRAMES],
				 uint64_t ends[UNWIND_MAX_FRAMES], size_t *count);

#endif
