/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * hunt.h - what is kept of goroutines, threads and processes so that all of a call's time can be told;
 * include/gofuncgraph/record.h, "hunt". The waits themselves are in wait.h, times without a processor in
 * processor.h, samples in sample.h.
 */
#ifndef GOFUNCGRAPH_HUNT_H
#define GOFUNCGRAPH_HUNT_H

#include "thread.h"

/* By bpf_get_current_pid_tgid(): samples and switches need no namespace's numbers to find it. */
static __always_inline void remember_hunted(const struct who *who)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct hunted new = {.program = program_of(who), .bias = who->bias, .pid = who->key.pid};
	const struct hunted *known = bpf_map_lookup_elem(&hunted_processes, &tgid);

	if (known && known->program == new.program && known->bias == new.bias)
		return;
	bpf_map_update_elem(&hunted_processes, &tgid, &new, BPF_ANY);
	note_tgid(tgid);
}

/* The current process is gone, or runs another program. */
static __always_inline void forget_hunted(void)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;

	bpf_map_delete_elem(&hunted_processes, &tgid);
}

static __always_inline const struct hunted *find_hunted(__u32 tgid)
{
	if (!may_be_noted(tgid))
		return NULL;
	return bpf_map_lookup_elem(&hunted_processes, &tgid);
}

/* What is kept of how the goroutine waits, NULL if that is nothing. */
static __always_inline struct hunted_wait *find_wait(const struct who *who)
{
	struct hunted_wait *wait = bpf_map_lookup_elem(&waits, &who->key);

	return wait && wait->program == program_of(who) ? wait : NULL;
}

static __always_inline struct hunted_wait *make_wait(const struct who *who, bool is_inside)
{
	struct hunted_wait new = {.program = program_of(who), .is_inside = is_inside};

	bpf_map_update_elem(&waits, &who->key, &new, BPF_ANY);
	num_made_waits++;
	return bpf_map_lookup_elem(&waits, &who->key);
}

/* The goroutine has entered a target: its gate is open, and its tree told. */
static __always_inline void begin_hunt(const struct who *who)
{
	struct hunted_wait *wait;

	if (!who->goid)
		return;
	remember_hunted(who);
	if (samples_waits)
		return;
	wait = find_wait(who);
	if (wait) {
		wait->start_ns = 0;
		wait->count = wait->waiting_ns = wait->syscall_ns = wait->runnable_ns = 0;
		wait->is_inside = 1;
	} else {
		make_wait(who, true);
	}
	begin_running(who);
}

/* Short waits that are not told yet; the last one is over by `now`. False: they are lost. */
static __always_inline bool send_short_waits(const struct who *who, struct hunted_wait *wait,
					     __u32 lost, __u64 now)
{
	struct record_short_waits *record = emit(who, RECORD_SHORT_WAITS, 0, lost, sizeof(*record));

	if (record) {
		record->header.time_ns = now;
		record->count = wait->count;
		record->waiting_ns = wait->waiting_ns;
		record->syscall_ns = wait->syscall_ns;
		record->runnable_ns = wait->runnable_ns;
		submit(record, sizeof(*record));
	}
	wait->count = wait->waiting_ns = wait->syscall_ns = wait->runnable_ns = 0;
	return record;
}

#endif
