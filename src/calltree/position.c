/* SPDX-License-Identifier: MIT */
#include "calltree/position.h"

#include "calltree/captured.h"
#include "calltree/frames.h"

/* From here on positions are on stacks of a thread: its g0's, and that of its signal handlers. */
#define SYSTEM_STACK (1ull << 32)
#define SIGNAL_STACK (1ull << 33)

uint64_t position_of(const struct record_frame *at)
{
	uint8_t flags = at->header.flags;

	return at->frame + (flags & RECORD_SYSTEM_STACK ? SYSTEM_STACK : 0) +
	       (flags & RECORD_SIGNAL_STACK ? SIGNAL_STACK : 0);
}

/*
 * The entry of a call that is open already, since its code looped back to the site. Had the call
 * ended and another begun, its exit would be among the lost records.
 */
static bool is_repeat(const struct frame *frame, const struct call *call,
		      const struct record_entry *entry)
{
	const struct record *header = &entry->at.header;

	return header->flags & RECORD_MAY_REPEAT && !header->lost &&
	       call->entry_site == entry->at.site &&
	       (frame->is_start || call->caller_va == entry->caller_va);
}

bool position_is_elsewhere(struct owner *owner, const struct record_frame *at)
{
	const struct frame *top = top_frame(owner);

	return top && top->position >= SYSTEM_STACK && position_of(at) >= SYSTEM_STACK &&
	       frame_call(owner, top)->tid != at->header.tid;
}

bool position_leave_other_threads(struct calltree *trees, struct owner *owner,
				  const struct record_frame *at)
{
	struct ending ending = {.end = CALL_LEFT, .tid = at->header.tid};
	bool any = false;

	for (; position_is_elsewhere(owner, at); any = true)
		frames_close_top(trees, owner, &ending);
	return any && !owner->num_frames;
}

struct error *position_open(struct calltree *trees, struct owner *owner,
			    const struct record_entry *entry)
{
	struct beginning beginning = {.caller_va = entry->caller_va,
				      .site = entry->at.site,
				      .tid = entry->at.header.tid,
				      .captured = record_captured(&entry->at.header)};

	return frames_open(trees, owner, position_of(&entry->at), &beginning);
}

struct error *position_enter(struct calltree *trees, struct owner *owner,
			     const struct record_entry *entry)
{
	uint64_t position = position_of(&entry->at);
	struct ending ending = {.end = CALL_LEFT, .tid = entry->at.header.tid};

	frames_close_deeper(trees, owner, position, &ending);
	struct frame *top = top_frame(owner);
	if (top && top->position == position) {
		struct call *call = frame_call(owner, top);
		if (call->entry_site == CALLTREE_NO_SITE) {
			/* The function that a goroutine begins with is traced itself. */
			call->entry_site = entry->at.site;
			captured_keep(trees, owner, call, record_captured(&entry->at.header));
			return NULL;
		}
		if (is_repeat(top, call, entry))
			return NULL;
		frames_close_top(trees, owner, &ending);
	}
	return is_taken_off(trees, entry->at.site) ? NULL : position_open(trees, owner, entry);
}

static bool same_function(const struct calltree *trees, uint32_t entry, uint32_t exit)
{
	const struct calltree_sink *sink = &trees->sink;

	return !sink->func_of_site || entry == CALLTREE_NO_SITE ||
	       sink->func_of_site(sink->context, entry) == sink->func_of_site(sink->context, exit);
}

static void leave_frame(struct calltree *trees, struct owner *owner, const struct record_frame *at)
{
	uint64_t position = position_of(at);
	struct ending left = {.end = CALL_LEFT, .tid = at->header.tid};
	struct ending ending = {.end = at->header.kind == RECORD_RETURN ? CALL_RETURN
									: CALL_TAIL_CALL,
				.site = at->site,
				.tid = at->header.tid,
				.results = record_captured(&at->header)};

	frames_close_deeper(trees, owner, position, &left);
	struct frame *top = top_frame(owner);
	if (!top || top->position != position)
		return;
	/* Whichever function it is that leaves here, nothing lives at this position any more. */
	if (!same_function(trees, frame_call(owner, top)->entry_site, at->site))
		ending = left;
	frames_close_top(trees, owner, &ending);
}

/* The panic unwound the goroutine's own stack; the thread just leaves the one that it did it on. */
static void unwind_frames(struct calltree *trees, struct owner *owner,
			  const struct record_frame *at)
{
	struct ending left = {.end = CALL_LEFT, .tid = at->header.tid};
	struct ending panic = {.end = CALL_PANIC, .tid = at->header.tid};

	frames_close_deeper(trees, owner, SYSTEM_STACK - 1, &left);
	frames_close_deeper(trees, owner, position_of(at), &panic);
}

void position_leave(struct calltree *trees, struct owner *owner, const struct record_frame *at)
{
	struct ending left = {.end = CALL_LEFT, .tid = at->header.tid};

	if (at->header.kind == RECORD_UNWIND)
		unwind_frames(trees, owner, at);
	else if (at->header.kind == RECORD_LEFT)
		frames_close_deeper(trees, owner, position_of(at), &left);
	else
		leave_frame(trees, owner, at);
}
