/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * sample.h - what threads of processes with a target are doing, asked of each processor now and then
 * (RECORD_SAMPLE).
 */
#ifndef GOFUNCGRAPH_SAMPLE_H
#define GOFUNCGRAPH_SAMPLE_H

#include "gate.h"
#include "place.h"

/* The thread's goroutine, by its g in use; or none: goid is 0. */
static __always_inline void find_sampled(const struct registers *registers, struct who *who)
{
	struct handler handler;

	if (find_g_in_use(registers, who) && find_goroutine(who)) {
		/* A handler begins and ends with the g of whom it interrupted (runtime.sigtramp). */
		if (!is_on_stack(&who->stack, registers->sp) &&
		    find_handler(who->g_used, registers->sp, &handler))
			who->on_signal = true;
		return;
	}
	who->goid = who->g = who->g_used = 0;
	who->stack.lo = who->stack.hi = 0;
}

/* The instruction at a probe is a breakpoint. */
static __always_inline bool is_breakpoint(__u64 ip)
{
	__u32 code = 0;

	if (ARCH_BREAKPOINT_MASK == 0xff)
		return read_user(&code, 1, ip) && code == ARCH_BREAKPOINT;
	return read_user(&code, sizeof(code), ip) && code == ARCH_BREAKPOINT;
}

/* True if the kernel handles a breakpoint, or single-steps what is under it; registers->ip becomes where
 * that is. */
static __always_inline bool is_at_probe(struct registers *registers, bool in_kernel)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	if (BPF_CORE_READ(task, utask, active_uprobe)) {
		registers->ip = BPF_CORE_READ(task, utask, vaddr);
		return true;
	}
	if (!in_kernel || registers->syscall >= 0)
		return false;
	if (is_breakpoint(registers->ip))
		return true;
	if (!ARCH_PAST_BREAKPOINT || !is_breakpoint(registers->ip - ARCH_PAST_BREAKPOINT))
		return false;
	registers->ip -= ARCH_PAST_BREAKPOINT;
	return true;
}

static __always_inline void send_sample(struct scratch *scratch, struct gate *gate, __u64 ip,
					__u8 place, bool in_kernel)
{
	struct registers *registers = &scratch->registers;
	struct walk *walk = &scratch->walk;
	struct who *who = &scratch->who;
	bool is_known = who->goid && prepare_place(scratch, gate);
	struct record_sample *record;
	__u64 stack = 0;
	__u32 state = 0;

	if (is_known) {
		bool is_inside = gate;

		stack = tell_stack(who, walk);
		gate = is_inside ? gate_of(who) : NULL; /* the verifier has one case less */
	}
	record = emit(who, RECORD_SAMPLE, 0, gate ? gate->lost : 0, sizeof(*record));
	note_sent(gate, who, record);
	if (!record)
		return;
	__builtin_memset(&record->ip_va, 0,
			 sizeof(*record) - offsetof(struct record_sample, ip_va));
	record->ip_va = address_to_va(who, ip);
	record->stack = stack;
	if (is_known)
		tell_top(who, &scratch->stack, registers, &record->top);
	if (gate && !(gate->frame & SYSTEM_STACK))
		record->frame = (__u32)gate->frame;
	record->syscall = registers->syscall;
	record->place = place;
	if (who->goid)
		read_user(&state, sizeof(state), who->g + g_atomicstatus);
	record->state = state & STATE_NUMBER;
	record->in_kernel = in_kernel;
	record->left_at = scratch->left_at;
	submit(record, sizeof(*record));
	if (is_known)
		send_copy_of_broken(scratch, gate, false);
}

static __always_inline void on_sample(const struct pt_regs *ctx)
{
	const struct hunted *process = find_hunted(bpf_get_current_pid_tgid() >> 32);
	bool in_kernel = !ARCH_IS_USER(ctx);
	struct scratch *scratch;
	struct gate *gate = NULL;
	struct who *who;
	__u32 tid = bpf_get_current_pid_tgid();
	__u8 place;

	if (!process)
		return;
	scratch = take_scratch(SCRATCH_SAMPLE);
	if (!scratch)
		return;
	who = &scratch->who;
	if (!find_thread(who, NO_SITE))
		return;
	who->bias = process->bias;
	if (!in_kernel)
		arch_registers(ctx, &scratch->registers);
	else if (!read_registers(&scratch->registers))
		return;
	if (in_kernel)
		note_syscall(tid, kept_thread(tid), &scratch->registers, false);
	find_sampled(&scratch->registers, who);
	if (who->goid)
		gate = gate_of(who);
	if (gate && (gate->state != GATE_OPEN || gate->goid != who->goid ||
		     gate->program != program_of(who)))
		gate = NULL;
	if (is_at_probe(&scratch->registers, in_kernel))
		place = SAMPLE_TRACER;
	else if (who->on_signal)
		place = SAMPLE_SIGNAL;
	else
		place = who->goid && who->g_used == who->g ? SAMPLE_GO : SAMPLE_SYSTEM;
	send_sample(scratch, gate, scratch->registers.ip, place, in_kernel);
}

#endif
