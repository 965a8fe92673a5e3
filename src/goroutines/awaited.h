/* SPDX-License-Identifier: MIT */
/*
 * awaited.h - which channel or lock a goroutine waits for: the runtime's entry for it in the list of who does
 * (type sudog, src/runtime/runtime2.go). g.waiting leads to that of channels, and from Go 1.26 on to that of
 * semaphores, which locks are made of; before, it is found on the goroutine's stack, where
 * runtime.semacquire1 keeps it while it waits.
 */
#ifndef GOROUTINES_AWAITED_H
#define GOROUTINES_AWAITED_H

#include "gofuncgraph/gobin.h"
#include "goroutines/memory.h"
#include "goroutines/unwind.h"

enum awaited_kind {
	AWAITED_UNKNOWN,
	AWAITED_CHANNEL, /* the one that it sends to, receives from, or that is all of a select */
	AWAITED_SEMAPHORE, /* a part of a lock, or what else runtime.semacquire1 is called for */
};

struct awaited {
	uint64_t address; /* of the channel's runtime.hchan, or the semaphore; 0: unknown */
	uint8_t kind;
};

/* A goroutine that waits, as it was read. */
struct waiter {
	uint64_t g, lo, hi; /* its g, and where its stack is */
	uint64_t waiting; /* g.waiting */
	const struct stack_bytes *stack; /* NULL: unknown */
	bool is_at_semaphore; /* by its reason, see awaited_is_semaphore() */
};

/* Whether who waits for this does so in runtime.semacquire1. `reason`: see gobin_wait_reason(). */
bool awaited_is_semaphore(const char *reason);

/* `*slot`: where on the stack an entry was found, for the next one; at first 0. */
struct awaited awaited_read(const struct memory *memory, const struct gobin_layout *layout,
			    const struct waiter *waiter, size_t *slot);

#endif
