/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * stack.h - who called whom on a goroutine's stack, by frame pointers, told once (RECORD_STACK).
 *
 * In all of Go's compiled code, on both processors, the frame pointer points at the caller's one, and
 * behind that lies the return address (src/runtime/tracer's fpTracebackPCs()). At a function's entry it
 * is still the caller's.
 */
#ifndef GOFUNCGRAPH_STACK_H
#define GOFUNCGRAPH_STACK_H

#include "emit.h"

/* What a frame pointer points at. */
struct frame {
	__u64 next;
	__u64 address;
};

struct walk {
	/* From where on: */
	struct stack bounds;
	__u64 first,
		second; /* the addresses before those of the frames; `second`: 0 if there is none */
	__u64 fp;
	__u64 target; /* of the frame pointer, see target_fp(); 0: the stack goes down to its bottom */
	__u64 target_next; /* with ARCH_FRAME_IS_CALLERS: what the target's frame points at */
	/* What it has come to: */
	__u64 id;
	__u16 count;
	__u8 end; /* enum stack_end */
};

/* The multiplier is that of MurmurHash3's finalizer. */
static __always_inline __u64 hash_add(__u64 hash, __u64 value)
{
	hash = (hash ^ value) * 0xff51afd7ed558ccdull;
	return hash ^ hash >> 33;
}

/* An address of a stack, and the hash of those up to it. */
static __always_inline __u64 add_address(const struct who *who, __u64 id, __u64 address, __u64 *to)
{
	__u64 va = address_to_va(who, address);

	if (to)
		*to = va;
	/* In another file, it says nothing of other processes. */
	return hash_add(id, va & FOREIGN_ADDRESS ? va ^ (__u64)who->key.pid << 32 : va);
}

/* The caller's frame. False: it is none, since each lies above the one before, on the same stack. */
static __always_inline bool read_frame(const struct walk *walk, struct frame *frame, __u64 *fp)
{
	if (frame->next <= *fp || frame->next < walk->bounds.lo ||
	    frame->next > walk->bounds.hi - sizeof(*frame))
		return false;
	*fp = frame->next;
	/* Nothing of a program is as high on any processor: what was there is no address. */
	return read_user(frame, sizeof(*frame), *fp) && frame->address && !(frame->address >> 56);
}

/*
 * Where a frame pointer points whose function called the target at this position, or is the target
 * (ARCH_FRAME_IS_CALLERS); `hi`: where the stack begins.
 */
static __always_inline __u64 target_fp(__u64 hi, __u64 position)
{
	return position & SYSTEM_STACK ? 0 : hi - position - sizeof(__u64);
}

/* `addresses`: where they go; NULL: nowhere. */
static __always_inline void walk_frames(const struct who *who, struct walk *walk, __u64 *addresses)
{
	struct frame frame = {.next = walk->fp};
	__u64 fp = 0, id = add_address(who, 0, walk->first, addresses);
	__u16 count = 1;
	int i = 1;

	if (walk->second) {
		id = add_address(who, id, walk->second, addresses ? &addresses[1] : NULL);
		count = 2;
		i = 2;
	}
	walk->end = STACK_DEEP;
#pragma clang loop unroll(disable)
	for (; i < STACK_DEPTH; i++) {
		if (!frame.next) {
			walk->end = STACK_BOTTOM;
			break;
		}
		if (frame.next == walk->target) {
			walk->end = STACK_TARGET;
			break;
		}
		if (!read_frame(walk, &frame, &fp)) {
			walk->end = STACK_BROKEN;
			break;
		}
		if (ARCH_FRAME_IS_CALLERS && walk->target && frame.next == walk->target_next) {
			walk->end = STACK_TARGET;
			break;
		}
		id = add_address(who, id, frame.address, addresses ? &addresses[i] : NULL);
		count++;
	}
	walk->count = count;
	walk->id = hash_add(id, walk->end) ?: 1;
}

/* However the walk was prepared, it is verified once. */
static __always_inline void forget_how(struct walk *walk)
{
	__u64 unknown = nothing;

	walk->bounds.lo += unknown;
	walk->bounds.hi += unknown;
	walk->first += unknown;
	walk->second += unknown;
	walk->fp += unknown;
	walk->target += unknown;
	walk->target_next += unknown;
}

/* The walk's stack by its id, which user space knows now. 0: it could not be told. */
static __always_inline __u64 tell_stack(const struct who *who, struct walk *walk)
{
	struct record_stack *record;
	__u8 nothing = 0;
	__u64 id;

	forget_how(walk);
	walk_frames(who, walk, NULL);
	id = walk->id;
	if (bpf_map_lookup_elem(&told_stacks, &id))
		return id;
	record = emit(who, RECORD_STACK, 0, 0, sizeof(*record));
	if (!record)
		return 0;
	/* Nobody else changes the stack; if it can be read no more, this is another one. */
	walk_frames(who, walk, record->addresses);
	id = walk->id;
	record->header.goid = 0;
	record->header.size =
		offsetof(struct record_stack, addresses) + walk->count * sizeof(__u64);
	record->id = id;
	record->count = walk->count;
	record->end = walk->end;
	__builtin_memset(record->unused, 0, sizeof(record->unused));
	submit(record, sizeof(*record));
	/* Not before: whoever finds it there need not tell it. */
	bpf_map_update_elem(&told_stacks, &id, &nothing, BPF_ANY);
	return id;
}

/* A goroutine's first function has its frame at most so far below the stack's beginning (runtime.newproc1),
 * and points at none. */
#define FIRST_FRAME_MAX 64

/*
 * The walk ends in the target whose gate this is. `sp`: the stack pointer of code that was interrupted
 * anywhere, or 0. Where the target has not made its frame, or has none any more, the frame pointer is its
 * caller's.
 */
static __always_inline void stop_at_target(struct walk *walk, const struct gate *gate, __u64 sp)
{
	__u64 hi = walk->bounds.hi, target = target_fp(hi, gate->frame);

	if (!target)
		return;
	walk->target = target;
	walk->target_next = hi - target <= FIRST_FRAME_MAX ? 0 : target;
	if (sp >= target)
		walk->fp = target;
	walk->bounds.hi = target + sizeof(struct frame);
}

/* Who called the function that is entered. On a system stack: what is left of it there is left out, but
 * for that function's caller; `second` is where the goroutine left its own. */
static __always_inline __u64 tell_callers(const struct pt_regs *ctx, const struct who *who)
{
	struct walk walk = {.bounds = who->stack, .fp = ARCH_FP(ctx)};

	if (who->on_signal || !arch_return_address(ctx, ARCH_SP(ctx), &walk.first))
		return 0;
	/* runtime.systemstack, mcall and asmcgocall leave it there; g.sched.pc lies behind sp. */
	if (who->g_used != who->g && (!who->goid || !read_stack(who->g, &walk.bounds) ||
				      !read_user(&walk.second, sizeof(walk.second),
						 who->g + g_sched_sp + sizeof(walk.second)) ||
				      !read_user(&walk.fp, sizeof(walk.fp), who->g + g_sched_bp)))
		return 0;
	return tell_stack(who, &walk);
}

#endif
