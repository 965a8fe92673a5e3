/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * handler.h - a thread that is in a signal handler of Go's runtime, and whom that has interrupted.
 *
 * Handlers run on m.gsignal's stack. The kernel has left the registers there with which the thread was
 * interrupted, and beside them where its stack for handlers is, and how large. Where that lies follows from the
 * handler's frames; it is believed if that stack is m.gsignal's, and the frame pointer the one below all frames.
 */
#ifndef GOFUNCGRAPH_HANDLER_H
#define GOFUNCGRAPH_HANDLER_H

#include "stack.h"

struct handler {
	__u64 m;
	__u64 g; /* m.gsignal */
	struct stack stack;
};

/* Of the thread that has `g` in use. False: it is in none. */
static __always_inline bool find_handler(__u64 g, __u64 sp, struct handler *handler)
{
	return read_user(&handler->m, sizeof(handler->m), g + g_m) &&
	       read_gsignal(handler->m, &handler->g) && read_stack(handler->g, &handler->stack) &&
	       is_on_stack(&handler->stack, sp);
}

/* The deepest is runtime.sigprof, which looks for who called whom on the stack that it interrupted. */
#define HANDLER_DEPTH 24

/* The last frame on the handler's stack, 0 if there is none; `next`: what it points at. */
static __always_inline __u64 find_last_frame(const struct stack *stack, __u64 fp, __u64 *next)
{
	struct frame frame = {.next = fp};
	__u64 last = 0;

#pragma clang loop unroll(disable)
	for (int i = 0; i < HANDLER_DEPTH; i++) {
		if (!is_on_stack(stack, frame.next))
			break;
		last = frame.next;
		if (!read_user(&frame, sizeof(frame), last))
			break;
	}
	*next = frame.next;
	return last;
}

/* `registers` become those with which the thread was interrupted. False: they are not found. */
static __always_inline bool read_interrupted(const struct handler *handler,
					     struct registers *registers)
{
	struct signal_stack told;
	__u64 next, last = find_last_frame(&handler->stack, registers->fp, &next);
	__u64 at = last ? ARCH_SIGNAL_FRAME(last) : ARCH_SIGNAL_FRAME_AT(registers->sp);

	return arch_read_interrupted(at, &told, registers) && told.lo == handler->stack.lo &&
	       told.size == handler->stack.hi - handler->stack.lo && registers->fp == next;
}

/*
 * The thread is taken for where it was interrupted, in `registers` and in who->g_used. False: that is not known.
 * `own`: the stack of who->g.
 */
static __always_inline bool leave_handler(const struct handler *handler, const struct stack *own,
					  struct who *who, struct registers *registers)
{
	__u64 g0, left_sp;

	if (!read_interrupted(handler, registers))
		return false;
	if (who->g_used != handler->g)
		return true; /* the handler has not changed that yet */
	/* Its own stack it has not left, but the vdso may have borrowed the thread's: runtime.gogo and systemstack
	 * clear g.sched.sp. */
	if (is_on_stack(own, registers->sp) ||
	    (read_user(&left_sp, sizeof(left_sp), who->g + g_sched_sp) && !left_sp)) {
		who->g_used = who->g;
		return true;
	}
	/* Else C may have the thread's stack. */
	if (!read_user(&g0, sizeof(g0), handler->m) || registers->g != g0)
		return false;
	who->g_used = g0;
	return true;
}

#endif
