/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* place.h - where a thread is that was interrupted anywhere, and where its goroutine's stack was left. */
#ifndef GOFUNCGRAPH_PLACE_H
#define GOFUNCGRAPH_PLACE_H

#include "handler.h"

/* Of the current thread, which is in the kernel. */
static __always_inline bool read_registers(struct registers *registers)
{
	struct task_struct *task;

	/* Linux 5.15; before, the registers lie where they always do: task_pt_regs(). */
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs))
		return arch_read_registers(
			(__u64)bpf_task_pt_regs((void *)bpf_get_current_task_btf()), registers);
	task = (void *)bpf_get_current_task();
	return arch_read_registers((__u64)BPF_CORE_READ(task, stack) + ARCH_KERNEL_STACK_SIZE -
					   ARCH_REGISTERS_SIZE,
				   registers);
}

/* Frames between where code is preempted and where it is left: asyncPreempt2's and asyncPreempt's. */
#define PREEMPT_FRAMES 2

/* `registers`, where the goroutine left its stack, become those with which it was preempted. False: it left
 * by itself. */
static __always_inline bool find_preempted(const struct who *who, struct registers *registers)
{
	struct frame frame;
	__u64 fp;

	if (registers->ip - who->bias - preempt_va >= preempt_size ||
	    !read_user(&frame, sizeof(frame), registers->fp))
		return false;
	fp = frame.next;
	if (!read_user(&frame, sizeof(frame), fp))
		return false;
	registers->sp = ARCH_PREEMPTED_SP(fp);
	registers->fp = frame.next;
	registers->link = 0;
	return true;
}

/*
 * What the programs work with that run where nothing else of theirs can: not on their stack, where the
 * verifier would follow each way that a value can come about.
 */
struct scratch {
	struct who who;
	struct registers registers;
	struct stack stack; /* the goroutine's own */
	struct walk walk;
	__u8 left_at; /* of the walk's addresses, see struct record_sample */
	bool in_handler;
};

