/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* chosen.h - processes that are chosen by their cgroup, or by their name. */
#ifndef GOFUNCGRAPH_CHOSEN_H
#define GOFUNCGRAPH_CHOSEN_H

#include "settings.h"

/* Includes those in cgroups below it. */
static __always_inline bool is_in_chosen_cgroup(void)
{
	return bpf_current_task_under_cgroup(&chosen_cgroup, 0) == 1;
}

/* What is behind the name's end may be anything (fs/exec.c, __set_task_comm()). */
static __always_inline bool has_chosen_comm(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);
	__u64 comm[COMM_SIZE / 8] = {};

	bpf_core_read_str(comm, sizeof(comm), &leader->comm);
	return comm[0] == chosen_comm[0] && comm[1] == chosen_comm[1];
}

/*
 * Whether the process of this number is traced, which is the one that runs. Once something was told of it, it
 * stays so until its program ends, wherever it moves and whatever it is called: no call would be seen
 * to end otherwise.
 */
static __always_inline bool is_chosen_process(__u32 pid)
{
	if (only_pid)
		return pid == only_pid;
	if (!chooses_cgroup && !chosen_comm[0])
		return true;
	if (bpf_map_lookup_elem(&processes, &pid))
		return true;
	return (!chooses_cgroup || is_in_chosen_cgroup()) && (!chosen_comm[0] || has_chosen_comm());
}

#endif
