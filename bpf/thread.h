/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* thread.h - with `hunts` or tells_no_cpu: which goroutine a thread runs, of those that are told of. */
#ifndef BPF_THREAD_H
#define BPF_THREAD_H

#include "emit.h"

/* Switches of the process's threads are of interest. */
static __always_inline void note_tgid(__u32 tgid)
{
	hunted_tgids[tgid & (HUNTED_TGIDS - 1)] = 1;
}

/* False: they are not. */
static __always_inline bool may_be_noted(__u32 tgid)
{
	return hunted_tgids[tgid & (HUNTED_TGIDS - 1)];
}

/* What is kept of the thread, by its number in the initial PID namespace. */
static __always_inline struct thread *kept_thread(__u32 tid)
{
	return bpf_map_lookup_elem(&threads, &tid);
}

static __always_inline struct thread *keep_thread(__u32 tid)
{
	struct thread new = {};

	bpf_map_update_elem(&threads, &tid, &new, BPF_ANY);
	return kept_thread(tid);
}

/* From now on the current thread runs the goroutine. So that no time without a processor goes unseen, it is
 * said so before the time is taken from when on, and that it has ended, after. */
static __always_inline void begin_running(const struct who *who)
{
	__u64 id = bpf_get_current_pid_tgid();
	struct thread *thread = kept_thread(id);

	if (!thread || thread->pid != who->key.pid) {
		thread = keep_thread(id);
		note_tgid(id >> 32);
	}
	if (!thread)
		return;
	thread->pid = who->key.pid;
	thread->tid = who->tid;
	thread->goid = who->goid;
	thread->g = who->key.g;
	thread->in_syscall = 0;
}

/* It does so no more; it makes a system call from now on, inside a target. */
static __always_inline void end_running(const struct who *who, bool in_syscall)
{
	struct thread *thread = kept_thread(bpf_get_current_pid_tgid());

	if (!thread)
		return;
	if (thread->g == who->key.g) {
		thread->in_syscall = in_syscall;
		if (!in_syscall)
			thread->g = 0;
	}
	thread->asleep_ns = 0;
}

/* The thread ends, or begins another program. */
static __always_inline void forget_thread(__u32 tid)
{
	bpf_map_delete_elem(&threads, &tid);
}

#endif
