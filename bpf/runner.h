/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* runner.h - with tells_no_cpu: which goroutine a thread runs, of those whose states are told. */
#ifndef GOFUNCGRAPH_RUNNER_H
#define GOFUNCGRAPH_RUNNER_H

#include "emit.h"

/* Switches of the process's threads are of interest. */
static __always_inline void note_tgid(__u32 tgid)
{
	if (!hunted_tgid)
		hunted_tgid = tgid;
	else if (hunted_tgid != tgid)
		hunted_tgid = HUNTS_MANY;
}

/* From now on the current thread runs the goroutine. */
static __always_inline void begin_run(const struct who *who)
{
	__u64 id = bpf_get_current_pid_tgid();
	__u32 tid = (__u32)id;
	struct runner *runner = bpf_map_lookup_elem(&runners, &tid);
	struct runner new = {
		.g = who->key.g, .goid = who->goid, .pid = who->key.pid, .tid = who->tid};

	if (runner && runner->pid == new.pid) {
		runner->goid = new.goid;
		runner->g = new.g;
		return;
	}
	bpf_map_update_elem(&runners, &tid, &new, BPF_ANY);
	note_tgid(id >> 32);
}

/* It does so no more. */
static __always_inline void end_run(const struct who *who)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct runner *runner = bpf_map_lookup_elem(&runners, &tid);

	if (runner && runner->g == who->key.g)
		runner->g = 0;
}

/* The current thread ends, or begins another program. */
static __always_inline void forget_runner(void)
{
	__u32 tid = bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&runners, &tid);
}

#endif
