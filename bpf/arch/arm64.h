/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* arm64.h - arm64's registers, by what they are for. */
#ifndef GOFUNCGRAPH_BPF_ARM64_H
#define GOFUNCGRAPH_BPF_ARM64_H

/* struct user_pt_regs in arch/arm64/include/uapi/asm/ptrace.h: part of the ABI between kernel and BPF,
 * not relocated. */
struct pt_regs {
	__u64 regs[31], sp, pc, pstate;
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
/* The kernel's own, which begins with the above: arch/arm64/include/asm/ptrace.h. */
struct pt_regs___kernel {
	__s32 syscallno;
};

/* arch/arm64/include/asm/processor.h */
struct thread_struct {
	struct {
		unsigned long tp_value;
	} uw;
};
#pragma clang attribute pop

/*
 * Where thread-local storage is. Asked only in functions of C: in all of Go's code x28 is g. The kernel
 * knows it as of when the thread was made or last taken off its processor (copy_thread() and
 * tls_thread_switch() in arch/arm64/kernel/process.c). A program's first thread sets it by itself, and
 * until it is taken off, this is what the program before it had.
 */
#define ARCH_THREAD_POINTER(task)   BPF_CORE_READ(task, thread.uw.tp_value)
#define ARCH_THREAD_POINTER_IS_LATE 1

#define ARCH_IP(ctx) ((ctx)->pc)
#define ARCH_SP(ctx) ((ctx)->sp)
#define ARCH_FP(ctx) ((ctx)->regs[29])

/* A program that was interrupted: in the thread's own code, not in the kernel (PSR_MODE_EL0t). */
#define ARCH_IS_USER(ctx) (!((ctx)->pstate & 0xf))
/* THREAD_SIZE in arch/arm64/include/asm/memory.h of Linux 5.10 with pages of 4 or 16 KB. */
#define ARCH_KERNEL_STACK_SIZE (16 << 10)
#define ARCH_REGISTERS_SIZE    bpf_core_type_size(struct pt_regs___kernel)

/* Its number here: include/uapi/asm-generic/unistd.h. */
#define ARCH_EPOLL_PWAIT 22

/* BRK64_OPCODE_UPROBES in arch/arm64/include/asm/debug-monitors.h. */
#define ARCH_BREAKPOINT      0xd42000a0
#define ARCH_BREAKPOINT_MASK 0xffffffff
#define ARCH_PAST_BREAKPOINT 0

/* A function's frame lies below where its caller's stack pointer was, which is beside the caller's
 * frame. */
#define ARCH_FRAME_IS_CALLERS 1

/* The stack pointer where runtime.asyncPreempt was made to be called: not known, that differs by version. */
#define ARCH_PREEMPTED_SP(fp) 0

/* Where the innermost frame pointer may point to at least: in Go's code that is just below the frame. */
#define ARCH_LOWEST_FRAME(sp) ((sp) - 8)

/* A call leaves its return address in a register. */
#define ARCH_HAS_LINK 1

/* Go's own: cmd/compile/abi-internal.md, "arm64 architecture". */
#define ARCH_G(ctx)          ((ctx)->regs[28])
#define ARCH_KEEPS_G         1
#define ARCH_ARGUMENT_1(ctx) ((ctx)->regs[0])
#define ARCH_ARGUMENT_2(ctx) ((ctx)->regs[1])
#define ARCH_ARGUMENT_3(ctx) ((ctx)->regs[2])
#define ARCH_RESULT(ctx)     ((ctx)->regs[0])

#define PSTATE_C (1ul << 29)
#define PSTATE_Z (1ul << 30)
/* At the conditional branch of a stack check (`b.ls`): it is about to be taken. */
#define ARCH_CHECK_FAILS(ctx) (((ctx)->pstate & (PSTATE_C | PSTATE_Z)) != PSTATE_C)
/* After a comparison, also that of a compare-and-swap: what it compared was equal. */
#define ARCH_IS_EQUAL(ctx) ((ctx)->pstate & PSTATE_Z)

/* By the instruction set's numbers, x0 to x30. */
#define ARCH_NUM_REGISTERS 31
static __always_inline __u64 arch_register(const struct pt_regs *ctx, __u32 number)
{
	__u64 value = 0;

/* The verifier takes no address in ctx that was computed: keep the compiler from doing so. */
#define REGISTER(n)                                                                                \
	if (number == (n)) {                                                                       \
		value = ctx->regs[n];                                                              \
		asm volatile("" : "+r"(value));                                                    \
	}
	REGISTER(0)
	REGISTER(1)
	REGISTER(2)
	REGISTER(3)
	REGISTER(4)
	REGISTER(5)
	REGISTER(6)
	REGISTER(7)
	REGISTER(8)
	REGISTER(9)
	REGISTER(10)
	REGISTER(11)
	REGISTER(12)
	REGISTER(13)
	REGISTER(14)
	REGISTER(15)
	REGISTER(16)
	REGISTER(17)
	REGISTER(18)
	REGISTER(19)
	REGISTER(20)
	REGISTER(21)
	REGISTER(22)
	REGISTER(23)
	REGISTER(24)
	REGISTER(25)
	REGISTER(26)
	REGISTER(27)
	REGISTER(28)
	REGISTER(29)
	REGISTER(30)
#undef REGISTER
	return value;
}

/*
 * Where code goes on with this stack pointer (runtime.gogo), frames deeper than this are gone: the next
 * call's frame is named by the stack pointer itself, since calls push nothing.
 */
#define ARCH_GOES_ON_AT(sp) ((sp) + 1)

/* At an entry; `frame` is where the stack pointer was at the function's first instruction. */
static __always_inline bool arch_return_address(const struct pt_regs *ctx, __u64 frame,
						__u64 *address)
{
	*address = ctx->regs[30];
	return true;
}

static __always_inline void arch_registers(const struct pt_regs *ctx, struct registers *registers)
{
	registers->ip = ctx->pc;
	registers->sp = ctx->sp;
	registers->fp = ctx->regs[29];
	registers->g = ctx->regs[28];
	registers->link = ctx->regs[30];
	registers->syscall = -1;
	registers->arguments[0] = registers->arguments[1] = 0;
}

/* As the kernel saves x28 to pc, be it for itself or for a signal handler. */
struct saved_registers {
	__u64 g, fp, link, sp, pc;
};

static __always_inline void take_saved(const struct saved_registers *saved,
				       struct registers *registers)
{
	registers->g = saved->g;
	registers->ip = saved->pc;
	registers->sp = saved->sp;
	registers->fp = saved->fp;
	registers->link = saved->link;
}

/* The same of what the kernel has saved, at an address in it. */
static __always_inline bool arch_read_registers(__u64 at, struct registers *registers)
{
	struct saved_registers saved;

	if (bpf_probe_read_kernel(&saved, sizeof(saved),
				  (void *)at + offsetof(struct pt_regs, regs[28])) ||
	    bpf_probe_read_kernel(registers->arguments, sizeof(registers->arguments),
				  (void *)at + offsetof(struct pt_regs, regs[0])))
		return false;
	take_saved(&saved, registers);
	registers->syscall = BPF_CORE_READ((struct pt_regs___kernel *)at, syscallno);
	return true;
}

/*
 * Where the kernel's frame is on a stack for signal handlers: right below the frame that it makes there for whom
 * it interrupts, and lets the frame pointer point at (setup_sigframe_layout() in arch/arm64/kernel/signal.c).
 */
#define ARCH_SIGNAL_FRAME(fp) ((fp) - 4688)
/* The same by the stack pointer, at the handler's first instruction. */
#define ARCH_SIGNAL_FRAME_AT(sp) (sp)

/* Of struct rt_sigframe in that file, at that address: uc.uc_stack and uc.uc_mcontext, which are part of the
 * kernel's ABI. Of `registers`, all but the system call. */
static __always_inline bool arch_read_interrupted(__u64 at, struct signal_stack *stack,
						  struct registers *registers)
{
	struct saved_registers saved;

	if (bpf_probe_read_user(stack, sizeof(*stack), (void *)at + 144) ||
	    bpf_probe_read_user(&saved, sizeof(saved), (void *)at + 312 + 28 * sizeof(__u64)))
		return false;
	take_saved(&saved, registers);
	return true;
}

/* Performs the return that a probe is on. False: the processor must. */
static __always_inline bool arch_return(struct pt_regs *ctx)
{
	return false; /* the kernel simulates it */
}

#endif
