/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* send.h - records of goroutines inside a target, the last of which shuts the gate; and of processes. */
#ifndef BPF_SEND_H
#define BPF_SEND_H

#include "hunt.h"

static __always_inline void remember_process(const struct who *who)
{
	__u32 pid = who->key.pid;
	__u8 nothing = 0;

	if (!bpf_map_lookup_elem(&processes, &pid))
		bpf_map_update_elem(&processes, &pid, &nothing, BPF_ANY);
}

/* A record of the goroutine is lost, which its next one tells, or user space when the process ends. */
static __always_inline void note_loss(struct gate *gate, const struct who *who)
{
	__u32 pid = who->key.pid;
	__u8 *process = bpf_map_lookup_elem(&processes, &pid);

	gate->lost++;
	if (process)
		*process |= PROCESS_HAS_LOST;
}

/* `gate`: NULL if the goroutine is outside of any target; its losses are in the statistics alone. */
static __always_inline void note_sent(struct gate *gate, const struct who *who, bool is_sent)
{
	if (!gate)
		return;
	if (is_sent)
		gate->lost = 0;
	else
		note_loss(gate, who);
}

/* Sends one record of a goroutine at a place on its stack. False: it is lost, which the next one
 * tells. */
static __always_inline bool send(struct gate *gate, const struct who *who, __u32 site,
				 __u64 position, __u8 kind, __u8 flags)
{
	struct record_frame *record =
		emit(who, kind, flags | stack_flags(position), gate->lost, sizeof(*record));

	if (!record) {
		note_loss(gate, who);
		return false;
	}
	record->site = site;
	record->frame = (__u32)position;
	submit(record, sizeof(*record));
	gate->lost = 0;
	return true;
}

static __always_inline bool send_entry(struct gate *gate, const struct who *who, __u32 site,
				       __u64 position, __u64 caller_va, __u8 flags)
{
	struct record_entry *record =
		emit(who, RECORD_ENTRY, flags | stack_flags(position), gate->lost, sizeof(*record));

	if (!record) {
		note_loss(gate, who);
		return false;
	}
	record->at.site = site;
	record->at.frame = (__u32)position;
	record->caller_va = caller_va;
	submit(record, sizeof(*record));
	gate->lost = 0;
	return true;
}

static __always_inline void take_out(const struct who *who)
{
	if (!bpf_map_delete_elem(&gates, &who->key))
		__sync_fetch_and_sub(&num_gates, 1);
}

/* The same for the entry that opens the gate, with wants_stacks. */
static __always_inline bool send_first_entry(struct gate *gate, const struct who *who, __u32 site,
					     __u64 position, __u64 caller_va, __u8 flags,
					     __u64 stack)
{
	struct record_entry_stack *record =
		emit(who, RECORD_ENTRY, flags | stack_flags(position), gate->lost, sizeof(*record));

	if (!record) {
		note_loss(gate, who);
		return false;
	}
	record->entry.at.site = site;
	record->entry.at.frame = (__u32)position;
	record->entry.caller_va = caller_va;
	record->stack = stack;
	submit(record, sizeof(*record));
	gate->lost = 0;
	return true;
}

/* The same with `hunts`, which does not ask for the caller. */
static __always_inline bool send_hunted_entry(struct gate *gate, const struct who *who, __u32 site,
					      __u64 position, __u8 flags)
{
	struct record_entry_hunt *record =
		emit(who, RECORD_ENTRY, flags | stack_flags(position), gate->lost, sizeof(*record));

	if (!record) {
		note_loss(gate, who);
		return false;
	}
	record->entry.entry.at.site = site;
	record->entry.entry.at.frame = (__u32)position;
	record->entry.entry.caller_va = record->entry.stack = 0;
	record->g = who->g;
	submit(record, sizeof(*record));
	gate->lost = 0;
	return true;
}

/* All is told that there was. */
static __always_inline void shut(struct gate *gate, const struct who *who)
{
	gate->state = GATE_SHUT;
	if (num_gates > MAX_SHUT_GATES || who->key.g & THREAD_KEY)
		take_out(who);
}

/* The end of its last tree was lost: tells so at its next hit, wherever that is. */
static __always_inline void tell_lost_end(struct gate *gate, const struct who *who)
{
	struct record_frame *record =
		reserve(who, RECORD_LEFT, RECORD_CLOSES_TREE, gate->lost, sizeof(*record));

	if (!record)
		return;
	record->site = record->frame = 0;
	submit(record, sizeof(*record));
	__sync_fetch_and_add(&num_told_ends, 1);
	gate->lost = 0;
	shut(gate, who);
}

/* With `hunts`: the goroutine is about to leave its target. */
static __always_inline void end_hunt(struct gate *gate, const struct who *who)
{
	struct hunted_wait *wait;

	if (!who->goid || samples_waits)
		return;
	wait = find_wait(who);
	if (!wait || !wait->is_inside)
		return;
	wait->is_inside = 0;
	if (!wait->count)
		return;
	if (send_short_waits(who, wait, gate->lost, bpf_ktime_get_ns()))
		gate->lost = 0;
	else
		note_loss(gate, who);
}

/* The last record of a tree was sent, or is lost. */
static __always_inline void end_gate(struct gate *gate, const struct who *who, bool is_sent)
{
	if (is_sent)
		shut(gate, who);
	else
		gate->state = GATE_ENDED; /* with what was lost, until somebody can be told */
}

/* The same for the last record of a tree: the gate shuts. */
static __always_inline void send_last(struct gate *gate, const struct who *who, __u32 site,
				      __u64 position, __u8 kind)
{
	bool is_told;

	if (hunts)
		end_hunt(gate, who);
	if (tells_no_cpu)
		end_running(who, false);
	is_told = send(gate, who, site, position, kind, RECORD_CLOSES_TREE);
	if (hunts && who->goid)
		end_running(who, false);
	end_gate(gate, who, is_told);
}

/* Sends a record of a process as a whole. False: it is lost. */
static __always_inline bool send_of_process(const struct who *who, __u8 kind, bool has_lost)
{
	struct record_process *record = emit(who, kind, 0, 0, sizeof(*record));

	if (!record)
		return false;
	record->header.goid = 0;
	record->program = program_of(who);
	record->has_lost = has_lost;
	bpf_ringbuf_submit(record, BPF_RB_FORCE_WAKEUP);
	return true;
}

#endif
