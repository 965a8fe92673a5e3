/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * site.h - what a site is: an instruction that is probed. One table of them, by index, is shared by
 * user space (struct plan), the BPF programs (the map `sites`) and recordings.
 *
 * A BPF program knows its site by the attach cookie, or, where there are no cookies (before Linux
 * 5.15, or one tracefs event for many sites), by the one in the map `site_cookies` under the
 * site's va.
 */
#ifndef GOFUNCGRAPH_SITE_H
#define GOFUNCGRAPH_SITE_H

#ifndef __bpf__
#include <linux/types.h>
#include <stdbool.h>
#endif

enum site_kind {
	/* The user's: calls. */
	SITE_ENTRY,
	SITE_RETURN, /* a `ret` */
	SITE_TAIL_CALL, /* a jump to another function */
	/* The tracer's own: its hits are no calls. */
	SITE_UNWIND, /* runtime.recovery, where it calls runtime.gogo */
	SITE_GOEXIT, /* the entry of runtime.goexit0, or gdestroy: the goroutine ends */
	SITE_RESUME, /* runtime.gogo's jump: SP and g are those of who goes on */
	/* Where goroutines change their state (src/runtime/proc.go). */
	SITE_STATE_ARGS, /* casgstatus(gp, old, new) and its like, by their arguments */
	SITE_STATE_SWAP, /* behind a compare-and-swap of g.atomicstatus: changed if it was equal */
	SITE_SYSCALL_ENTER, /* reentersyscall: the running goroutine to SYSCALL */
	SITE_SYSCALL_EXIT, /* exitsyscall: and back */
	SITE_GO, /* newproc1 returns a new goroutine, or is about to and has it in the result's register */
};

enum site_flags {
	SITE_TARGET = 1 << 0, /* SITE_ENTRY: opens the gate when it is shut */
	/* the conditional jump of the stack check: when it is taken, morestack is about to be
	 * called and the entry comes again */
	SITE_BEHIND_CHECK = 1 << 1,
	/* no register holds g here: it is in the thread's local storage */
	SITE_TLS = 1 << 2,
	SITE_MAY_REPEAT = 1 << 3, /* see RECORD_MAY_REPEAT */
	SITE_ENDS_GOROUTINE = 1 << 4, /* SITE_ENTRY that is what SITE_GOEXIT is, too */
	SITE_STEP = 1 << 5, /* SITE_RETURN that is no plain `ret`: only the CPU can do it */
	/* SITE_STATE_SWAP: the outcome has been turned over since (`sete` and `test`): changed
	 * unless equal */
	SITE_SWAP_TESTED = 1 << 6,
	/* SITE_STATE_ARGS or SITE_STATE_SWAP where newproc1 was made a part of its caller: the
	 * change from DEAD begins a goroutine, others are of no interest */
	SITE_BIRTH = 1 << 7,
	/* SITE_STATE_SWAP: g_register holds the address of g.atomicstatus */
	SITE_SWAP_AT_STATUS = 1 << 8,
	/* The function may run on a thread's system stack, for a goroutine: m.curg is to be asked.
	 * Without this, whoever runs it is a goroutine on its own stack. */
	SITE_ANY_STACK = 1 << 9,
	/* SITE_ENTRY, SITE_RETURN: values are fetched here: site.values */
	SITE_VALUES = 1 << 10,
	/* with SITE_TARGET and SITE_VALUES: the condition of that number decides whether it opens the
	 * gate */
	SITE_CONDITION = 1 << 11,
};

/* Every member is as wide in BPF as in user space, and there is no padding. */
struct site {
	__u64 va; /* link-time virtual address */
	__u64 off; /* in the file, in bytes: what a uprobe takes */
	__u32 func; /* index in the binary's functions: gobin_funcs() */
	__u32 flags; /* enum site_flags */
	/* bytes that the stack has grown by there since the function's first instruction */
	__u32 sp_delta;
	__u8 kind; /* enum site_kind */
	__u8 cost; /* enum site_cost */
	__u8 length; /* of the instruction, in bytes */
	/* SITE_STATE_SWAP: the registers, as the instruction set numbers them, that hold the
	 * goroutine, its old status and its new one */
	__u8 g_register, old_register, new_register;
	/* SITE_VALUES: the number of their list (gofuncgraph/values.h), and which of them cannot be
	 * known here, a bit each */
	__u16 values, unknown_values;
	__u8 unused[2];
	/* SITE_VALUES behind a stack check: which values are lost where the call has made its stack larger, a bit
	 * each: runtime.morestack keeps only those registers that the function uses. */
	__u64 lost_values;
	__u32 body_size; /* from va to the end of the function, in bytes */
	/* The same by register, as the instruction set numbers them; with SITE_CONDITION: of those that it looks at. */
	__u32 lost_registers;
};

static inline bool site_is_exit(const struct site *site)
{
	return site->kind == SITE_RETURN || site->kind == SITE_TAIL_CALL;
}

/* Of the tracer's own. */
static inline bool site_is_own(const struct site *site)
{
	return site->kind >= SITE_UNWIND;
}

static inline bool site_is_state(const struct site *site)
{
	return site->kind >= SITE_STATE_ARGS;
}

/* Of these: where goroutines begin. */
static inline bool site_is_birth(const struct site *site)
{
	return site->kind == SITE_GO || site->flags & SITE_BIRTH;
}

/* cookie: the site's index in bits 0..31, and in bits 32..63 its flags, which decide whether it has
 * to be looked at at all. */
#define SITE_COOKIE(index, flags) ((__u64)(__u32)(index) | (__u64)(flags) << 32)
#define SITE_COOKIE_INDEX(cookie) ((__u32)(cookie))
#define SITE_COOKIE_FLAGS(cookie) ((__u32)((cookie) >> 32))
/* Bits 48..63: the number of the switch (bpf/switch.h) that the probe came with, or 0. */
#define SITE_COOKIE_SWITCH(cookie) ((__u32)((cookie) >> 48))
#define SITE_MAX_SWITCHES          0xffff

/* Where there are no cookies: added to the va (or offset) under which `site_cookies` has a site of
 * site_is_state(), since those may lie where others do. */
#define SITE_STATE_KEY (1ull << 63)
/* Added to a file offset: sites of files that are loaded anywhere are there by it as well. */
#define SITE_OFFSET_KEY (1ull << 62)

#endif