enum { SCRATCH_SAMPLE, SCRATCH_SWITCH, SCRATCH_COUNT };

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SCRATCH_COUNT);
	__type(key, __u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

/* All zero. */
static __always_inline struct scratch *take_scratch(__u32 which)
{
	struct scratch *scratch = bpf_map_lookup_elem(&scratches, &which);

	if (scratch)
		__builtin_memset(scratch, 0, sizeof(*scratch));
	return scratch;
}

/* The current thread is in the kernel: if for a system call, for which one. `thread`: what is kept of it, or
 * NULL. `sleeps`: it is about to. Returns what is kept; NULL: it makes none. */
static __always_inline struct thread *note_syscall(__u32 tid, struct thread *thread,
						   const struct registers *registers, bool sleeps)
{
	if (registers->syscall < 0)
		return NULL;
	if (!thread)
		thread = keep_thread(tid);
	if (!thread)
		return NULL;
	thread->syscall = registers->syscall;
	thread->arguments[0] = registers->arguments[0];
	thread->arguments[1] = registers->arguments[1];
	thread->seen_ns = bpf_ktime_get_ns();
	thread->is_asleep = sleeps;
	return thread;
}

/* What is in the file. 0: it is not. */
static __always_inline __u64 word_to_va(const struct who *who, __u64 word)
{
	__u64 va = address_to_va(who, word);

	return va & FOREIGN_ADDRESS ? 0 : va;
}

/* Where a goroutine's stack was left, for who knows how large frames are. */
static __always_inline void tell_top(const struct who *who, const struct stack *stack,
				     const struct registers *registers, struct stack_top *top)
{
	__u64 memory[2] = {};

	*top = (struct stack_top){};
	if (!is_on_stack(stack, registers->sp))
		return;
	read_user(memory, sizeof(memory), registers->sp);
	top->words[0] = word_to_va(who, ARCH_HAS_LINK ? registers->link : memory[0]);
	top->words[1] = word_to_va(who, ARCH_HAS_LINK ? memory[0] : memory[1]);
	top->sp = (__u32)(stack->hi - registers->sp);
	if (is_on_stack(stack, registers->fp))
		top->first_frame = (__u32)(stack->hi - registers->fp);
}

/*
 * Where the goroutine left its own stack for the thread's: runtime.mcall, systemstack, asmcgocall and
 * morestack leave that in g.sched (of which lr is the last but one member, and bp the last).
 */
static __always_inline bool read_left(const struct who *who, struct registers *registers)
{
	struct {
		__u64 sp, pc;
	} at;
	struct {
		__u64 lr, bp;
	} frame;

	if (!read_user(&at, sizeof(at), who->g + g_sched_sp) ||
	    !read_user(&frame, sizeof(frame), who->g + g_sched_bp - sizeof(frame.lr)))
		return false;
	registers->ip = at.pc;
	registers->sp = at.sp;
	registers->fp = frame.bp;
	registers->link = frame.lr;
	return true;
}

/* Whether the register holds a g: its m says so. */
static __always_inline bool is_g(__u64 g)
{
	__u64 m, curg;
	bool is_new;

	return read_user(&m, sizeof(m), g + g_m) && m &&
	       ((read_user(&curg, sizeof(curg), m + m_curg) && curg == g) || is_g_of_c(g, &is_new));
}

/* The g in use. False: it cannot be read, or there is none. */
static __always_inline bool find_g_in_use(const struct registers *registers, struct who *who)
{
	if (ARCH_KEEPS_G && is_g(registers->g)) {
		who->g_used = registers->g;
		return true;
	}
	return find_g(NULL, SITE_TLS, who);
}

/* The vdso's code borrows the thread's stack for a moment (runtime.nanotime1), where it may have frames. */
static __always_inline void leave_borrowed_stack(struct walk *walk)
{
	struct frame frame;

#pragma unroll
	for (int i = 0; i < 3; i++) {
		if (is_on_stack(&walk->bounds, walk->fp) ||
		    !read_user(&frame, sizeof(frame), walk->fp))
			return;
		walk->fp = frame.next;
	}
}

/* Where the thread is on the goroutine's own stack, or has left it. False: that is not known. */
static __always_inline bool find_own_place(struct scratch *scratch)
{
	struct registers *registers = &scratch->registers;
	struct walk *walk = &scratch->walk;
	struct who *who = &scratch->who;

	walk->fp = registers->fp;
	if (who->g_used == who->g) {
		if (is_on_stack(&scratch->stack, registers->sp))
			return true;
		leave_borrowed_stack(walk);
		if (is_on_stack(&scratch->stack, walk->fp)) {
			registers->sp = 0;
			return true;
		}
		/* In runtime.gogo or mcall it is its g already or yet, but not its stack. */
	}
	if (!read_left(who, registers) || !is_on_stack(&scratch->stack, registers->sp))
		return false;
	walk->second = registers->ip;
	walk->fp = registers->fp;
	return true;
}

/*
 * Prepares the walk through the goroutine's own stack from where the thread was interrupted, be it by a signal
 * whose handler it is in; `registers` become those with which its code was. False: where that was is not known.
 */
static __always_inline bool prepare_place(struct scratch *scratch, const struct gate *gate)
{
	struct registers *registers = &scratch->registers;
	struct walk *walk = &scratch->walk;
	struct who *who = &scratch->who;
	struct handler handler;

	if (!read_stack(who->g, &scratch->stack))
		return false;
	if (!is_on_stack(&scratch->stack, registers->sp) &&
	    find_handler(who->g, registers->sp, &handler)) {
		scratch->in_handler = true;
		if (!leave_handler(&handler, &scratch->stack, who, registers))
			return false;
	}
	walk->bounds = scratch->stack;
	walk->first = registers->ip;
	if (!find_own_place(scratch))
		return false;
	if (gate)
		stop_at_target(walk, gate, registers->sp);
	if (registers->sp)
		walk->bounds.lo = ARCH_LOWEST_FRAME(registers->sp);
	if (walk->second)
		scratch->left_at = 1 + (find_preempted(who, registers) ? PREEMPT_FRAMES : 0);
	return true;
}

/* The memory from the stack pointer up to the target's frame; outside of targets, up to the stack's begin. */
static __always_inline void send_copy(const struct scratch *scratch, struct gate *gate,
				      bool is_off_cpu)
{
	const struct registers *registers = &scratch->registers;
	const struct who *who = &scratch->who;
	__u64 frame = gate ? (__u32)gate->frame : 0;
	__u64 size = scratch->stack.hi - frame - registers->sp;
	struct record_stack_copy *record =
		emit(who, RECORD_STACK_COPY, 0, gate ? gate->lost : 0, sizeof(*record));

	note_sent(gate, who, record);
	if (!record)
		return;
	if (size > COPY_SIZE)
		size = COPY_SIZE;
	asm volatile("" : "+r"(size));
	if (size > COPY_SIZE)
		size = 0;
	if (size && bpf_probe_read_user(record->bytes, size, (void *)registers->sp))
		size = 0;
	record->bias = who->bias;
	record->ip_va = address_to_va(who, registers->ip);
	record->frame = frame;
	record->sp = (__u32)(scratch->stack.hi - registers->sp);
	record->is_off_cpu = is_off_cpu;
	record->size = size;
	record->header.size = offsetof(struct record_stack_copy, bytes) + size;
	submit(record, sizeof(*record));
}

/* The same, if the walk was to end in the target, and has not, or where it was to end is not known.
 * `gate`: NULL outside of targets. */
static __always_inline void send_copy_of_broken(const struct scratch *scratch, struct gate *gate,
						bool is_off_cpu)
{
	const struct walk *walk = &scratch->walk;
	__u64 sp = scratch->registers.sp;
	bool is_broken =
		gate ? walk->target && walk->end != STACK_TARGET : walk->end == STACK_BROKEN;

	if (is_broken && !walk->second && is_on_stack(&scratch->stack, sp) &&
	    (!gate || sp <= scratch->stack.hi - gate->frame))
		send_copy(scratch, gate, is_off_cpu);
}

#endif
