/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * state.h - goroutines change their state.
 *
 * The goroutine that changes is rarely the one that runs: both are looked at.
 */
#ifndef GOFUNCGRAPH_STATE_H
#define GOFUNCGRAPH_STATE_H

#include "gate.h"

/* src/runtime/runtime2.go */
#define GO_SCAN 0x1000

struct change {
	__u64 g; /* whose state it is */
	__u64 caller_va; /* only with struct record_state_origin */
	__u8 old_state, new_state; /* enum goroutine_state */
};

static __always_inline __u8 state_number(__u32 status)
{
	return (status & STATE_NUMBER) | (status & GO_SCAN ? STATE_SCAN : 0);
}

/* False: the compare-and-swap found another state. */
static __always_inline bool find_change(const struct pt_regs *ctx, const struct site *site,
					struct change *change)
{
	change->caller_va = 0;
	if (site->kind == SITE_STATE_ARGS) {
		change->g = ARCH_ARGUMENT_1(ctx);
		change->old_state = state_number(ARCH_ARGUMENT_2(ctx));
		change->new_state = state_number(ARCH_ARGUMENT_3(ctx));
	} else if (site->kind == SITE_STATE_SWAP) {
		if (!ARCH_IS_EQUAL(ctx) == !(site->flags & SITE_SWAP_TESTED))
			return false;
		/* casgstatus has become a part of this function, maybe of runtime.ready */
		change->g = arch_register(ctx, site->g_register) -
			    (site->flags & SITE_SWAP_AT_STATUS ? g_atomicstatus : 0);
		change->old_state = state_number(arch_register(ctx, site->old_register));
		change->new_state = state_number(arch_register(ctx, site->new_register));
	} else {
		bool enters = site->kind == SITE_SYSCALL_ENTER;

		change->g = ARCH_G(ctx);
		change->old_state = enters ? STATE_RUNNING : STATE_SYSCALL;
		change->new_state = enters ? STATE_SYSCALL : STATE_RUNNING;
	}
	return true;
}

/* Which function of the runtime changes it: that which called casgstatus, or has it inlined. */
static __always_inline void find_caller(const struct pt_regs *ctx, const struct who *who,
					const struct site *site, struct change *change)
{
	if (site->kind == SITE_STATE_ARGS)
		change->caller_va = find_call(ctx, who, ARCH_SP(ctx) + site->sp_delta);
	else if (site->kind == SITE_STATE_SWAP)
		change->caller_va = ARCH_IP(ctx) - who->bias;
}

/* `who` becomes the goroutine g of the same process, maybe one without an id. */
static __always_inline bool become_goroutine(struct who *who, __u64 g)
{
	assume_goroutine(who, g);
	return read_user(&who->goid, sizeof(who->goid), g + g_goid);
}

/*
 * Return addresses of a goroutine that has changed to the system stack, by its frame pointers:
 * runtime.systemstack and mcall leave the first one in g.sched.bp (src/runtime/asm_amd64.s).
 */
static __always_inline void walk_stack(const struct who *who, __u64 *addresses)
{
	struct {
		__u64 next_bp, ip;
	} frame;
	__u64 bp = 0;

	read_user(&bp, sizeof(bp), who->g + g_sched_bp);
#pragma unroll
	for (int i = 0; i < WAKER_DEPTH; i++) {
		addresses[i] = 0;
		if (!bp || !read_user(&frame, sizeof(frame), bp)) {
			bp = 0;
			continue;
		}
		addresses[i] = address_to_va(who, frame.ip);
		bp = frame.next_bp > bp ? frame.next_bp : 0;
	}
}

/*
 * Who starts or wakes it: the goroutine that this thread serves on its system stack, or none. The
 * thread is in compiled code of the runtime, so that R14 is its g.
 */
static __always_inline void fill_origin(struct pt_regs *ctx, struct origin *origin,
					const struct who *who, bool starts, bool wakes)
{
	struct who me = *who;

	__builtin_memset(origin, 0, sizeof(*origin));
	if (read_user(&origin->start_va, sizeof(origin->start_va), who->g + g_startpc))
		origin->start_va = address_to_va(who, origin->start_va);
	if (read_user(&origin->go_va, sizeof(origin->go_va), who->g + g_gopc) && origin->go_va)
		origin->go_va = address_to_va(who, origin->go_va);
	if (!(starts || wakes) || !find_runner(ctx, &me) || me.goid == who->goid)
		return;
	origin->by_goid = me.goid;
	if (wakes && me.goid)
		walk_stack(&me, origin->by_stack);
}

