/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* site.h - what a site is: the contract between who attaches to sites and the BPF programs. */
#ifndef GOFUNCGRAPH_SITE_H
#define GOFUNCGRAPH_SITE_H

#ifndef __bpf__
#include <linux/types.h>
#endif

/*
 * What a BPF program knows of the site it was hit at: the attach cookie, or, where there are no
 * cookies (before Linux 5.15, or one tracefs event for many sites), that in the map `sites` under
 * the site's va.
 */
enum site_flags {
	SITE_TARGET = 1 << 0, /* entry: opens the gate when it is shut */
	SITE_EXIT = 1 << 1, /* exit site; else entry */
	SITE_TAIL_CALL = 1 << 2, /* exit site that is a jump, not a `ret` */
	/* the `jbe` of the stack check: when CF or ZF is set, morestack is about to be called and
	 * the entry comes again */
	SITE_BEHIND_CHECK = 1 << 3,
	SITE_TLS = 1 << 4, /* R14 does not hold g here: take it from the thread's local storage */
	SITE_MAY_REPEAT = 1 << 5, /* see RECORD_MAY_REPEAT */
	SITE_UNWIND = 1 << 6, /* runtime.recovery, where it calls runtime.gogo */
	SITE_GOEXIT = 1 << 7, /* runtime.goexit0, or gdestroy: the goroutine ends */
	SITE_STEP = 1 << 8, /* exit site that is no plain `ret`: only the CPU can do it */
	/* Where goroutines change their state (src/runtime/proc.go): one of these, but see SITE_GO.
	 */
	SITE_STATE_ARGS = 1 << 9, /* casgstatus(gp, old, new) and its like, by their arguments */
	SITE_STATE_SWAP = 1 << 10, /* behind a `lock cmpxchg` of g.atomicstatus: changed if ZF */
	SITE_SYSCALL_ENTER = 1 << 11, /* reentersyscall: the running goroutine to SYSCALL */
	SITE_SYSCALL_EXIT = 1 << 12, /* exitsyscall: and back */
	/* newproc1 returns a new goroutine in RAX. With SITE_STATE_ARGS or SITE_STATE_SWAP, where
	 * it was made a part of its caller: the change from DEAD begins a goroutine, others are of
	 * no interest */
	SITE_GO = 1 << 13,
	/* SITE_STATE_SWAP: ZF has been turned over since by `sete` and `test`: changed unless ZF */
	SITE_SWAP_TESTED = 1 << 14,
	SITE_RESUME = 1 << 15, /* runtime.gogo's jump: SP and R14 are those of who goes on */
};
#define SITE_STATE_MASK                                                                            \
	(SITE_STATE_ARGS | SITE_STATE_SWAP | SITE_SYSCALL_ENTER | SITE_SYSCALL_EXIT | SITE_GO)

/* In place of sp_delta at SITE_STATE_SWAP: the registers, as the instruction set numbers them, that
 * hold the goroutine, its old status and its new one. */
#define SITE_SWAP_REGISTERS(g, old_status, new_status)                                             \
	((g) | (old_status) << 5 | (new_status) << 10)
/* The first one holds the address of g.atomicstatus instead. */
#define SITE_SWAP_AT_STATUS          (1 << 15)
#define SWAP_REGISTER_G(registers)   ((registers) & 31)
#define SWAP_REGISTER_OLD(registers) ((registers) >> 5 & 31)
#define SWAP_REGISTER_NEW(registers) ((registers) >> 10 & 31)

/* cookie: site index in bits 0..31, enum site_flags in bits 32..47, sp_delta in bits 48..63 */
#define SITE_COOKIE(index, flags, sp_delta)                                                        \
	((__u64)(__u32)(index) | (__u64)((flags) & 0xffff) << 32 |                                 \
	 (__u64)((sp_delta) & 0xffff) << 48)
#define SITE_COOKIE_INDEX(cookie) ((__u32)(cookie))
#define SITE_COOKIE_FLAGS(cookie) ((__u32)((cookie) >> 32) & 0xffff)
/* Bytes that the stack has grown by at the site since the function's first instruction; at most
 * 65,535. */
#define SITE_COOKIE_SP_DELTA(cookie) ((__u32)((cookie) >> 48))

/* Where there are no cookies: the value in the map `sites`. */
struct known_site {
	__u64 cookie;
	__u64 va;
};

/* Sites of states may lie where others do: added to the va under which the map `sites` has them. */
#define SITE_STATE_KEY (1ull << 63)
/* Added to a file offset: those of files that are loaded anywhere are in the map by it as well. */
#define SITE_OFFSET_KEY (1ull << 62)

#endif
