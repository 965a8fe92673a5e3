/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* goroutine.h - for which goroutine a thread runs, and where on that one's stack. */
#ifndef GOFUNCGRAPH_GOROUTINE_H
#define GOFUNCGRAPH_GOROUTINE_H

#include "who.h"

/* m.gsignal lies behind m.morebuf, which is a gobuf as g.sched is, and two words
 * (src/runtime/runtime2.go). */
static __always_inline bool read_gsignal(__u64 m, __u64 *gsignal)
{
	__u64 offset = g_sched_bp - g_sched_sp + 32;

	return read_user(gsignal, sizeof(*gsignal), m + offset);
}

/* Whether C can run with it, whose stack is that of a thread or for signals; g0 is m's first member.
 * `is_new`: the thread has no m yet. */
static __always_inline bool is_g_of_c(__u64 g, bool *is_new)
{
	__u64 m, g0, gsignal;

	if (!read_user(&m, sizeof(m), g + g_m))
		return false;
	*is_new = !m;
	return read_user(&g0, sizeof(g0), m) &&
	       (g0 == g || (read_gsignal(m, &gsignal) && gsignal == g));
}

/* The g in use, by register or thread-local storage. False: it cannot be read, or (is_foreign) a thread
 * that C made is in the first Go code that it calls, such as runtime.cgocallback, which gets it one. */
static __always_inline bool find_g(const struct pt_regs *ctx, __u32 flags, struct who *who)
{
	who->is_foreign = false;
	if (flags & SITE_TLS) {
		struct task_struct *task = (void *)bpf_get_current_task();
		__u64 block = ARCH_THREAD_POINTER(task);
		__s64 offset = tls_g;

		if (tls_g_slot_va && !read_user(&offset, sizeof(offset), tls_g_slot_va + who->bias))
			return false;
		if (!read_user(&who->g_used, sizeof(who->g_used), block + offset))
			return false;
		if (ARCH_THREAD_POINTER_IS_LATE && who->g_used &&
		    !is_g_of_c(who->g_used, &who->is_foreign))
			return false;
	} else {
		who->g_used = ARCH_G(ctx);
	}
	who->is_foreign = !who->g_used;
	return who->g_used;
}

/* `who` is taken for the goroutine that is g. */
static __always_inline void assume_goroutine(struct who *who, __u64 g)
{
	who->g = who->g_used = who->key.g = g;
}

/* What is needed of g_used, by one read. */
static __always_inline bool read_g(struct who *who)
{
	__u8 head[G_HEAD_MAX];

	if (!read_user(head, g_head_size, who->g_used))
		return false;
	who->goid = *(__u64 *)(head + g_goid);
	who->m = *(__u64 *)(head + g_m);
	who->stack.hi = *(__u64 *)(head + g_stack_hi);
	who->stack.lo = *(__u64 *)(head + g_stack_hi - sizeof(who->stack.lo));
	return true;
}

/*
 * Code on a system stack runs for m.curg, whose goroutine `who` becomes. The thread's g0 is the
 * first member of m in all versions (src/runtime/runtime2.go).
 */
static __always_inline bool find_served(struct who *who)
{
	__u64 curg = 0, g0 = 0;

	if (!read_user(&g0, sizeof(g0), who->m))
		return false;
	who->on_signal = g0 != who->g_used;
	if (!read_user(&curg, sizeof(curg), who->m + m_curg) || !curg ||
	    !read_user(&who->goid, sizeof(who->goid), curg + g_goid) || !who->goid) {
		who->g = g0;
		return false;
	}
	who->g = who->key.g = curg;
	return true;
}

/* Whose g_used is, which was read: that goroutine, the one that the thread serves, or the thread. */
static __always_inline void find_owner(struct who *who)
{
	who->on_signal = false;
	who->g = who->key.g = who->g_used;
	if (who->goid || find_served(who))
		return;
	who->goid = 0;
	who->key.g = THREAD_KEY | who->tid;
}

/* False: it cannot be read. */
static __always_inline bool find_goroutine(struct who *who)
{
	if (!read_g(who))
		return false;
	find_owner(who);
	return true;
}

/* The same in compiled code, where a register has g, for whom no stack is asked of. */
static __always_inline bool find_runner(const struct pt_regs *ctx, struct who *who)
{
	if (!find_g(ctx, 0, who) ||
	    !read_user(&who->goid, sizeof(who->goid), who->g_used + g_goid) ||
	    (!who->goid && !read_user(&who->m, sizeof(who->m), who->g_used + g_m)))
		return false;
	find_owner(who);
	return true;
}

#define SYSTEM_STACK (1ull << 32)
#define SIGNAL_STACK (1ull << 33)

static __always_inline bool read_stack(__u64 g, struct stack *stack)
{
	return read_user(stack, sizeof(*stack), g + g_stack_hi - sizeof(stack->lo));
}

static __always_inline bool is_on_stack(const struct stack *stack, __u64 address)
{
	return address - stack->lo <= stack->hi - stack->lo;
}

/* A signal handler begins and ends with the g of whom it interrupted (runtime.sigtramp). */
static __always_inline bool is_on_signal_stack(__u64 m, __u64 address)
{
	struct stack stack;
	__u64 gsignal;

	return read_gsignal(m, &gsignal) && read_stack(gsignal, &stack) &&
	       is_on_stack(&stack, address);
}

/* Where a return address lies on its stack; deeper is greater. */
static __always_inline __u64 position_of(const struct who *who, __u64 address)
{
	__u64 position;

	if (who->on_signal ||
	    (!is_on_stack(&who->stack, address) && is_on_signal_stack(who->m, address)))
		return (__u32)-address | SYSTEM_STACK | SIGNAL_STACK;
	position = (__u32)(who->stack.hi - address);
	if (who->g_used != who->g || !who->goid)
		position |= SYSTEM_STACK;
	return position;
}

#endif