static __always_inline __u8 reason_of(const struct who *who, const struct change *change)
{
	__u8 reason = 0;

	if ((change->old_state & STATE_NUMBER) == STATE_WAITING ||
	    (change->new_state & STATE_NUMBER) == STATE_WAITING)
		read_user(&reason, sizeof(reason), who->g + g_waitreason);
	return reason;
}

static __always_inline void fill_state(struct record_state *state, const struct who *who,
				       const struct change *change)
{
	state->caller_va = change->caller_va;
	state->old_state = change->old_state;
	state->new_state = change->new_state;
	state->reason = reason_of(who, change);
	__builtin_memset(state->unused, 0, sizeof(state->unused));
}

/* Since the last record with an origin. Who sets it just when another one takes it away has lost
 * no more than what that one's record tells of. */
volatile bool lost_some = false;

/* All processors share it: written rarely. */
static __always_inline __u8 take_loss(void)
{
	if (!lost_some)
		return 0;
	lost_some = false;
	return RECORD_AFTER_LOSS;
}

/* False: lost, and counted. */
static __always_inline bool send_origin(struct pt_regs *ctx, const struct who *who,
					const struct change *change, __u32 lost)
{
	bool wakes = change->caller_va - ready_va < ready_size;
	struct record_state_origin *record = emit(who, RECORD_STATE, 0, lost, sizeof(*record));

	if (!record) {
		lost_some = true;
		return false;
	}
	record->state.header.flags = take_loss();
	fill_state(&record->state, who, change);
	fill_origin(ctx, &record->origin, who, false, wakes);
	submit(record, sizeof(*record));
	return true;
}

static __always_inline bool send_change(const struct who *who, const struct change *change,
					__u32 lost)
{
	struct record_state *record = emit(who, RECORD_STATE, 0, lost, sizeof(*record));

	if (!record) {
		lost_some |= all_goroutines;
		return false;
	}
	if (all_goroutines)
		record->header.flags = take_loss();
	fill_state(record, who, change);
	submit(record, sizeof(*record));
	return true;
}

/* True when a wait ends that lasted long enough for the user to be told who ended it. */
static __always_inline bool ends_long_wait(struct gate *gate, const struct change *change)
{
	__u64 now;

	if (!min_wait_ns)
		return false;
	now = bpf_ktime_get_ns();
	if (change->new_state == STATE_WAITING)
		gate->since = now;
	return change->old_state == STATE_WAITING && change->new_state == STATE_RUNNABLE &&
	       now - gate->since >= min_wait_ns;
}

/* With all_goroutines: any one's. */
static __always_inline void tell_any(struct pt_regs *ctx, const struct who *who,
				     const struct site *site, struct change *change)
{
	remember_process(who);
	find_caller(ctx, who, site, change);
	send_origin(ctx, who, change, 0);
}

/* Else: that of a goroutine inside a target. */
static __always_inline void tell_inside(struct pt_regs *ctx, struct gate *gate,
					const struct who *who, const struct site *site,
					struct change *change)
{
	bool is_sent;

	if (ends_long_wait(gate, change)) {
		find_caller(ctx, who, site, change);
		is_sent = send_origin(ctx, who, change, gate->lost);
	} else {
		is_sent = send_change(who, change, gate->lost);
	}
	note_sent(gate, who, is_sent);
}

static __always_inline void on_state(struct pt_regs *ctx, struct who *who, const struct site *site)
{
	struct gate *gate = NULL;
	struct change change;
	bool was_running, is_running;

	if (!find_change(ctx, site, &change))
		return;
	/* A goroutine begins with newproc1: here it may have its predecessor's id still. */
	if (change.old_state == STATE_DEAD &&
	    (change.new_state == STATE_RUNNABLE || change.new_state == STATE_WAITING))
		return;
	if (!all_goroutines) {
		assume_goroutine(who, change.g);
		if (is_shut(gate_of(who)))
			return;
	}
	if (!become_goroutine(who, change.g)) {
		on_unreadable(who);
		return;
	}
	if (!all_goroutines) {
		/* To copy the stack is work of its own. */
		if (!who->goid || change.old_state == STATE_COPYSTACK ||
		    change.new_state == STATE_COPYSTACK)
			return;
		gate = find_gate(who);
		if (!gate)
			return;
	}
	/* Who has no processor is told of between these records. */
	was_running = (change.old_state & STATE_NUMBER) == STATE_RUNNING;
	is_running = (change.new_state & STATE_NUMBER) == STATE_RUNNING;
	if (tells_no_cpu && was_running && !is_running)
		end_running(who, false);
	if (all_goroutines)
		tell_any(ctx, who, site, &change);
	else
		tell_inside(ctx, gate, who, site, &change);
	if (tells_no_cpu && is_running && !was_running)
		begin_running(who);
}

#endif
