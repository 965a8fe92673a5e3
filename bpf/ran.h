/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* ran.h - what processors had, and who had the one that a thread waited for. */
#ifndef BPF_RAN_H
#define BPF_RAN_H

#include "settings.h"

static __always_inline __u32 processor_of(struct task_struct *task)
{
	if (bpf_core_field_exists(task->thread_info.cpu))
		return BPF_CORE_READ(task, thread_info.cpu);
	return BPF_CORE_READ((struct task_struct___5_15 *)task, cpu);
}

/* The processor with this number. */
static __always_inline struct processor *find_processor(__u32 number)
{
	return bpf_map_lookup_elem(&processors, &number);
}

static __always_inline bool is_throttled(struct task_struct *task)
{
	struct cfs_rq *queue = NULL;

	/* Before Linux 6.18 groups are, not threads. */
	if (bpf_core_field_exists(task->throttled))
		return BPF_CORE_READ(task, throttled);
	if (!bpf_core_field_exists(task->se.cfs_rq) ||
	    !bpf_core_field_exists(queue->throttle_count))
		return false;
	queue = BPF_CORE_READ(task, se.cfs_rq);
	return BPF_CORE_READ(queue, throttle_count) > 0;
}

/* The current processor gets another thread. */
static __always_inline void note_switch(struct task_struct *next)
{
	struct processor *processor = find_processor(bpf_get_smp_processor_id());
	struct ran *ran;

	if (!processor)
		return;
	ran = &processor->ran[processor->num_ran++ & (MAX_RAN - 1)];
	ran->start_ns = bpf_ktime_get_ns();
	ran->tgid = next->tgid;
	bpf_probe_read_kernel(ran->comm, sizeof(ran->comm), next->comm);
}

/* Any number to the verifier, which else would follow each way that the loop below can take. */
#define FORGET(number) ((number) ^= nothing)

/* The difference as a number of its own: from a comparison of the two the verifier would learn something of both. */
static __always_inline __s64 difference(__u64 a, __u64 b)
{
	__s64 ns = (__s64)(a - b);

	asm volatile("" : "+r"(ns));
	return ns;
}

/*
 * Who had the processor since then, for most of the time: each takes away from whoever had more of it as
 * much as it had itself (Boyer and Moore's vote).
 */
static __always_inline struct ran *find_who_had_it(struct processor *processor, __u64 since_ns)
{
	__u64 end_ns = bpf_ktime_get_ns(), most_ns = 0;
	__u32 at = processor->num_ran, best = at, tgid = 0;

#pragma clang loop unroll(disable)
	for (int i = 0; i < MAX_RAN; i++) {
		const struct ran *ran = &processor->ran[--at & (MAX_RAN - 1)];
		bool is_first = difference(since_ns, ran->start_ns) >= 0;
		__u64 start_ns = is_first ? since_ns : ran->start_ns;
		__s64 ns = difference(end_ns, start_ns), more_ns;

		if (ns < 0)
			ns = 0;
		more_ns = difference(ns, most_ns);
		if (most_ns && !difference(ran->tgid, tgid)) {
			most_ns += ns;
		} else if (more_ns > 0) {
			most_ns = more_ns;
			tgid = ran->tgid;
			best = at;
		} else {
			most_ns = -more_ns;
		}
		if (is_first)
			break;
		end_ns = start_ns;
		FORGET(end_ns);
		FORGET(most_ns);
		FORGET(tgid);
		FORGET(best);
		FORGET(at);
	}
	return &processor->ran[best & (MAX_RAN - 1)];
}

/* Who had the processor that the thread of process `tgid` wanted. */
static __always_inline void tell_who_had_it(const struct thread *thread, __u32 tgid,
					    struct record_offcpu *record)
{
	struct processor *processor = find_processor(thread->processor);
	const struct ran *ran;

	if (thread->is_throttled) {
		record->by = OFFCPU_BY_QUOTA;
		return;
	}
	if (!processor || thread->slept)
		return;
	ran = find_who_had_it(processor, thread->off_ns);
	if (!ran->start_ns)
		return; /* it has had no other since tracing began */
	if (!ran->tgid) {
		record->by = OFFCPU_BY_NOBODY;
	} else if (ran->tgid == tgid) {
		record->by = OFFCPU_BY_OWN;
	} else {
		record->by = OFFCPU_BY_OTHER;
		__builtin_memcpy(record->by_comm, ran->comm, sizeof(record->by_comm));
	}
}

#endif
