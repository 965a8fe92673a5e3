/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * wait.h - goroutines wait and run again, told once for each time that they do (RECORD_WAIT), or by sums of
 * many (RECORD_SHORT_WAITS); at the sites of states, in place of state.h's records.
 *
 * Outside of targets a goroutine is not even read, as long as it does not wait for long.
 */
#ifndef GOFUNCGRAPH_WAIT_H
#define GOFUNCGRAPH_WAIT_H

#include "arrival.h"
#include "place.h"
#include "state.h"

static __always_inline bool is_long(const struct hunted_wait *wait, __u64 now)
{
	return now - wait->start_ns >= (wait->is_inside ? long_wait_ns : outside_min_wait_ns);
}

/*
 * Of short waits inside of a target one is told as if it were long whenever so much time of them has come together,
 * before it: where it was is where they were, by chance, and more likely the longer it is.
 */
#define SHORT_WAITS_NS 1000000

static __always_inline bool is_told_alone(const struct hunted_wait *wait, __u64 now)
{
	__u64 sum_ns = wait->waiting_ns + wait->syscall_ns + wait->runnable_ns;

	return is_long(wait, now) ||
	       (wait->is_inside && sum_ns + now - wait->start_ns >= SHORT_WAITS_NS);
}

/* Before the goroutine stops running, on its thread. */
static __always_inline void begin_wait(const struct who *who, struct hunted_wait *wait, __u8 state)
{
	wait->by_goid = wait->by_stack = wait->asleep_ns = 0;
	wait->thread = bpf_get_current_pid_tgid();
	wait->syscall = -1;
	wait->state = state;
	wait->reason = 0;
	wait->start_ns = state == STATE_DEAD ? 0 : bpf_ktime_get_ns();
	wait->ready_ns = state == STATE_RUNNABLE ? wait->start_ns : 0;
	if (wait->is_inside || state == STATE_SYSCALL)
		end_running(who, wait->is_inside && state == STATE_SYSCALL);
}

/*
 * The goroutine is met for the first time, as it ends a wait or a system call: that has begun before tracing, and is told
 * from there on. Not if it was met before, maybe, and forgotten since there are many. A coroutine that nobody has run yet
 * does not wait: it would go on at its first function (newcoro() in src/runtime/coro.go). What C calls Go with comes out of
 * no system call: it has no such function (oneNewExtraM() in src/runtime/proc.go).
 */
static __always_inline void begin_unseen_wait(const struct who *who, struct hunted_wait *wait,
					      __u8 state)
{
	__u64 start, pc;

	if (num_made_waits > MAX_WAITS / 2 ||
	    !read_user(&start, sizeof(start), who->g + g_startpc) ||
	    !read_user(&pc, sizeof(pc), who->g + g_sched_sp + sizeof(pc)) || !start || pc == start)
		return;
	wait->syscall = -1;
	wait->thread = bpf_get_current_pid_tgid(); /* makes the system call */
	wait->state = state;
	wait->start_ns = tracing_since_ns;
}

/* What is read of a wait when it turns out to be long. */
static __always_inline void note_reason(const struct who *who, struct hunted_wait *wait)
{
	__u8 reason;

	if (wait->state == STATE_WAITING && !wait->reason &&
	    read_user(&reason, sizeof(reason), who->g + g_waitreason))
		wait->reason = reason;
}

/* On the thread that made the system call. */
static __always_inline void take_syscall(struct hunted_wait *wait)
{
	const struct thread *thread;

	if (wait->state != STATE_SYSCALL || wait->ready_ns)
		return;
	thread = kept_thread(bpf_get_current_pid_tgid());
	if (!thread || thread->seen_ns < wait->start_ns)
		return;
	wait->syscall = thread->syscall;
	wait->asleep_ns = thread->asleep_ns;
	wait->arguments[0] = thread->arguments[0];
	wait->arguments[1] = thread->arguments[1];
}

/*
 * Prepares a walk through the stack of a goroutine that runs on this thread, or would as soon as this
 * thread leaves its system stack. `is_caller`: from where it was called that it called the runtime; else
 * the first address is where it left its stack.
 */
