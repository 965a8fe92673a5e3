/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * no_cpu.h - goroutines that run, and whose threads have no processor: told as a state, STATE_NO_CPU.
 *
 * Each switch of each processor comes by here: of those of other processes, one comparison is all.
 */
#ifndef GOFUNCGRAPH_NO_CPU_H
#define GOFUNCGRAPH_NO_CPU_H

#include "state.h"

static __always_inline struct thread *thread_of(const struct task_struct *task)
{
	__u32 tid = task->pid, tgid = task->tgid;

	if (!tid || !may_be_noted(tgid))
		return NULL;
	return kept_thread(tid);
}

/* Of the current thread's goroutine. A change of its state that nobody saw may have come before. */
static __always_inline bool is_running(const struct thread *thread)
{
	__u32 status;

	if (!read_user(&status, sizeof(status), thread->g + g_atomicstatus))
		return false;
	status &= STATE_NUMBER;
	return status == STATE_RUNNING || (status == STATE_COPYSTACK && !all_goroutines);
}

/* False: of that goroutine nothing is told. */
static __always_inline bool tell_run(const struct thread *thread, const struct change *change)
{
	struct who who = {.key = {.g = thread->g, .pid = thread->pid},
			  .tid = thread->tid,
			  .goid = thread->goid};
	struct gate *gate = NULL;

	if (!all_goroutines) {
		gate = gate_of(&who);
		if (!gate || gate->state != GATE_OPEN || gate->goid != who.goid)
			return false;
	}
	note_sent(gate, &who, send_change(&who, change, gate ? gate->lost : 0));
	return true;
}

/* `task`: the current thread, until now. It may have come back unseen from the time before: a kernel can be
 * made to trace no switch away from certain threads. */
static __always_inline void lose_processor(const struct task_struct *task)
{
	const struct change change = {.old_state = STATE_RUNNING, .new_state = STATE_NO_CPU};
	struct thread *thread = thread_of(task);

	if (!thread)
		return;
	thread->off_ns = 0;
	if (thread->g && is_running(thread) && tell_run(thread, &change))
		thread->off_ns = bpf_ktime_get_ns();
}

static __always_inline void get_processor(const struct task_struct *task)
{
	const struct change change = {.old_state = STATE_NO_CPU, .new_state = STATE_RUNNING};
	struct thread *thread = thread_of(task);

	if (!thread || !thread->off_ns)
		return;
	thread->off_ns = 0;
	tell_run(thread, &change);
}

#endif
