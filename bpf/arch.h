/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * arch.h - what differs by processor in the BPF programs: x86-64's registers, by what they are for.
 * The other side is src/arch/arch.h. Included by kernel.h.
 */
#ifndef GOFUNCGRAPH_BPF_ARCH_H
#define GOFUNCGRAPH_BPF_ARCH_H

/* arch/x86/include/asm/ptrace.h; part of the ABI between kernel and BPF: not relocated. */
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di;
	unsigned long orig_ax, ip, cs, flags, sp, ss;
};

#define ARCH_IP(ctx) ((ctx)->ip)
#define ARCH_SP(ctx) ((ctx)->sp)

/* Go's own: cmd/compile/abi-internal.md, "amd64 architecture". */
#define ARCH_G(ctx)          ((ctx)->r14)
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
/* After a compare-and-swap that swapped: what was there before. */
#define ARCH_SWAPPED(ctx) ((ctx)->ax)

/* By the instruction set's numbers. */
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

/* Performs a `ret` to where it goes. */
static __always_inline void arch_return(struct pt_regs *ctx, __u64 to)
{
	ctx->sp += 8;
	ctx->ip = to;
}

#endif
