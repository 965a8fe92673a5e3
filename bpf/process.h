/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* process.h - processes and threads end, or execute another program. */
#ifndef BPF_PROCESS_H
#define BPF_PROCESS_H

#include "gate.h"

/* Of interest is a process that ever opened the gate. Who does not find it among those any more can
 * read what was sent (live_awaits_end()). */
static __always_inline void on_process_end(__u8 kind)
{
	struct who who;
	__u32 pid;
	const __u8 *process;

	if (!find_process(&who))
		return;
	pid = who.key.pid;
	process = bpf_map_lookup_elem(&processes, &pid);
	if (!process)
		return;
	if (is_tracing)
		send_of_process(&who, kind, *process & PROCESS_HAS_LOST);
	bpf_map_delete_elem(&processes, &pid);
	bpf_map_delete_elem(&distrusted, &pid);
	if (hunts)
		forget_hunted();
}

/* What it did without a goroutine is over; another thread may have its number soon. */
static __always_inline void on_thread_end(void)
{
	struct gate *gate;
	struct who who = {};

	if (!find_thread(&who, NO_SITE))
		return;
	who.key.g = THREAD_KEY | who.tid;
	gate = gate_of(&who);
	if (gate && gate->state == GATE_OPEN)
		send_last(gate, &who, 0, 0, RECORD_LEFT);
}

#endif
