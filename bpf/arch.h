/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * arch.h - what differs by processor in the BPF programs: registers, by what they are for. The other
 * side is src/arch/arch.h. A processor is a file in arch/ with everything that x86_64.h has, and a line
 * here. Included by kernel.h; bpf/meson.build names the processor as libbpf does (__TARGET_ARCH_x86).
 */
#ifndef GOFUNCGRAPH_BPF_ARCH_H
#define GOFUNCGRAPH_BPF_ARCH_H

/* A thread's registers when it is, or left, in its own code, as far as stacks need them. */
struct registers {
	__u64 ip, sp, fp;
	__u64 g; /* in Go's code, with ARCH_KEEPS_G, or where a signal handler has interrupted it; else 0 */
	__u64 link; /* where a call returns to; where the processor has no such register 0 */
	__s32 syscall; /* the call's number, where it left for one; else negative */
	__u64 arguments[2]; /* of that call, its first ones */
};

/* Where a thread has its signal handlers' stack, as the kernel knows it. */
struct signal_stack {
	__u64 lo, flags, size;
};

#if defined(__TARGET_ARCH_x86)
#include "arch/x86_64.h"
#elif defined(__TARGET_ARCH_arm64)
#include "arch/arm64.h"
#else
#error "no such processor in bpf/arch/"
#endif

#endif
