/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* entry.h - a function is entered: what opens gates, and what is told of it. */
#ifndef BPF_ENTRY_H
#define BPF_ENTRY_H

#include "condition.h"
#include "label_choice.h"
#include "resume.h"
#include "send_values.h"
#include "stack.h"

/* What an entry's program is for. */
struct entry_use {
	bool is_target; /* it opens gates */
	bool has_values;
	bool has_condition; /* what opens them */
};

/* The same as tell_entry() and what comes behind it. Nothing is left to do behind it, so that the verifier
 * looks through it once, and not for each way that leads here. */
static __always_inline void tell_entry_with_values(const struct pt_regs *ctx, struct gate *gate,
						   const struct who *who, __u32 index,
						   __u64 position, __u8 flags, bool opens,
						   __u8 shape)
{
	struct entered entered = {
		.ctx = ctx,
		.gate = gate,
		.who = who,
		.position = position,
		.caller_va = find_call(ctx, who, ARCH_SP(ctx)),
		.stack = wants_stacks && opens ? tell_callers(ctx, who) : 0,
		.site = index,
		.flags = flags | (opens ? RECORD_OPENS_TREE : 0),
		.has_trace = shape != ANY_SHAPE,
	};

	if (send_values(&entered, shape))
		return;
	note_loss(gate, who);
	if (opens)
		gate->state = GATE_ENDED;
}

/* The entry of a function, or, with `opens`, of the target that opened the gate. False: it is lost. */
static __always_inline bool tell_entry(const struct pt_regs *ctx, struct gate *gate,
				       const struct who *who, __u32 index, __u64 position,
				       __u8 flags, bool opens)
{
	__u64 caller_va;

	if (hunts && opens)
		return send_hunted_entry(gate, who, index, position, flags | RECORD_OPENS_TREE);
	caller_va = find_call(ctx, who, ARCH_SP(ctx));
	if (wants_stacks && opens)
		return send_first_entry(gate, who, index, position, caller_va,
					flags | RECORD_OPENS_TREE, tell_callers(ctx, who));
	return send_entry(gate, who, index, position, caller_va,
			  flags | (opens ? RECORD_OPENS_TREE : 0));
}

/* For a call outside of every target what its values are decides. Most are: that is found out before anything
 * is read of the goroutine, but where code may run on a system stack. */
static __always_inline bool may_be_outside(const struct pt_regs *ctx, __u32 flags, struct who *who)
{
	const struct gate *gate;

	if (!find_g(ctx, flags, who))
		return false;
	if (flags & SITE_ANY_STACK)
		return true;
	who->key.g = who->g_used;
	gate = gate_of(who);
	return !gate || gate->state != GATE_OPEN || gate->program != program_of(who);
}

/* The gate of a goroutine that has none: a tree begins. NULL: it cannot have one. */
static __always_inline struct gate *begin_tree(const struct who *who, __u64 position)
{
	struct gate *gate = open_gate(who, position);

	if (gate && tells_no_cpu && who->goid)
		begin_running(who);
	return gate;
}

/*
 * With opens_elsewhere, it is another program that begins a tree with values, on_opening(): of one that did all, there
 * would be more than Linux 5.10's verifier looks at. It takes the place of this one; who comes back from here has none.
 */
static __always_inline void begin_tree_elsewhere(struct pt_regs *ctx, __u32 index)
{
	const struct fetch_list *list = list_at(index);

	if (!list)
		return;
	bpf_tail_call(ctx, &openings, list->has_id_labels ? OPENING_ID_LABELS : list->shape);
	count(STAT_LOST);
}

/* Whether the goroutine has the labels that are asked for decides, too. */
static __always_inline bool asks_labels(struct entry_use use)
{
	return chosen_labels && use.is_target && use.has_values;
}

/* Whose call it is may not be readable: the program that begins the tree tells of that. */
static __always_inline bool has_chosen_labels(const struct pt_regs *ctx, __u32 flags,
					      struct who *who)
{
	if (!find_g(ctx, flags, who) || !find_goroutine(who))
		return true;
	if (!is_chosen(who))
		return false;
	if (!has_other_labels(who))
		return !is_left_out();
	count(STAT_REJECTED);
	return false;
}

/* Of a call outside of every target, before a tree is begun. */
static __always_inline void on_opening_with_chosen_labels(struct pt_regs *ctx, struct who *who)
{
	__u64 cookie;
	bool is_wanted;

	if (!find_site_again(ctx, &cookie, who))
		return;
	is_wanted = has_chosen_labels(ctx, SITE_COOKIE_FLAGS(cookie), who);
	end_part(who->began_ns, is_wanted);
	if (is_wanted)
		begin_tree_elsewhere(ctx, SITE_COOKIE_INDEX(cookie));
}

