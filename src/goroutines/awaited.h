/* SPDX-License-Identifier: MIT */
/*
 * awaited.h - which channel or lock a goroutine waits for: the runtime's entry for it in the list of who does
 * (type sudog, src/runtime/runtime2.go). g.waiting leads to that of channels, and from Go 1.26 on to that of
 * semaphores, which locks are made of; before, it is found on the goroutine's stack, where
 * runtime.semacquire1 keeps it while it waits. A sync.Cond is known by itself, as it holds its own address.
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
	AWAITED_SELECT, /* any of several channels */
	AWAITED_CONDITION, /* a sync.Cond */
};

/* What leads to it, by the wait's reason. */
enum awaited_way { AWAITED_BY_CHANNELS, AWAITED_BY_SEMAPHORE, AWAITED_BY_CONDITION };

struct awaited {
	uint64_t
		address; /* of the channel's runtime.hchan, the semaphore or the sync.Cond; 0: unknown, or several */
	/* Of AWAITED_CONDITION: of its L, which nobody has locked who waits for it (src/sync/cond.go, Wait()). */
	uint64_t unlocked;
	uint8_t kind;
	/* Of AWAITED_SELECT, each once: at least two. What a longer one waits for is not known. */
#define AWAITED_MAX_CHANNELS 64
	uint8_t num_channels;
	size_t first_channel; /* in struct awaited_channels */
};

/* Addresses of the channels of all selects. */
struct awaited_channels {
	uint64_t *items; /* owned by who has the struct, and freed by it */
	size_t count, capacity;
};

/* So many more of one goroutine. */
bool awaited_has_room(const struct awaited_channels *channels, size_t count);
/* False: there is no room, or no memory. */
bool awaited_add_channels(struct awaited_channels *channels, const uint64_t *items, size_t count,
			  struct awaited *awaited);

/* A goroutine that waits, as it was read. */
struct waiter {
	uint64_t g, lo, hi; /* its g, and where its stack is */
	uint64_t waiting; /* g.waiting */
	const struct stack_bytes *stack; /* NULL: unknown */
	enum awaited_way way;
};

/* `reason`: see gobin_wait_reason(). */
enum awaited_way awaited_way(const char *reason);
/* Whether another goroutine alone can end the wait. A channel may be a timer's as well. */
bool awaited_is_another(const char *reason);

/* `*slot`: where on the stack an entry was found, for the next one; at first 0. `channels`: grow. */
struct awaited awaited_read(const struct memory *memory, const struct gobin_layout *layout,
			    const struct waiter *waiter, size_t *slot,
			    struct awaited_channels *channels);

#endif
