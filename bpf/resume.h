/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * resume.h - system stacks that are left without a return.
 *
 * runtime.mcall changes to the thread's g0 and calls a function there that never returns:
 * runtime.gogo jumps back to a goroutine's own stack, mostly another one's, and what is on the g0's
 * stack is no more. Frames of three may go then: of who goes on (mcall, morestack), of the thread
 * itself (schedule), and of the goroutine that the thread served before (park_m). See
 * src/runtime/asm_amd64.s and proc.go.
 */
#ifndef GOFUNCGRAPH_RESUME_H
#define GOFUNCGRAPH_RESUME_H

#include "gate.h"

static __always_inline struct thread_key thread_key(const struct who *who)
{
	return (struct thread_key){.tid = who->tid, .pid = who->key.pid};
}

/* The goroutine has a frame on this thread's system stack. */
static __always_inline void remember_served(const struct who *who)
{
	struct thread_key thread = thread_key(who);
	struct served new = {.g = who->g, .goid = who->goid};
	const struct served *now = bpf_map_lookup_elem(&served, &thread);

	if (!now || now->g != new.g || now->goid != new.goid)
		bpf_map_update_elem(&served, &thread, &new, BPF_ANY);
}

/* `who`, a thread, becomes the goroutine that it served last. The gate, or NULL: it has none open,
 * or one on another thread's system stack. */
static __always_inline struct gate *become_served(struct who *who)
{
	struct thread_key thread = thread_key(who);
	const struct served *last = bpf_map_lookup_elem(&served, &thread);
	struct gate *gate;

	if (!last)
		return NULL;
	who->goid = last->goid;
	who->g = who->key.g = last->g;
	gate = gate_of(who);
	if (!gate || gate->state != GATE_OPEN || gate->goid != who->goid ||
	    gate->program != program_of(who) ||
	    (gate->frame & SYSTEM_STACK && gate->tid != who->tid))
		return NULL;
	return gate;
}

/* From where on the g0's stack will be used next: g0.sched.sp, but what gogo jumps to it clears. */
static __always_inline bool find_base(const struct pt_regs *ctx, const struct who *who, __u64 *g0,
				      __u64 *position)
{
	__u64 sp = ARCH_SP(ctx);
	struct stack stack;

	if (!read_user(g0, sizeof(*g0), who->m) ||
	    (who->g_used != *g0 && !read_user(&sp, sizeof(sp), *g0 + g_sched_sp)) ||
	    !read_stack(*g0, &stack))
		return false;
	*position = (__u32)(stack.hi - ARCH_GOES_ON_AT(sp)) | SYSTEM_STACK;
	return true;
}

static __always_inline void leave_system_stack(const struct pt_regs *ctx, struct who *who,
					       __u32 index)
{
	struct thread_key thread = thread_key(who);
	__u64 goid = who->goid, position;
	struct gate *gate;

	who->goid = 0;
	who->key.g = THREAD_KEY | who->tid;
	/* Mostly there is nothing to tell. */
	if (!gate_of(who) && !bpf_map_lookup_elem(&served, &thread))
		return;
	if (!find_base(ctx, who, &who->g, &position))
		return;
	gate = find_gate(who);
	if (gate)
		leave(gate, who, index, position);
	gate = become_served(who);
	if (gate && who->goid != goid)
		leave(gate, who, index, position);
	bpf_map_delete_elem(&served, &thread);
}

/* The thread, one of C's, has given the goroutine back that it called Go with (runtime.dropm): what
 * is left of that on its stack is nobody's. */
static __always_inline void leave_goroutine(struct who *who, __u32 index)
{
	struct thread_key thread = thread_key(who);
	struct gate *gate = become_served(who);

	if (gate)
		leave(gate, who, index, SYSTEM_STACK);
	bpf_map_delete_elem(&served, &thread);
}

/* At gogo's jump: `who` goes on, on its own stack, or the thread on its g0's (goexit0). */
static __always_inline void on_resume(struct pt_regs *ctx, struct who *who, __u32 index)
{
	struct gate *gate = find_gate(who);

	if (gate)
		leave(gate, who, index, position_of(who, ARCH_GOES_ON_AT(ARCH_SP(ctx))));
	leave_system_stack(ctx, who, index);
}

#endif
