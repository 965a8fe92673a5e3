/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* gate.h - goroutines inside a target, and sending their events. */
#ifndef GOFUNCGRAPH_GATE_H
#define GOFUNCGRAPH_GATE_H

#include "who.h"

static __always_inline __u64 wakeup_flags(void)
{
	__u64 waiting = bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA);

	/* Once, when the mark is passed: the reader looks by itself every few milliseconds as well.
	 */
	return waiting >= wakeup_bytes && waiting < wakeup_bytes + 4096 ? BPF_RB_FORCE_WAKEUP
									: BPF_RB_NO_WAKEUP;
}

/* All but what only some kinds have. */
static __always_inline void fill_event(struct event *event, const struct who *who, __u8 kind,
				       __u8 flags)
{
	event->time_ns = bpf_ktime_get_ns();
	event->goid = who->goid;
	event->caller_va = 0;
	event->pid = who->key.pid;
	event->tid = who->tid;
	event->frame = 0;
	event->site = 0;
	event->lost = 0;
	event->kind = kind;
	event->flags = flags;
	event->old_state = event->new_state = 0;
}

/*
 * Sends one event of a goroutine inside a target, with the number of those that were lost before
 * it. False: the ring buffer is full.
 */
static __always_inline bool try_send(struct goroutine *goroutine, const struct who *who, __u32 site,
				     __u64 position, __u64 caller_va, __u8 kind, __u8 flags)
{
	struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event)
		return false;
	fill_event(event, who, kind,
		   flags | (position & SYSTEM_STACK ? EVENT_SYSTEM_STACK : 0) |
			   (position & SIGNAL_STACK ? EVENT_SIGNAL_STACK : 0));
	event->caller_va = caller_va;
	event->frame = (__u32)position;
	event->site = site;
	event->lost = goroutine->lost;
	goroutine->lost = 0;
	bpf_ringbuf_submit(event, wakeup_flags());
	return true;
}

/* The same; false: the event is lost, and counted. */
static __always_inline bool send(struct goroutine *goroutine, const struct who *who, __u32 site,
				 __u64 position, __u64 caller_va, __u8 kind, __u8 flags)
{
	bool sent = try_send(goroutine, who, site, position, caller_va, kind, flags);

	if (!sent)
		goroutine->lost++;
	count(sent ? STAT_EVENTS : STAT_LOST);
	return sent;
}

/* The end of its last tree was lost: tells so at its next hit, wherever that is. */
static __always_inline void tell_lost_end(struct goroutine *goroutine, const struct who *who)
{
	if (try_send(goroutine, who, 0, 0, 0, EVENT_LEFT, EVENT_CLOSES_TREE))
		bpf_map_delete_elem(&goroutines, &who->key);
}

/* The same for the last event of a tree: the gate shuts. */
static __always_inline void send_last(struct goroutine *goroutine, const struct who *who,
				      __u32 site, __u64 position, __u64 caller_va, __u8 kind)
{
	if (send(goroutine, who, site, position, caller_va, kind, EVENT_CLOSES_TREE))
		bpf_map_delete_elem(&goroutines, &who->key);
	else
		goroutine->ended = 1; /* stays, with what was lost, until somebody can be told */
}

/* Sends an event of a process as a whole. False: it is lost. */
static __always_inline bool send_of_process(const struct who *who, __u8 kind)
{
	struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event) {
		count(STAT_LOST);
		return false;
	}
	fill_event(event, who, kind, 0);
	event->goid = current_program();
	bpf_ringbuf_submit(event, BPF_RB_FORCE_WAKEUP);
	count(STAT_EVENTS);
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
	if (send_of_process(who, EVENT_WRONG_GOID))
		has_distrusted = true;
	else
		bpf_map_delete_elem(&distrusted, &pid);
}

/* The goroutine's open gate, or NULL. */
static __always_inline struct goroutine *find_gate(const struct who *who)
{
	struct goroutine *goroutine = bpf_map_lookup_elem(&goroutines, &who->key);

	if (!goroutine)
		return NULL;
	if (goroutine->g == who->g && !goroutine->ended)
		return goroutine;
	if (goroutine->ended) {
		if (goroutine->g == who->g)
			tell_lost_end(goroutine, who);
		return NULL;
	}
	/* A thread without a goroutine has two: g0, and gsignal while it handles a signal. */
	if (who->goid && goroutine->program == current_program())
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

/* The gate of a goroutine that has none open; what its last tree lost is told with the first event.
 */
static __always_inline struct goroutine *open_gate(const struct who *who, __u64 position)
{
	struct goroutine *goroutine = bpf_map_lookup_elem(&goroutines, &who->key);
	struct goroutine new = {.frame = position, .g = who->g, .program = current_program(), .tid = who->tid};

	if (has_distrusted && is_distrusted(who))
		return NULL; /* find_gate() has just found that out */
	/* What is left of a program that ran under this pid before says nothing of this one. */
	if (!goroutine || goroutine->program != new.program)
		remember_process(who);
	if (goroutine) {
		goroutine->frame = position;
		goroutine->g = who->g;
		goroutine->tid = who->tid;
		goroutine->program = new.program;
		goroutine->ended = goroutine->followed = 0;
		return goroutine;
	}
	if (bpf_map_update_elem(&goroutines, &who->key, &new, BPF_ANY))
		count(STAT_NO_ROOM);
	return bpf_map_lookup_elem(&goroutines, &who->key);
}

/* True of a position shallower than the target's, or on a system stack other than that. */
static __always_inline bool is_left(const struct goroutine *goroutine, const struct who *who,
				    __u64 position)
{
	return position < goroutine->frame ||
	       (position & goroutine->frame & SYSTEM_STACK && goroutine->tid != who->tid);
}

/* Who is inside a target goes on at this position: what is deeper is gone. */
static __always_inline void leave(struct goroutine *goroutine, const struct who *who, __u32 site,
				  __u64 position)
{
	if (is_left(goroutine, who, position))
		send_last(goroutine, who, site, position, 0, EVENT_LEFT);
	else
		send(goroutine, who, site, position, 0, EVENT_LEFT, 0);
}

/*
 * A hit of nobody knows whom: the kernel is moving the page with the goroutine (khugepaged), say.
 * Whichever tree of the process it belongs to has lost an event.
 */
static __always_inline void on_unreadable(const struct who *who)
{
	__u32 pid = who->key.pid;

	if (who->is_foreign)
		return;
	count(STAT_UNREADABLE);
	if (bpf_map_lookup_elem(&processes, &pid))
		send_of_process(who, EVENT_UNREADABLE);
}

static __always_inline __u64 caller_at(const struct who *who, __u64 address)
{
	__u64 ip;

	return read_user(&ip, sizeof(ip), address) ? address_to_va(who, ip) : 0;
}

#endif
