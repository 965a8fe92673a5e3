/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* x86_64.h - x86-64's registers, by what they are for. */
#ifndef GOFUNCGRAPH_BPF_X86_64_H
#define GOFUNCGRAPH_BPF_X86_64_H

/* arch/x86/include/asm/ptrace.h; part of the ABI between kernel and BPF: not relocated. */
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di;
	unsigned long orig_ax, ip, cs, flags, sp, ss;
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
/* arch/x86/include/asm/processor.h */
struct thread_struct {
	unsigned long fsbase;
};
#pragma clang attribute pop

/* Where thread-local storage is. */
#define ARCH_THREAD_POINTER(task)   BPF_CORE_READ(task, thread.fsbase)
#define ARCH_THREAD_POINTER_IS_LATE 0

#define ARCH_IP(ctx) ((ctx)->ip)
#define ARCH_SP(ctx) ((ctx)->sp)
#define ARCH_FP(ctx) ((ctx)->bp)

/* A program that was interrupted: in the thread's own code, not in the kernel. */
#define ARCH_IS_USER(ctx) ((ctx)->cs & 3)
/* THREAD_SIZE in arch/x86/include/asm/page_64_types.h of Linux 5.10; above the registers there is nothing. */
#define ARCH_KERNEL_STACK_SIZE (16 << 10)
#define ARCH_REGISTERS_SIZE    sizeof(struct pt_regs)

/* Its number here: arch/x86/entry/syscalls/syscall_64.tbl. */
#define ARCH_EPOLL_PWAIT 281

/* Where a breakpoint was hit, the processor is past it until the kernel puts that right. */
#define ARCH_BREAKPOINT      0xcc
#define ARCH_BREAKPOINT_MASK 0xff
#define ARCH_PAST_BREAKPOINT 1

/* The function's own frame, whose return address is its caller's, is what the frame pointer points at. */
#define ARCH_FRAME_IS_CALLERS 0

/* The stack pointer where runtime.asyncPreempt was made to be called; `fp`: what it has made its frame
 * pointer. 0: not known. */
#define ARCH_PREEMPTED_SP(fp) ((fp) + 16)

/* Where the innermost frame pointer may point to at least. */
#define ARCH_LOWEST_FRAME(sp) (sp)

/* A call leaves its return address in a register. */
#define ARCH_HAS_LINK 0

/* Go's own: cmd/compile/abi-internal.md, "amd64 architecture". */
#define ARCH_G(ctx) ((ctx)->r14)
/* Assembly uses the register for something else at times. */
#define ARCH_KEEPS_G         0
#define ARCH_ARGUMENT_1(ctx) ((ctx)->ax)
#define ARCH_ARGUMENT_2(ctx) ((ctx)->bx)
#define ARCH_ARGUMENT_3(ctx) ((ctx)->cx)
#define ARCH_RESULT(ctx)     ((ctx)->ax)

#define FLAGS_CF (1ul << 0)
#define FLAGS_ZF (1ul << 6)
/* At the conditional jump of a stack check (`jbe`): it is about to be taken. */
#define ARCH_CHECK_FAILS(ctx) ((ctx)->flags & (FLAGS_CF | FLAGS_ZF))
/* After a comparison, or a compare-and-swap: what it compared was equal. */
#define ARCH_IS_EQUAL(ctx) ((ctx)->flags & FLAGS_ZF)

/* By the instruction set's numbers. */
#define ARCH_NUM_REGISTERS 16
static __always_inline __u64 arch_register(const struct pt_regs *ctx, __u32 number)
{
	__u64 value = 0;

/* The verifier takes no address in ctx that was computed: keep the compiler from doing so. */
#define REGISTER(n, name)                                                                          \
	if (number == (n)) {                                                                       \
		value = ctx->name;                                                                 \
		asm volatile("" : "+r"(value));                                                    \
	}
	REGISTER(0, ax)
	REGISTER(1, cx)
	REGISTER(2, dx)
	REGISTER(3, bx)
	REGISTER(4, sp)
	REGISTER(5, bp)
	REGISTER(6, si)
	REGISTER(7, di)
	REGISTER(8, r8)
	REGISTER(9, r9)
	REGISTER(10, r10)
	REGISTER(11, r11)
	REGISTER(12, r12)
	REGISTER(13, r13)
	REGISTER(14, r14)
	REGISTER(15, r15)
#undef REGISTER
	return value;
}

