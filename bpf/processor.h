/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * processor.h - goroutines that run, or make system calls, and whose threads have no processor
 * (RECORD_OFFCPU), and who has it instead; the same of threads that others wait for; what threads sleep in.
 *
 * Each switch of each processor comes by here, and each thread that wakes up: of those that have nothing to do
 * with a target, a look at a byte is all, and what has the processor now. That is noted of all switches: a thread
 * that wakes up may wait for what has had the processor for long.
 */
#ifndef GOFUNCGRAPH_PROCESSOR_H
#define GOFUNCGRAPH_PROCESSOR_H

#include "gate.h"
#include "place.h"
#include "ran.h"

static __always_inline bool is_sleeping(struct task_struct *task)
{
	if (bpf_core_field_exists(task->__state))
		return BPF_CORE_READ(task, __state);
	return BPF_CORE_READ((struct task_struct___5_13 *)task, state);
}

/* The goroutine whose thread this is, NULL if it is in no target any more. */
static __always_inline struct gate *find_gate_of_thread(struct thread *thread, struct who *who)
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

/* Whom the current thread runs, or serves, or else itself, and its state; `scratch` is used for that. False: it
 * cannot be read, or the thread is not one of Go's. */
static __always_inline bool find_served_now(struct scratch *scratch, __u32 *state)
{
	struct who *who = &scratch->who;

	if (!read_registers(&scratch->registers) || !find_g_in_use(&scratch->registers, who) ||
	    !find_goroutine(who) || !read_user(state, sizeof(*state), who->g + g_atomicstatus))
		return false;
	*state &= STATE_NUMBER;
	return true;
}

/* The current thread, if it runs a goroutine inside a target, which is looked for where waits are not seen;
 * else NULL. `scratch` is used for that. */
static __always_inline struct thread *find_running(struct scratch *scratch, __u32 tid)
{
	struct who *who = &scratch->who;
	const struct gate *gate;
	__u32 state;

	if (!find_thread(who, NO_SITE) || !find_served_now(scratch, &state) || !who->goid)
		return NULL;
	gate = gate_of(who);
	if (!gate || gate->state != GATE_OPEN || gate->goid != who->goid || state != STATE_RUNNING)
		return NULL;
	begin_running(who);
	return kept_thread(tid);
}

static __always_inline void forget_place(struct thread *thread)
{
	thread->stack = thread->top.sp = thread->top.first_frame = 0;
	thread->left_at = thread->in_handler = 0;
}

/* Where the current thread left its code, somewhere in a target. In a system call that is known to whoever
 * knows of the call. */
static __always_inline void note_place(struct thread *thread, struct scratch *scratch,
				       struct gate *gate)
{
	struct registers *registers = &scratch->registers;
	bool is_known;

	forget_place(thread);
	if (thread->in_syscall || !read_registers(registers) ||
	    !find_g_in_use(registers, &scratch->who))
		return;
	is_known = prepare_place(scratch, gate);
	thread->in_handler = scratch->in_handler;
	if (!is_known)
		return;
	tell_top(&scratch->who, &scratch->stack, registers, &thread->top);
	thread->left_at = scratch->left_at;
	thread->stack = tell_stack(&scratch->who, &scratch->walk);
	send_copy_of_broken(scratch, gate, true);
}

/* From now on the thread has no processor. */
static __always_inline void begin_off(struct thread *thread)
{
	thread->processor = bpf_get_smp_processor_id();
	thread->off_ns = bpf_ktime_get_ns();
}

static __always_inline void end_off(struct thread *thread)
{
	thread->off_ns = thread->woken_ns = 0;
}

/* Whether a thread that sleeps there does so until there is work for it: one of them waits for the network and timers
 * (netpoll() in src/runtime/netpoll_epoll.go). C code may do so, too, but its own. */
static __always_inline bool is_parking(const struct registers *registers, __u32 tgid)
{
	const struct hunted *process;
	__u64 bias = 0, va;

	if (is_pie) {
		process = find_hunted(tgid);
		if (!process)
			return false;
		bias = process->bias;
	}
	va = registers->ip - bias;
	return va - futex_va < futex_size ||
	       (registers->syscall == ARCH_EPOLL_PWAIT && va - image_start_va < image_size);
}

/* The current thread, of which `thread` is kept or NULL, goes to sleep, and runs no goroutine inside a target, but
 * maybe makes a system call for one. */
static __always_inline void note_sleep(struct thread *thread, __u32 tid, __u32 tgid)
{
	struct registers registers;

	if ((!thread && !find_hunted(tgid)) || !read_registers(&registers))
		return;
	thread = note_syscall(tid, thread, &registers, true);
	if (thread)
		thread->is_parked = is_parking(&registers, tgid);
}

/*
 * The current thread, of which `thread` is kept or NULL, has no processor from now on, and is in no target. That is of
 * interest if it has one of the program's Ps (src/runtime/proc.go): runnable goroutines wait for these. System calls and
 * C code have none.
 */
static __always_inline void begin_off_outside(struct thread *thread, struct scratch *scratch,
					      struct task_struct *prev)
{
	__u32 state, tid = prev->pid;

	if (!find_served_now(scratch, &state) || state == STATE_SYSCALL)
		return;
	if (!thread)
		thread = keep_thread(tid);
	if (!thread)
		return;
	forget_place(thread);
	thread->g = 0;
	thread->goid = scratch->who.goid;
	thread->slept = thread->in_syscall = 0;
	thread->is_throttled = is_throttled(prev);
	begin_off(thread);
}

