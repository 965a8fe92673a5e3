/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* exit.h - a function returns, or ends in another one; and how its `ret` is performed. */
#ifndef BPF_EXIT_H
#define BPF_EXIT_H

#include "resume.h"
#include "send_values.h"

/* An exit tells of no address in the file: only g's place in thread-local storage may take one. */
#define EXIT_WANTS_BIAS (tls_g_slot_va != 0)

/* A function returns with results: not with `hunts`. */
static __always_inline void tell_results(const struct pt_regs *ctx, struct gate *gate,
					 const struct who *who, __u32 index, __u64 position)
{
	bool is_last = position == gate->frame;
	struct returning returning = {.ctx = ctx,
				      .gate = gate,
				      .who = who,
				      .position = position,
				      .site = index,
				      .flags = is_last ? RECORD_CLOSES_TREE : 0};
	bool is_sent;

	if (tells_no_cpu && is_last)
		end_running(who, false);
	is_sent = send_results(&returning);
	note_sent(gate, who, is_sent);
	if (is_last)
		end_gate(gate, who, is_sent);
}

static __always_inline bool on_exit(struct pt_regs *ctx, __u64 cookie, bool has_values,
				    struct who *who)
{
	__u32 index = SITE_COOKIE_INDEX(cookie);
	const struct site *site;
	struct gate *gate;
	__u64 position;
	enum hit hit;
	__u8 kind;

	if (!find_thread(who, index))
		return false;
	hit = find_hit(ctx, SITE_COOKIE_FLAGS(cookie), false, who, &gate);
	if (hit == HIT_OUTSIDE)
		return false;
	if (hit == HIT_UNREADABLE) {
		if (who->is_foreign && sees_resumes)
			leave_goroutine(who, index);
		else
			on_unreadable(who);
		return false;
	}
	if (!gate && (!sees_resumes || who->goid))
		return false;
	position = position_of(who, ARCH_SP(ctx));
	if (gate && is_left(gate, who, position)) {
		send_last(gate, who, index, position, RECORD_LEFT);
		gate = NULL;
	}
	/* The goroutine that it was entered for was let go meanwhile (runtime.dropg). */
	if (!gate && sees_resumes && !who->goid)
		gate = become_served(who);
	if (!gate || is_left(gate, who, position))
		return false;
	if (has_values) {
		tell_results(ctx, gate, who, index, position);
		return true;
	}
	site = site_of(index);
	kind = site && site->kind == SITE_TAIL_CALL ? RECORD_TAIL_CALL : RECORD_RETURN;
	if (position == gate->frame)
		send_last(gate, who, index, position, kind);
	else
		send(gate, who, index, position, kind, 0);
	return true;
}

static __always_inline void exit_stepped(struct pt_regs *ctx, bool has_values)
{
	struct who who;
	bool told = false;
	__u64 cookie;

	if (find_site(ctx, 0, &cookie, &who, EXIT_WANTS_BIAS))
		told = on_exit(ctx, cookie, has_values, &who);
	end_hit(who.began_ns, told);
}

/*
 * True when the breakpoint that was hit has no other user. Two programs that both perform the `ret`
 * would return twice, and one that merely looks at the registers afterwards would see the caller's.
 */
static __always_inline bool is_alone(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct arch_uprobe *arch = BPF_CORE_READ(task, utask, auprobe);
	struct uprobe *uprobe = (void *)arch - bpf_core_field_offset(struct uprobe, arch);
	struct list_head *head = (void *)uprobe + bpf_core_field_offset(struct uprobe, consumers);
	struct list_head *first;

	if (!arch)
		return false;
	first = BPF_CORE_READ(head, next);
	return first != head && BPF_CORE_READ(first, next) == head;
}

/*
 * For kernels that let a uprobe program write registers (Linux 6.18): performs the `ret`, which
 * saves the kernel from single-stepping it.
 */
static __always_inline void exit_emulated(struct pt_regs *ctx, bool has_values)
{
	const struct site *site;
	struct who who;
	__u64 cookie;
	bool told;

	if (!find_site(ctx, 0, &cookie, &who, EXIT_WANTS_BIAS))
		return;
	told = on_exit(ctx, cookie, has_values, &who);
	site = site_of(SITE_COOKIE_INDEX(cookie));
	if (site && site->kind == SITE_RETURN && !(site->flags & SITE_STEP) && is_alone())
		arch_return(ctx);
	end_hit(who.began_ns, told);
}

#endif