/*
 * Where code goes on with this stack pointer (runtime.gogo), frames deeper than this are gone: the next
 * call's frame is named by an address below it, that of its return address.
 */
#define ARCH_GOES_ON_AT(sp) (sp)

/* At an entry; `frame` is where the stack pointer was at the function's first instruction. */
static __always_inline bool arch_return_address(const struct pt_regs *ctx, __u64 frame,
						__u64 *address)
{
	return bpf_probe_read_user(address, sizeof(*address), (void *)frame) == 0;
}

static __always_inline void arch_registers(const struct pt_regs *ctx, struct registers *registers)
{
	registers->ip = ctx->ip;
	registers->sp = ctx->sp;
	registers->fp = ctx->bp;
	registers->g = registers->link = 0;
	registers->syscall = -1;
	registers->arguments[0] = registers->arguments[1] = 0;
}

/* The same of what the kernel has saved, at an address in it. */
static __always_inline bool arch_read_registers(__u64 at, struct registers *registers)
{
	struct {
		unsigned long si, di, orig_ax, ip, cs, flags, sp;
	} saved;
	unsigned long bp;

	if (bpf_probe_read_kernel(&saved, sizeof(saved),
				  (void *)at + offsetof(struct pt_regs, si)) ||
	    bpf_probe_read_kernel(&bp, sizeof(bp), (void *)at + offsetof(struct pt_regs, bp)))
		return false;
	registers->ip = saved.ip;
	registers->sp = saved.sp;
	registers->fp = bp;
	registers->g = registers->link = 0;
	registers->syscall = (__s32)saved.orig_ax;
	registers->arguments[0] = saved.di;
	registers->arguments[1] = saved.si;
	return true;
}

/*
 * Where the kernel's frame is on a stack for signal handlers: it begins with the handler's return address, above
 * the frame pointer that runtime.sigtramp saves first (PUSH_REGS_HOST_TO_ABI0 in src/runtime/cgo/abi_amd64.h).
 */
#define ARCH_SIGNAL_FRAME(fp) ((fp) + 8)
/* The same by the stack pointer, where the handler has made no frame pointer yet, or has returned: 8 bytes above a
 * multiple of 16 (get_sigframe() in the kernel). */
#define ARCH_SIGNAL_FRAME_AT(sp) (((sp) - 8) | 8)

/* Of struct rt_sigframe in arch/x86/include/asm/sigframe.h, at that address: uc.uc_stack and uc.uc_mcontext,
 * which are part of the kernel's ABI. Of `registers`, all but the system call. */
static __always_inline bool arch_read_interrupted(__u64 at, struct signal_stack *stack,
						  struct registers *registers)
{
	struct {
		struct signal_stack stack;
		__u64 r8_to_r13[6], r14, r15, di, si, bp, bx, dx, ax, cx, sp, ip;
	} saved;

	if (bpf_probe_read_user(&saved, sizeof(saved), (void *)at + 24))
		return false;
	*stack = saved.stack;
	registers->ip = saved.ip;
	registers->sp = saved.sp;
	registers->fp = saved.bp;
	registers->g = saved.r14;
	registers->link = 0;
	return true;
}

/* Performs the return that a probe is on. False: the processor must. */
static __always_inline bool arch_return(struct pt_regs *ctx)
{
	__u64 to;

	if (bpf_probe_read_user(&to, sizeof(to), (void *)ctx->sp))
		return false;
	ctx->sp += 8;
	ctx->ip = to;
	return true;
}

#endif
