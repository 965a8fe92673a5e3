/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* birth.h - goroutines start others, which are traced with them (--follow) or told of. */
#ifndef GOFUNCGRAPH_BIRTH_H
#define GOFUNCGRAPH_BIRTH_H

#include "state.h"

static __always_inline void fill_go(struct pt_regs *ctx, struct record_go *record,
				    const struct who *who, __u32 frame, const struct change *change)
{
	record->header.flags = take_loss();
	record->frame = frame;
	record->old_state = change->old_state;
	record->new_state = change->new_state;
	record->reason = reason_of(who, change);
	record->unused = 0;
	fill_origin(ctx, &record->origin, who, true, false);
}

static __always_inline bool send_go(struct pt_regs *ctx, const struct who *who, __u32 frame,
				    const struct change *change, __u32 lost)
{
	struct record_go *record = emit(who, RECORD_GO, 0, lost, sizeof(*record));

	if (!record) {
		lost_some = true;
		return false;
	}
	fill_go(ctx, record, who, frame, change);
	submit(record, sizeof(*record));
	return true;
}

/* The same with `hunts`. */
static __always_inline bool send_hunted_go(struct pt_regs *ctx, const struct who *who, __u32 frame,
					   const struct change *change)
{
	struct record_go_hunt *record = emit(who, RECORD_GO, 0, 0, sizeof(*record));

	if (!record) {
		lost_some = true;
		return false;
	}
	fill_go(ctx, &record->go, who, frame, change);
	record->g = change->g;
	submit(record, sizeof(*record));
	return true;
}

/*
 * The new goroutine, and the state that it has before anybody can run it. False: the change of a
 * state at this SITE_BIRTH begins none.
 */
static __always_inline bool find_birth(const struct pt_regs *ctx, const struct site *site,
				       struct change *change)
{
	if (site->kind != SITE_GO)
		return find_change(ctx, site, change) && change->old_state == STATE_DEAD;
	*change = (struct change){.g = ARCH_RESULT(ctx), .old_state = STATE_DEAD};
	return true;
}

/* At a SITE_GO. */
static __always_inline bool find_new_state(const struct site *site, struct change *change)
{
	__u32 status;

	if (site->kind != SITE_GO)
		return true;
	if (!read_user(&status, sizeof(status), change->g + g_atomicstatus))
		return false;
	change->new_state = state_number(status);
	return true;
}

/*
 * True of a goroutine of the runtime's own: the first garbage collection inside a target, say,
 * starts those that work for all later ones.
 */
static __always_inline bool is_system(const struct who *who, __u64 g)
{
	__u64 start;

	if (!read_user(&start, sizeof(start), g + g_startpc))
		return false;
	start -= who->bias;
#pragma unroll
	for (int i = 0; i < MAX_SYSTEM_STARTS; i++)
		if (start == system_starts[i])
			return true;
	return false;
}

/* Where the return address of the function lies that it was started with. */
static __always_inline bool find_first_position(__u64 g, __u64 *position)
{
	__u64 hi, sp;

	if (!read_user(&hi, sizeof(hi), g + g_stack_hi) ||
	    !read_user(&sp, sizeof(sp), g + g_sched_sp))
		return false;
	*position = (__u32)(hi - sp);
	return true;
}

/* runtime.newproc1 returns a goroutine that nobody runs yet, or is about to. */
static __always_inline void on_go(struct pt_regs *ctx, struct who *who, const struct site *site)
{
	struct gate *parent = NULL, *gate;
	struct change change;
	struct who child = *who;
	__u64 position;

	if (!find_birth(ctx, site, &change))
		return;
	if (!all_goroutines) {
		if (!find_runner(ctx, who)) {
			on_unreadable(who);
			return;
		}
		parent = who->goid ? find_gate(who) : NULL;
		if (!parent || is_system(who, change.g))
			return;
	}
	if (!become_goroutine(&child, change.g) || !child.goid || !find_new_state(site, &change) ||
	    !find_first_position(change.g, &position)) {
		on_unreadable(who);
		return;
	}
	if (all_goroutines) {
		remember_process(&child);
		send_go(ctx, &child, (__u32)position, &change, 0);
		return;
	}
	/* What it does is told as of any other. */
	if (hunts) {
		if (!send_hunted_go(ctx, &child, (__u32)position, &change))
			note_loss(parent, who);
		return;
	}
	gate = open_gate(&child, position);
	if (!gate)
		return;
	gate->followed = 1;
	gate->since = bpf_ktime_get_ns();
	if (!send_go(ctx, &child, (__u32)position, &change, gate->lost)) {
		note_loss(parent, who);
		gate->state = GATE_ENDED; /* no tree without its beginning */
	}
}

#endif
