/* SPDX-License-Identifier: MIT */
/*
 * snapshot.h - what all goroutines of a process do, read from its memory while it runs.
 *
 * Each goroutine is read at a time of its own: g, stack, g again. When g has changed in between, it
 * is read anew, and after some attempts said to have moved, without a stack. All memory is hostile:
 * a lying program gets nonsense printed of itself, and no more.
 */
#ifndef GOROUTINES_SNAPSHOT_H
#define GOROUTINES_SNAPSHOT_H

#include "gofuncgraph/gobin.h"
#include "goroutines/awaited.h"
#include "goroutines/labels.h"
#include "goroutines/memory.h"
#include "goroutines/unwind.h"

/* A list that is longer is cut. */
#define SNAPSHOT_MAX_GOROUTINES (1u << 22)

struct goroutine {
	uint64_t g; /* address of its runtime.g */
	uint64_t goid;
	uint64_t parent_goid; /* 0: unknown, or none */
	uint64_t gopc_va; /* return address of the go statement; 0: none */
	uint64_t start_va; /* of the function that it was started with; 0: unknown */
	uint64_t since_ns; /* nanotime() since when it waits, at the latest; 0: unknown */
	const struct label_set *labels; /* NULL: none, or not wanted */
	struct awaited awaited; /* of STATE_WAITING; unknown if it is not wanted */
	uint64_t sp, hi; /* its stack, from where it was left; 0: unknown */
	uint64_t all_lo, all_hi; /* all of it, as it was; may be moved while it runs */
	uint64_t ip; /* and the instruction; 0 with sp */
	uint64_t frames_hash;
	size_t first_frame; /* in snapshot.frames */
	uint8_t num_frames;
	uint8_t end; /* enum unwind_end */
	uint8_t state; /* enum goroutine_state, without STATE_SCAN */
	uint8_t reason; /* of STATE_WAITING */
	bool keeps_thread; /* runtime.LockOSThread() */
	bool has_moved; /* while its stack was read, which is not known therefore */
};

/* False: it has gone on since. */
static inline bool goroutine_is_still(const struct goroutine *now, const struct goroutine *then)
{
	return now->g == then->g && now->goid == then->goid && now->sp == then->sp &&
	       now->ip == then->ip && now->state == then->state && now->reason == then->reason;
}

struct snapshot {
	struct goroutine *goroutines; /* in the order of runtime.allgs, without those that ended */
	size_t count, capacity;
	uint64_t *frames; /* va of each, see unwind() */
	size_t num_frames, frames_capacity;
	struct awaited_channels channels; /* of selects */
	struct label_sets labels;
	size_t num_unreadable; /* g's that are no g's, or could not be read */
	bool is_cut; /* there are more than SNAPSHOT_MAX_GOROUTINES */
};

struct snapshot_source {
	struct memory memory;
	struct gobin_layout layout;
	struct unwind_code code;
	uint64_t allgs; /* address of the variable in the process; 0: unknown */
	bool wants_labels;
	bool wants_awaited; /* what each waits for */
	uint8_t ways[256]; /* by reasons: enum awaited_way */
};

/* Errors: the memory cannot be read; it holds no goroutines. snapshot_release() in any case. */
struct error *snapshot_take(const struct snapshot_source *source, struct snapshot *snapshot);
/* The same of these alone, by the addresses of their g's; without an error for those that are none. */
struct error *snapshot_take_some(const struct snapshot_source *source, const uint64_t *addresses,
				 size_t count, struct snapshot *snapshot);
void snapshot_release(struct snapshot *snapshot);

/* Addresses of one's channels, awaited.num_channels of them. */
static inline const uint64_t *snapshot_channels(const struct snapshot *snapshot,
						const struct goroutine *one)
{
	return one->awaited.num_channels ? &snapshot->channels.items[one->awaited.first_channel]
					 : NULL;
}

#endif
