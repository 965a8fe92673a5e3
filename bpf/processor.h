/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * processor.h - goroutines that run, and whose threads have no processor (RECORD_OFFCPU); what threads
 * sleep in.
 *
 * Each switch of each processor comes by here: of those that have nothing to do with a target, one
 * comparison is all.
 */
#ifndef GOFUNCGRAPH_PROCESSOR_H
#define GOFUNCGRAPH_PROCESSOR_H

#include "gate.h"
#include "place.h"

static __always_inline bool is_sleeping(struct task_struct *task)
{
	if (bpf_core_field_exists(task->__state))
		return BPF_CORE_READ(task, __state);
	return BPF_CORE_READ((struct task_struct___5_13 *)task, state);
}

/* The goroutine whose thread this is, NULL if it is in no target any more. */
static __always_inline struct gate *find_gate_of_thread(struct hunted_thread *thread,
							struct who *who)
{
	struct gate *gate;

	who->key.g = who->g = thread->g;
	who->key.pid = thread->pid;
	who->tid = thread->tid;
	gate = gate_of(who);
	if (!gate || gate->state != GATE_OPEN) {
		thread->g = 0;
		return NULL;
	}
	who->goid = gate->goid;
	return gate;
}

/* Where the current thread left its code, somewhere in a target. */
static __always_inline void note_place(struct hunted_thread *thread, struct scratch *scratch,
				       const struct gate *gate)
{
	struct registers *registers = &scratch->registers;

	thread->stack = thread->sp = thread->first_frame = thread->left_at = 0;
	if (!read_registers(registers) || !find_g_in_use(registers, &scratch->who) ||
	    !prepare_place(scratch, gate))
		return;
	tell_registers(&scratch->who, &scratch->stack, registers, thread->words, &thread->sp,
		       &thread->first_frame);
	thread->left_at = scratch->left_at;
	thread->stack = tell_stack(&scratch->who, &scratch->walk);
}

static __always_inline void note_successor(struct hunted_thread *thread, struct task_struct *next)
{
	int level;

	thread->by_nobody = !next->pid;
	thread->by_pid = thread->by_tid = 0;
	bpf_probe_read_kernel(thread->by_comm, sizeof(thread->by_comm), next->comm);
	if (thread->by_nobody)
		return;
	if (!pidns_ino) {
		thread->by_pid = next->tgid;
		thread->by_tid = next->pid;
		return;
	}
	level = find_pid_level(BPF_CORE_READ(next, thread_pid));
	if (level < 0)
		return;
	thread->by_pid = pid_at_level(BPF_CORE_READ(next, group_leader), level);
	thread->by_tid = pid_at_level(next, level);
}

/* The thread sleeps: if it does so in a system call, in which one. */
static __always_inline void note_sleep(struct hunted_thread *thread, __u32 tid)
{
	struct hunted_thread new = {};
	struct registers registers;

	if (!read_registers(&registers) || registers.syscall < 0)
		return;
	if (thread) {
		thread->syscall = registers.syscall;
		thread->slept_ns = bpf_ktime_get_ns();
		return;
	}
	new.syscall = registers.syscall;
	new.slept_ns = bpf_ktime_get_ns();
	bpf_map_update_elem(&hunted_threads, &tid, &new, BPF_ANY);
}

/* On the processor of `prev`, which is the current thread yet. */
static __always_inline void on_off(struct task_struct *prev, struct task_struct *next,
				   bool is_preempted)
{
	bool slept = !is_preempted && is_sleeping(prev);
	const struct hunted *process = find_hunted(prev->tgid);
	struct hunted_thread *thread;
	struct scratch *scratch;
	struct gate *gate;
	__u32 tid;

	if (!process)
		return;
	tid = prev->pid;
	thread = bpf_map_lookup_elem(&hunted_threads, &tid);
	if (!thread || !thread->g) {
		if (slept)
			note_sleep(thread, tid);
		return;
	}
	scratch = take_scratch(SCRATCH_SWITCH);
	if (!scratch)
		return;
	scratch->who.bias = process->bias;
	gate = find_gate_of_thread(thread, &scratch->who);
	if (!gate)
		return;
	thread->slept = slept;
	note_successor(thread, next);
	note_place(thread, scratch, gate);
	thread->off_ns = bpf_ktime_get_ns();
}

static __always_inline void on_again(struct task_struct *next)
{
	struct record_offcpu *record;
	struct hunted_thread *thread;
	struct who who = {};
	struct gate *gate;
	__u32 tid;

	if (!find_hunted(next->tgid))
		return;
	tid = next->pid;
	thread = bpf_map_lookup_elem(&hunted_threads, &tid);
	if (!thread || !thread->off_ns)
		return;
	gate = find_gate_of_thread(thread, &who);
	if (!gate) {
		thread->off_ns = 0;
		return;
	}
	record = emit(&who, RECORD_OFFCPU, 0, gate->lost, sizeof(*record));
	if (record) {
		record->start_ns = thread->off_ns;
		record->stack = thread->stack;
		record->words[0] = thread->words[0];
		record->words[1] = thread->words[1];
		record->sp = thread->sp;
		record->first_frame = thread->first_frame;
		record->by_pid = thread->by_pid;
		record->by_tid = thread->by_tid;
		__builtin_memcpy(record->by_comm, thread->by_comm, sizeof(record->by_comm));
		record->by_nobody = thread->by_nobody;
		record->slept = thread->slept;
		record->left_at = thread->left_at;
		record->unused = 0;
		record->frame = gate->frame & SYSTEM_STACK ? 0 : (__u32)gate->frame;
		submit(record, sizeof(*record));
		gate->lost = 0;
	} else {
		note_loss(gate, &who);
	}
	thread->off_ns = 0;
}

#endif