/* On the processor of `prev`, which is the current thread yet. */
static __always_inline void on_off(struct task_struct *prev, bool is_preempted)
{
	const struct hunted *process;
	struct thread *thread;
	struct scratch *scratch;
	struct gate *gate = NULL;
	__u32 tid;
	bool slept;

	if (!may_be_noted(prev->tgid))
		return;
	slept = !is_preempted && is_sleeping(prev);
	tid = prev->pid;
	thread = kept_thread(tid);
	if (thread)
		end_off(thread); /* it may have come back unseen, see lose_processor() */
	if (slept && samples_waits)
		return;
	if (slept && (!thread || !thread->g || thread->in_syscall)) {
		note_sleep(thread, tid, prev->tgid);
		return;
	}
	process = find_hunted(prev->tgid);
	if (!process)
		return;
	scratch = take_scratch(SCRATCH_SWITCH);
	if (!scratch)
		return;
	scratch->who.bias = process->bias;
	if (samples_waits)
		thread = find_running(scratch, tid);
	if (thread && thread->g)
		gate = find_gate_of_thread(thread, &scratch->who);
	if (!gate) {
		if (!slept)
			begin_off_outside(thread, scratch, prev);
		return;
	}
	thread->slept = slept;
	thread->is_throttled = !slept && is_throttled(prev);
	note_place(thread, scratch, gate);
	begin_off(thread);
}

/* The thread slept, and can run again. */
static __always_inline void on_wakeup(struct task_struct *task)
{
	struct thread *thread;
	bool slept;

	if (samples_waits || !may_be_noted(task->tgid))
		return;
	thread = kept_thread(task->pid);
	if (!thread)
		return;
	slept = thread->off_ns ? thread->slept
			       : thread->is_asleep && (thread->in_syscall || thread->is_parked);
	if (!slept || thread->woken_ns)
		return;
	if (!thread->off_ns) {
		forget_place(thread);
		thread->slept = false;
		thread->goid = 0;
	}
	thread->is_throttled = is_throttled(task);
	thread->processor = processor_of(task);
	thread->woken_ns = bpf_ktime_get_ns();
}

/* From thread->off_ns on. `gate`: NULL if it is in no target. */
static __always_inline void tell_off(struct thread *thread, __u32 tgid, struct gate *gate,
				     const struct who *who, __u64 end_ns)
{
	struct record_offcpu *record =
		emit(who, RECORD_OFFCPU, thread->in_syscall ? RECORD_IN_SYSCALL : 0,
		     gate ? gate->lost : 0, sizeof(*record));

	note_sent(gate, who, record);
	if (!record)
		return;
	__builtin_memset(&record->start_ns, 0,
			 sizeof(*record) - offsetof(struct record_offcpu, start_ns));
	record->header.time_ns = end_ns;
	record->start_ns = thread->off_ns;
	record->stack = thread->stack;
	record->top = thread->top;
	tell_who_had_it(thread, tgid, record);
	record->slept = thread->slept;
	record->left_at = thread->left_at;
	record->in_handler = thread->in_handler;
	record->frame = !gate || gate->frame & SYSTEM_STACK ? 0 : (__u32)gate->frame;
	submit(record, sizeof(*record));
}

/* The thread, which is in no target, has a processor again, this one. A busy machine has many such times: each processor
 * tells one for each outside_min_wait_ns at most, but for long ones: when a quota is refilled, all threads come at once. */
static __always_inline void tell_off_outside(struct thread *thread, __u32 tgid, __u64 now)
{
	struct processor *processor;
	const struct hunted *process;
	struct who who = {};

	thread->off_ns = thread->off_ns ?: thread->woken_ns;
	if (now - thread->off_ns < outside_min_wait_ns)
		return;
	processor = find_processor(bpf_get_smp_processor_id());
	process = find_hunted(tgid);
	if (!processor || !process ||
	    (now - processor->told_ns < outside_min_wait_ns &&
	     now - thread->off_ns < 10 * outside_min_wait_ns))
		return;
	processor->told_ns = now;
	who.key.pid = process->pid;
	who.goid = thread->goid;
	tell_off(thread, tgid, NULL, &who, now);
}

/* It has a processor again. Threads sleep often: how long they wait for one after it is told where that is long. */
static __always_inline void tell_offs(struct thread *thread, __u32 tgid)
{
	__u64 now = bpf_ktime_get_ns(), woken_ns = thread->woken_ns;
	bool is_late = woken_ns && now - woken_ns >= long_wait_ns;
	struct who who = {};
	struct gate *gate;

	if (!thread->off_ns && !is_late)
		return;
	if (!thread->g) {
		tell_off_outside(thread, tgid, now);
		return;
	}
	gate = find_gate_of_thread(thread, &who);
	if (!gate)
		return;
	if (thread->off_ns)
		tell_off(thread, tgid, gate, &who, woken_ns ?: now);
	if (!is_late)
		return;
	thread->off_ns = woken_ns;
	thread->slept = false;
	tell_off(thread, tgid, gate, &who, now);
}

static __always_inline void on_again(struct task_struct *next)
{
	struct thread *thread;
	__u32 tid;

	if (!may_be_noted(next->tgid))
		return;
	tid = next->pid;
	thread = kept_thread(tid);
	if (!thread)
		return;
	if (thread->is_asleep)
		thread->asleep_ns += (thread->woken_ns ?: bpf_ktime_get_ns()) - thread->seen_ns;
	thread->is_asleep = 0;
	tell_offs(thread, next->tgid);
	end_off(thread);
}

#endif
