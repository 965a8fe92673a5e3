/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* gate.h - goroutines inside a target: which ones are, and that they enter and leave it. */
#ifndef BPF_GATE_H
#define BPF_GATE_H

#include "send.h"

static __always_inline bool has_lost(__u32 pid)
{
	const __u8 *process = bpf_map_lookup_elem(&processes, &pid);

	return process && *process & PROCESS_HAS_LOST;
}

/*
 * Nothing that this process seems to do can be believed: it has written into its goroutines, or the
 * layout is not known. From now on it is left alone.
 */
static __always_inline void distrust(const struct who *who)
{
	__u64 program = program_of(who), *known;
	__u32 pid = who->key.pid;

	known = bpf_map_lookup_elem(&distrusted, &pid);
	if (known && *known == program)
		return;
	/* One thread tells, if several find out. */
	if (bpf_map_update_elem(&distrusted, &pid, &program, known ? BPF_ANY : BPF_NOEXIST))
		return;
	if (send_of_process(who, RECORD_WRONG_GOID, has_lost(pid)))
		has_distrusted = true;
	else
		bpf_map_delete_elem(&distrusted, &pid);
}

/* False: another goroutine of the process has the same id. */
static __always_inline bool claim_goid(const struct who *who, __u64 program)
{
	struct goid_key key = {.goid = who->goid, .pid = who->key.pid};
	struct goid_owner owner = {.g = who->g, .program = program};
	const struct goid_owner *known = bpf_map_lookup_elem(&goids, &key);

	if (!known && bpf_map_update_elem(&goids, &key, &owner, BPF_NOEXIST))
		known = bpf_map_lookup_elem(&goids, &key); /* another thread was quicker */
	if (known && known->program == program)
		return known->g == who->g;
	if (known) /* left by a program that ran under this pid before */
		bpf_map_update_elem(&goids, &key, &owner, BPF_ANY);
	return true;
}

static __always_inline bool is_shut(const struct gate *gate)
{
	return !gate || gate->state == GATE_SHUT;
}

/* The gate under who's key, NULL if there is none, as the open one of `who`, or NULL: it is shut, or
 * that of somebody else who is gone. */
static __always_inline struct gate *open_for(struct gate *gate, struct who *who)
{
	__u64 goid = who->goid;

	if (is_shut(gate) || gate->program != program_of(who))
		return NULL;
	who->goid = gate->goid;
	if (gate->state == GATE_ENDED)
		tell_lost_end(gate, who);
	else if (gate->goid == goid)
		return gate;
	else /* nobody saw that goroutine end, and another one has its g now */
		send_last(gate, who, 0, 0, RECORD_LEFT);
	who->goid = goid;
	return NULL;
}

static __always_inline struct gate *gate_of(const struct who *who)
{
	return bpf_map_lookup_elem(&gates, &who->key);
}

/* The goroutine's open gate, or NULL. */
static __always_inline struct gate *find_gate(struct who *who)
{
	return open_for(gate_of(who), who);
}

/* What a hit has to do with. */
enum hit {
	HIT_INSIDE, /* or, where `opens`, maybe outside: there is no gate then */
	HIT_OUTSIDE, /* of every target */
	HIT_UNREADABLE, /* whose it is; or who->is_foreign */
};

/*
 * Who hit, and the open gate of that, or NULL. Where no code runs on a system stack, the gate is found
 * by g alone, and nothing is read of a goroutine that has none; `opens`: it may get one.
 */
static __always_inline enum hit find_hit(const struct pt_regs *ctx, __u32 flags, bool opens,
					 struct who *who, struct gate **gate)
{
	struct gate *found = NULL;
	__u64 g;

	if (!find_g(ctx, flags, who))
		return HIT_UNREADABLE;
	g = who->key.g = who->g_used;
	if (!(flags & SITE_ANY_STACK)) {
		found = gate_of(who);
		if (is_shut(found) && !opens)
			return HIT_OUTSIDE;
	}
	if (!find_goroutine(who))
		return HIT_UNREADABLE;
	if (flags & SITE_ANY_STACK || who->key.g != g)
		found = gate_of(who);
	*gate = open_for(found, who);
	return HIT_INSIDE;
}

/* Whether its calls may begin trees. */
static __always_inline bool is_chosen(const struct who *who)
{
	if (!num_chosen_goids)
		return true;
#pragma unroll
	for (int i = 0; i < MAX_GOIDS; i++)
		if (who->goid && who->goid == chosen_goids[i])
			return true;
	count(STAT_OTHER_GOROUTINES);
	return false;
}

/* The call of a target is none of those that are traced. */
static __always_inline bool is_left_out(void)
{
	__u32 one_in = sample_one_in;

	if (one_in <= 1 || bpf_get_prandom_u32() % one_in == 0)
		return false;
	count(STAT_LEFT_OUT);
	return true;
}

/* The gate of a goroutine that has none open; what its last tree lost is told with the first
 * record. NULL: it cannot have one. */
static __always_inline struct gate *open_gate(const struct who *who, __u64 position)
{
	struct gate *gate = gate_of(who);
	__u64 program = program_of(who);
	bool is_new = !gate || gate->goid != who->goid || gate->program != program;

	if (is_new) {
		/* Somebody else's loss is told first, and there was no room for that. */
		if (gate && gate->lost && gate->program == program) {
			count(STAT_LOST);
			return NULL;
		}
		if (gate)
			gate->lost = 0;
		if (who->goid && !claim_goid(who, program)) {
			distrust(who);
			return NULL;
		}
	}
	remember_process(who);
	if (!gate) {
		struct gate new = {};

		if (bpf_map_update_elem(&gates, &who->key, &new, BPF_NOEXIST)) {
			count(STAT_NO_ROOM);
			return NULL;
		}
		__sync_fetch_and_add(&num_gates, 1);
		gate = gate_of(who);
		if (!gate)
			return NULL;
	}
	gate->frame = position;
	gate->goid = who->goid;
	gate->program = program;
	gate->tid = who->tid;
	gate->followed = 0;
	gate->state = GATE_OPEN;
	return gate;
}

/* True of a position shallower than the target's, or on a system stack other than that. */
static __always_inline bool is_left(const struct gate *gate, const struct who *who, __u64 position)
{
	return position < gate->frame ||
	       (position & gate->frame & SYSTEM_STACK && gate->tid != who->tid);
}

/* The goroutine ends; `gate`: its open one, or NULL. */
static __always_inline void end_goroutine(struct gate *gate, const struct who *who, __u32 site)
{
	if (gate)
		send_last(gate, who, site, 0, RECORD_GOEXIT);
	gate = gate_of(who);
	if (gate && gate->state == GATE_SHUT)
		take_out(who);
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
		send_of_process(who, RECORD_UNREADABLE, false);
}

/* At an entry, `frame` as for arch_return_address(): who calls; 0 if that cannot be read. */
static __always_inline __u64 find_call(const struct pt_regs *ctx, const struct who *who,
				       __u64 frame)
{
	__u64 address;

	return arch_return_address(ctx, frame, &address) ? address_to_va(who, address) : 0;
}

#endif