static __always_inline bool prepare_walk(const struct pt_regs *ctx, const struct who *who,
					 const struct gate *gate, struct hunted_wait *wait,
					 bool is_caller, struct walk *walk)
{
	struct registers registers = {.fp = ARCH_FP(ctx)};
	struct frame frame;
	__u64 sp;

	walk->second = walk->target = walk->target_next = 0;
	if (!read_stack(who->g, &walk->bounds))
		return false;
	if (ARCH_G(ctx) == who->g)
		is_caller = true;
	else if (!read_left(who, &registers))
		return false;
	walk->first = registers.ip;
	walk->fp = registers.fp;
	sp = registers.sp;
	wait->left_at = !is_caller && find_preempted(who, &registers) ? PREEMPT_FRAMES : 0;
	if (is_caller) {
		if (!is_on_stack(&walk->bounds, walk->fp) ||
		    !read_user(&frame, sizeof(frame), walk->fp))
			return false;
		walk->first = frame.address;
		walk->fp = frame.next;
		registers.sp = sp = 0;
	}
	tell_top(who, &walk->bounds, &registers, &wait->top);
	if (gate)
		stop_at_target(walk, gate, sp);
	return true;
}

/* The goroutine can run again; `who` becomes the one that woke it. False: there is none, or none is
 * asked for. */
static __always_inline bool find_waker(struct pt_regs *ctx, struct who *who,
				       const struct site *site, struct change *change)
{
	__u64 g = who->g;

	find_caller(ctx, who, site, change);
	return change->caller_va - ready_va < ready_size && find_runner(ctx, who) && who->goid &&
	       who->g != g;
}

static __always_inline void add_short_wait(struct hunted_wait *wait, __u64 now)
{
	__u64 ready_ns = wait->ready_ns ?: now;

	wait->count++;
	wait->runnable_ns += now - ready_ns;
	if (wait->state == STATE_SYSCALL)
		wait->syscall_ns += ready_ns - wait->start_ns;
	else
		wait->waiting_ns += ready_ns - wait->start_ns;
}

static __always_inline void fill_wait(struct record_wait *record, const struct hunted_wait *wait,
				      __u64 now, __u64 stack)
{
	record->header.time_ns = now;
	record->start_ns = wait->start_ns;
	record->ready_ns = wait->ready_ns ?: now;
	record->stack = stack;
	record->top = wait->top;
	record->by_goid = wait->by_goid;
	record->by_stack = wait->by_stack;
	record->state = wait->state;
	record->reason = wait->reason;
	record->left_at = wait->left_at;
	record->unused = 0;
	record->syscall = wait->syscall;
	record->asleep_ns = wait->asleep_ns;
}

/* False: lost. */
static __always_inline bool send_wait(const struct who *who, const struct hunted_wait *wait,
				      __u32 lost, __u64 now, __u64 stack)
{
	struct record_wait *record = emit(who, RECORD_WAIT, 0, lost, sizeof(*record));

	if (!record)
		return false;
	fill_wait(record, wait, now, stack);
	submit(record, sizeof(*record));
	return true;
}

/* What the goroutine waited for may have been there for long before a thread looked for it. */
static __always_inline void note_arrival(struct record_wait *record, const struct sock *sock)
{
	__u64 came_ns = find_arrival(sock);

	if (came_ns && came_ns + outside_min_wait_ns <= record->ready_ns)
		record->ready_ns = came_ns > record->start_ns ? came_ns : record->start_ns;
}

/* The same, with what it was on. */
static __always_inline bool send_wait_on(const struct who *who, const struct hunted_wait *wait,
					 __u32 lost, __u64 now, __u64 stack, const struct on_at *at)
{
	struct record_wait_on *record = emit(who, RECORD_WAIT, 0, lost, sizeof(*record));
	const struct sock *sock;

	if (!record)
		return false;
	fill_wait(&record->wait, wait, now, stack);
	sock = tell_on(&record->on, at);
	if (sock && at->is_read)
		note_arrival(&record->wait, sock);
	submit(record, sizeof(*record));
	return true;
}