/* In between, the goroutine's labels with ids. */
static __always_inline void on_opening_with_id_labels(struct pt_regs *ctx, struct who *who)
{
	const struct fetch_list *list;
	__u64 cookie;

	if (!find_site_again(ctx, &cookie, who))
		return;
	if (find_g(ctx, SITE_COOKIE_FLAGS(cookie), who) && find_goroutine(who))
		find_id_labels(who);
	list = list_at(SITE_COOKIE_INDEX(cookie));
	if (!list)
		return;
	end_rest(who->began_ns);
	bpf_tail_call(ctx, &openings, list->shape);
	count(STAT_LOST);
}

/* True: it was told. */
static __always_inline bool on_entry(struct pt_regs *ctx, struct entry_use use, struct who *who)
{
	struct gate *gate;
	__u64 cookie, position;
	__u32 flags, index, unwanted = 0;
	bool opens = false, is_told, is_outside = false;
	enum hit hit;

	if (!find_site(ctx, 0, &cookie, who, true))
		return false;
	flags = SITE_COOKIE_FLAGS(cookie);
	index = SITE_COOKIE_INDEX(cookie);
	if (flags & SITE_BEHIND_CHECK && ARCH_CHECK_FAILS(ctx))
		return false; /* morestack, then the same entry again */
	if (!find_thread(who, index))
		return false;
	if (use.has_condition || asks_labels(use))
		is_outside = may_be_outside(ctx, flags, who);
	if (use.has_condition && is_outside)
		unwanted = why_unwanted(ctx, index, who->g_used);
	if (unwanted && !(flags & SITE_ANY_STACK)) {
		count(unwanted);
		return false;
	}
	if (asks_labels(use) && is_outside && !(flags & (SITE_ANY_STACK | SITE_ENDS_GOROUTINE))) {
		end_hit(who->began_ns, false);
		bpf_tail_call(ctx, &openings, OPENING_CHOSEN_LABELS);
		count(STAT_LOST);
		who->began_ns = 0;
		return false;
	}
	hit = find_hit(ctx, flags, use.is_target, who, &gate);
	if (hit == HIT_UNREADABLE)
		on_unreadable(who);
	if (hit != HIT_INSIDE)
		return false;
	if (flags & SITE_ENDS_GOROUTINE) {
		/* goexit0 never returns: a tree of its own would never end. */
		end_goroutine(gate, who, index);
		return true;
	}
	if (!gate && !use.is_target)
		return false;
	position = position_of(who, ARCH_SP(ctx));
	if (gate &&
	    (is_left(gate, who, position) || (position == gate->frame && !gate->followed))) {
		if (position == gate->frame && flags & SITE_MAY_REPEAT)
			return false;
		/* The target's frame is gone, and nobody saw it go. */
		send_last(gate, who, index, position, RECORD_LEFT);
		gate = NULL;
	}
	if (!gate) {
		if (use.has_condition && !is_outside)
			unwanted = STAT_UNDECIDED; /* its values were not asked for */
		if (unwanted) {
			count(unwanted);
			return false;
		}
		if (!use.is_target || !is_chosen(who) || is_left_out())
			return false;
		if (use.has_values && opens_elsewhere) {
			end_hit(who->began_ns, true);
			begin_tree_elsewhere(ctx, index);
			who->began_ns = 0;
			return false;
		}
		gate = begin_tree(who, position);
		if (!gate)
			return false;
		opens = true;
	}
	flags = flags & SITE_MAY_REPEAT ? RECORD_MAY_REPEAT : 0;
	if (sees_resumes && position & SYSTEM_STACK && who->goid)
		remember_served(who);
	if (use.has_values) { /* not with `hunts` */
		tell_entry_with_values(ctx, gate, who, index, position, flags, opens, ANY_SHAPE);
		return true;
	}
	if (opens && hunts)
		begin_hunt(who);
	is_told = tell_entry(ctx, gate, who, index, position, flags, opens);
	if (opens && !is_told)
		gate->state = GATE_ENDED; /* no tree without its beginning */
	return true;
}

/* At the entry of a target with values, outside of every target, once it is known that a tree is to begin: in another
 * program than on_entry(), one for each shape of lists. */
static __always_inline void on_opening(struct pt_regs *ctx, struct who *who, __u8 shape)
{
	struct gate *gate;
	__u64 cookie, position;
	__u32 flags;
	enum hit hit;

	if (!find_site_again(ctx, &cookie, who) || !find_thread(who, NO_SITE))
		return;
	flags = SITE_COOKIE_FLAGS(cookie);
	hit = find_hit(ctx, flags, true, who, &gate);
	if (hit == HIT_UNREADABLE)
		on_unreadable(who);
	if (hit != HIT_INSIDE || gate)
		return;
	position = position_of(who, ARCH_SP(ctx));
	gate = begin_tree(who, position);
	if (!gate)
		return;
	if (sees_resumes && position & SYSTEM_STACK && who->goid)
		remember_served(who);
	tell_entry_with_values(ctx, gate, who, SITE_COOKIE_INDEX(cookie), position,
			       flags & SITE_MAY_REPEAT ? RECORD_MAY_REPEAT : 0, true, shape);
}

#endif
