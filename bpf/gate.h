/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* gate.h - goroutines inside a target, and sending their records. */
#ifndef BPF_GATE_H
#define BPF_GATE_H

#include "emit.h"

/* Sends one record of a goroutine at a place on its stack. False: it is lost, which the next one
 * tells. */
static __always_inline bool send(struct gate *gate, const struct who *who, __u32 site,
				 __u64 position, __u8 kind, __u8 flags)
{
	struct record_frame *record =
		emit(who, kind, flags | stack_flags(position), gate->lost, sizeof(*record));

	if (!record) {
		gate->lost++;
		return false;
	}
	record->site = site;
	record->frame = (__u32)position;
	submit(record);
	gate->lost = 0;
	return true;
}

static __always_inline bool send_entry(struct gate *gate, const struct who *who, __u32 site,
				       __u64 position, __u64 caller_va, __u8 flags)
{
	struct record_entry *record =
		emit(who, RECORD_ENTRY, flags | stack_flags(position), gate->lost, sizeof(*record));

	if (!record) {
		gate->lost++;
		return false;
	}
	record->at.site = site;
	record->at.frame = (__u32)position;
	record->caller_va = caller_va;
	submit(record);
	gate->lost = 0;
	return true;
}

/* The end of its last tree was lost: tells so at its next hit, wherever that is. */
static __always_inline void tell_lost_end(struct gate *gate, const struct who *who)
{
	struct record_frame *record =
		reserve(who, RECORD_LEFT, RECORD_CLOSES_TREE, gate->lost, sizeof(*record));

	if (!record)
		return;
	record->site = record->frame = 0;
	submit(record);
	bpf_map_delete_elem(&gates, &who->key);
}

/* The same for the last record of a tree: the gate shuts. */
static __always_inline void send_last(struct gate *gate, const struct who *who, __u32 site,
				      __u64 position, __u8 kind)
{
	if (send(gate, who, site, position, kind, RECORD_CLOSES_TREE))
		bpf_map_delete_elem(&gates, &who->key);
	else
		gate->ended = 1; /* stays, with what was lost, until somebody can be told */
}

/* Sends a record of a process as a whole. False: it is lost. */
static __always_inline bool send_of_process(const struct who *who, __u8 kind)
{
	struct record_process *record = emit(who, kind, 0, 0, sizeof(*record));

	if (!record)
		return false;
	record->header.goid = 0;
	record->program = current_program();
	bpf_ringbuf_submit(record, BPF_RB_FORCE_WAKEUP);
	return true;
}

/*
 * Nothing that this process seems to do can be believed: it has written into its goroutines, or the
 * layout is not known. From now on it is left alone.
 */
static __always_inline void distrust(const struct who *who)
{
	__u64 program = current_program(), *known;
	__u32 pid = who->key.pid;

	known = bpf_map_lookup_elem(&distrusted, &pid);
	if (known && *known == program)
		return;
	/* One thread tells, if several find out. */
	if (bpf_map_update_elem(&distrusted, &pid, &program, known ? BPF_ANY : BPF_NOEXIST))
		return;
	if (send_of_process(who, RECORD_WRONG_GOID))
		has_distrusted = true;
	else
		bpf_map_delete_elem(&distrusted, &pid);
}

/* The goroutine's open gate, or NULL. */
static __always_inline struct gate *find_gate(const struct who *who)
{
	struct gate *gate = bpf_map_lookup_elem(&gates, &who->key);

	if (!gate)
		return NULL;
	if (gate->g == who->g && !gate->ended)
		return gate;
	if (gate->ended) {
		if (gate->g == who->g)
			tell_lost_end(gate, who);
		return NULL;
	}
	/* A thread without a goroutine has two: g0, and gsignal while it handles a signal. */
	if (who->goid && gate->program == current_program())
		distrust(who);
	return NULL; /* else left by a program that ran under this pid before */
}

static __always_inline void remember_process(const struct who *who)
{
	__u32 pid = who->key.pid;
	__u8 one = 1;

	if (!bpf_map_lookup_elem(&processes, &pid))
		bpf_map_update_elem(&processes, &pid, &one, BPF_ANY);
}

/* The gate of a goroutine that has none open; what its last tree lost is told with the first
 * record. */
static __always_inline struct gate *open_gate(const struct who *who, __u64 position)
{
	struct gate *gate = bpf_map_lookup_elem(&gates, &who->key);
	struct gate new = {
		.frame = position, .g = who->g, .program = current_program(), .tid = who->tid};

	if (has_distrusted && is_distrusted(who))
		return NULL; /* find_gate() has just found that out */
	/* What is left of a program that ran under this pid before says nothing of this one. */
	if (!gate || gate->program != new.program)
		remember_process(who);
	if (gate) {
		gate->frame = position;
		gate->g = who->g;
		gate->tid = who->tid;
		gate->program = new.program;
		gate->ended = gate->followed = 0;
		return gate;
	}
	if (bpf_map_update_elem(&gates, &who->key, &new, BPF_ANY))
		count(STAT_NO_ROOM);
	return bpf_map_lookup_elem(&gates, &who->key);
}

/* True of a position shallower than the target's, or on a system stack other than that. */
static __always_inline bool is_left(const struct gate *gate, const struct who *who, __u64 position)
{
	return position < gate->frame ||
	       (position & gate->frame & SYSTEM_STACK && gate->tid != who->tid);
}

/* Who is inside a target goes on at this position: what is deeper is gone. */
static __always_inline void leave(struct gate *gate, const struct who *who, __u32 site,
				  __u64 position)
{
	if (is_left(gate, who, position))
		send_last(gate, who, site, position, RECORD_LEFT);
	else
		send(gate, who, site, position, RECORD_LEFT, 0);
}

/*
 * A hit of nobody knows whom: the kernel is moving the page with the goroutine (khugepaged), say.
 * Whichever tree of the process it belongs to has lost a record.
 */
static __always_inline void on_unreadable(const struct who *who)
{
	__u32 pid = who->key.pid;

	if (who->is_foreign)
		return;
	count(STAT_UNREADABLE);
	if (bpf_map_lookup_elem(&processes, &pid))
		send_of_process(who, RECORD_UNREADABLE);
}

/* At an entry, `frame` as for arch_return_address(): who calls; 0 if that cannot be read. */
static __always_inline __u64 find_call(const struct pt_regs *ctx, const struct who *who,
				       __u64 frame)
{
	__u64 address;

	return arch_return_address(ctx, frame, &address) ? address_to_va(who, address) : 0;
}

#endif