/* `gate`: of the target that the goroutine is in, or NULL. `fp`: as for find_on(). */
static __always_inline void tell_wait(struct gate *gate, const struct who *who,
				      struct hunted_wait *wait, __u64 now, __u64 stack, __u64 fp)
{
	struct on_at at;
	__u32 lost;

	find_on(who, wait, fp, &at);
	if (gate && wait->count)
		note_sent(gate, who, send_short_waits(who, wait, gate->lost, now));
	lost = gate ? gate->lost : 0;
	note_sent(gate, who,
		  is_on_something(&at) ? send_wait_on(who, wait, lost, now, stack, &at)
				       : send_wait(who, wait, lost, now, stack));
}

/* The goroutine runs again, on this thread. Returns whether that wait is told. */
static __always_inline bool end_wait(const struct pt_regs *ctx, struct who *who,
				     struct hunted_wait *wait, __u64 now, struct gate **gate)
{
	bool is_told = wait->start_ns && is_told_alone(wait, now);

	if (!is_told && wait->start_ns && wait->is_inside)
		add_short_wait(wait, now);
	if (!is_told)
		return false;
	if (!become_goroutine(who, who->g)) {
		on_unreadable(who);
		return false;
	}
	*gate = wait->is_inside ? find_gate(who) : NULL;
	if (!*gate)
		wait->is_inside = 0;
	note_reason(who, wait);
	take_syscall(wait);
	return is_told_alone(wait, now);
}

static __always_inline void on_wait_end(struct pt_regs *ctx, struct who *who,
					struct hunted_wait *wait, const struct site *site,
					struct change *change)
{
	bool is_ready = (change->new_state & STATE_NUMBER) == STATE_RUNNABLE, is_told;
	struct gate *gate = NULL;
	__u64 now, stack = 0, fp = 0;
	struct walk walk;

	if (!is_ready && wait->is_inside)
		begin_running(who);
	now = bpf_ktime_get_ns();
	if (is_ready) {
		is_told = wait->start_ns && is_long(wait, now);
		if (is_told) {
			note_reason(who, wait);
			take_syscall(wait);
		}
		if (wait->state == STATE_SYSCALL)
			end_running(who, false);
		wait->ready_ns = now;
		is_told = is_told && find_waker(ctx, who, site, change);
	} else {
		is_told = end_wait(ctx, who, wait, now, &gate);
	}
	if (is_told && prepare_walk(ctx, who, gate, wait, is_ready, &walk)) {
		bool is_inside = gate;

		stack = tell_stack(who, &walk);
		fp = walk.fp;
		gate = is_inside ? gate_of(who) : NULL; /* the verifier has one case less */
	}
	if (is_ready) {
		if (is_told) {
			wait->by_goid = who->goid;
			wait->by_stack = stack;
		}
		return;
	}
	if (is_told)
		tell_wait(gate, who, wait, now, stack, fp);
	wait->start_ns = 0;
}

static __always_inline void on_wait(struct pt_regs *ctx, struct who *who, const struct site *site)
{
	__u8 old_state, new_state;
	struct change change;
	struct hunted_wait *wait;

	if (!find_change(ctx, site, &change))
		return;
	old_state = change.old_state & STATE_NUMBER;
	new_state = change.new_state & STATE_NUMBER;
	/* Marks of the collector; goroutines that begin; stacks that are copied, which is work. */
	if (old_state == new_state || old_state == STATE_DEAD || old_state == STATE_COPYSTACK ||
	    new_state == STATE_COPYSTACK)
		return;
	assume_goroutine(who, change.g);
	wait = find_wait(who);
	if (!wait) {
		const struct gate *gate = gate_of(who);

		wait = make_wait(who, !is_shut(gate) && gate->program == program_of(who));
		if (!wait)
			return;
		if ((old_state == STATE_WAITING || old_state == STATE_SYSCALL) && !wait->is_inside)
			begin_unseen_wait(who, wait, old_state);
	}
	if (old_state == STATE_RUNNING)
		begin_wait(who, wait, new_state);
	else if (new_state == STATE_RUNNABLE || new_state == STATE_RUNNING)
		on_wait_end(ctx, who, wait, site, &change);
}

#endif
