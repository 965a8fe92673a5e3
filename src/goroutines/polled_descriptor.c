/* SPDX-License-Identifier: MIT */
#include "goroutines/polled_descriptor.h"

#include <string.h>

#include "gofuncgraph/maps.h"
#include "gofuncgraph/record.h"

/* Of its stack: from runtime.gopark() to internal/poll.runtime_pollWait(). */
#define MAX_BYTES 1024
#define WORD      8u

static bool is_wait(struct places *places, uint64_t va)
{
	const struct shown_frames *frames = places_frames(places, va);

	return frames && frames->count &&
	       strcmp(frames->items[frames->count - 1].frame.name,
		      "internal/poll.runtime_pollWait") == 0;
}

/* It keeps its first argument, a *pollDesc, where its caller has room for that: find_polled() in bpf/on.h. */
int polled_descriptor(const struct snapshot_source *source, struct places *places,
		      const struct goroutine *one)
{
	uint64_t frames[UNWIND_MAX_FRAMES], ends[UNWIND_MAX_FRAMES], desc, fd;
	const char *reason = places_reason(places, one->reason);
	uint8_t bytes[MAX_BYTES];
	struct stack_bytes stack = {one->sp, bytes, 0};
	size_t count;

	if (one->state != STATE_WAITING || !reason || strcmp(reason, "IO wait") != 0 || !one->sp)
		return -1;
	stack.len = one->hi - one->sp < MAX_BYTES ? one->hi - one->sp : MAX_BYTES;
	if (!memory_read(&source->memory, one->sp, bytes, stack.len))
		return -1;
	unwind_with_ends(&source->code, &stack, one->ip, frames, ends, &count);
	for (size_t i = 0; i < count; i++) {
		uint64_t at = ends[i] + (source->code.has_link_register ? WORD : 0);

		if (!is_wait(places, frames[i]))
			continue;
		if (!memory_read(&source->memory, at, &desc, sizeof(desc)) ||
		    !memory_read(&source->memory, desc + POLL_DESC_FD, &fd, sizeof(fd)) || fd >> 31)
			return -1;
		return (int)fd;
	}
	return -1;
}
