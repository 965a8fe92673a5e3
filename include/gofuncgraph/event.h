/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * event.h - the one contract between the BPF programs and user space.
 *
 * Included by both sides. Every address in an event is a link-time virtual address ("va") of the
 * probed file: the BPF program takes the load bias off before it sends one. But see
 * FOREIGN_ADDRESS.
 */
#ifndef GOFUNCGRAPH_EVENT_H
#define GOFUNCGRAPH_EVENT_H

#ifndef __bpf__
#include <linux/types.h>
#endif

enum event_kind {
	EVENT_ENTRY = 1, /* a function was entered */
	EVENT_RETURN,	 /* a function is about to execute its `ret` */
	EVENT_TAIL_CALL, /* a function is about to jump to another one */
	EVENT_UNWIND,	 /* runtime.recovery, after a panic: frames deeper than `frame` are gone */
	EVENT_GOEXIT,	 /* the goroutine ends: all its frames are gone */
	EVENT_STATE,	 /* the goroutine's state changed */
	EVENT_GO,	 /* the goroutine was started by another one */
	/* Of these hold only pid, tid, time_ns, and goid: the program (see struct goroutine) that
	 * runs under the pid now. */
	EVENT_UNREADABLE,   /* a hit was dropped: whose it was could not be read */
	EVENT_EXEC,	    /* the process replaced its program */
	EVENT_PROCESS_EXIT, /* the process is gone */
	EVENT_WRONG_GOID,   /* one goroutine id was seen on two goroutines: no more of it is told */
	/* Frames deeper than `frame` are gone, and no panic did it: the runtime changed to another
	 * stack (runtime.gogo), or nobody saw what did. */
	EVENT_LEFT,
};

enum event_flags {
	EVENT_OPENS_TREE = 1 << 0,   /* this entry opens the goroutine's gate */
	EVENT_CLOSES_TREE = 1 << 1,  /* this exit (or unwind) closes it */
	EVENT_SYSTEM_STACK = 1 << 2, /* `frame` is measured on the system stack (g0) of thread `tid`,
				      * deeper than every frame of the goroutine's own stack */
	EVENT_MAY_REPEAT = 1 << 3,   /* this entry's site may be hit again by the call it belongs to
				      * (a loop back to the function's first byte) */
	EVENT_HAS_MORE = 1 << 4,     /* it is a struct goroutine_event. EVENT_GO always is one */
	EVENT_AFTER_LOSS = 1 << 5,   /* events of any goroutines were lost just before; only with
				      * run_options.all_goroutines, where `lost` is 0 */
	EVENT_SIGNAL_STACK = 1 << 6, /* with EVENT_SYSTEM_STACK: of the thread's stack for signal
				      * handlers, which is deeper than its g0's */
};

/*
 * What runtime.g.atomicstatus says (src/runtime/runtime2.go, "G status"), with _Gscan (0x1000) as
 * its own bit. Newer versions may have more numbers.
 */
enum goroutine_state {
	STATE_IDLE,
	STATE_RUNNABLE,
	STATE_RUNNING,
	STATE_SYSCALL,
	STATE_WAITING,
	STATE_MORIBUND_UNUSED,
	STATE_DEAD,
	STATE_ENQUEUE_UNUSED,
	STATE_COPYSTACK,
	STATE_PREEMPTED,
	STATE_LEAKED,	  /* from Go 1.26 */
	STATE_DEAD_EXTRA, /* from Go 1.26 */
	STATE_NUMBER = 0x7f,
	STATE_SCAN = 0x80, /* the garbage collector holds the goroutine in this state */
};

/*
 * 48 bytes, longer with EVENT_HAS_MORE. Streamed through the ring buffer in the order in which each
 * goroutine made them; events of different goroutines are in no particular order beyond that.
 */
struct event {
	__u64 time_ns;	 /* bpf_ktime_get_ns(): see base/event_clock.h */
	__u64 goid;	 /* runtime.g.goid; 0: a thread without a goroutine of its own */
	__u64 caller_va; /* entry: return address; return: where it goes; else 0 */
	__u32 pid;	 /* process (tgid) and thread as the tracer's PID namespace numbers them */
	__u32 tid;
	__u32 frame; /* stack.hi - address of the return address, bytes: names the frame, stays the
		      * same when the stack is moved. Of EVENT_GO: of the function it was started
		      * with */
	union {
		__u32 site;   /* index in the plan's sites */
		__u32 reason; /* EVENT_STATE, EVENT_GO: runtime.g.waitreason when it happened, of
			       * use when old_state or new_state is STATE_WAITING */
	};
	__u32 lost; /* events of this goroutine that were lost since its last one that arrived */
	__u8 kind;  /* enum event_kind */
	__u8 flags; /* enum event_flags */
	__u8 old_state; /* EVENT_STATE, EVENT_GO: enum goroutine_state with STATE_SCAN */
	__u8 new_state;
};

/* Of an address that is in no segment of the probed file: the rest is the address in the process,
 * and behind session_poll() the number by which struct modules knows it. No va is so high. */
#define FOREIGN_ADDRESS (1ull << 63)

/* Return addresses that tell where a goroutine was when it woke another one. */
#define WAKER_DEPTH 10

/* EVENT_HAS_MORE: what else there is to say of EVENT_STATE and EVENT_GO. */
struct goroutine_event {
	struct event event; /* its caller_va: EVENT_STATE: where runtime.casgstatus returns to, or
			     * was made a part of (SITE_STATE_SWAP), else 0; EVENT_GO:
			     * runtime.g.gopc, behind the `go` statement's call */
	__u64 by_goid;	    /* EVENT_STATE: another goroutine that woke this one (goready);
			     * EVENT_GO: its parent. 0: none, it was the scheduler */
	__u64 start_va;	    /* runtime.g.startpc: the function it was started with; 0: unknown */
	/* EVENT_STATE with by_goid: where that goroutine was, the innermost first; behind the last
	 * 0. */
	__u64 by_stack[WAKER_DEPTH];
};

/*
 * What a BPF program knows of the site it was hit at: the attach cookie, or, where there are no
 * cookies (before Linux 5.15, or one tracefs event for many sites), that in the map `sites` under
 * the site's va.
 */
enum site_flags {
	SITE_TARGET = 1 << 0,	    /* entry: opens the gate when it is shut */
	SITE_EXIT = 1 << 1,	    /* exit site; else entry */
	SITE_TAIL_CALL = 1 << 2,    /* exit site that is a jump, not a `ret` */
	SITE_BEHIND_CHECK = 1 << 3, /* the `jbe` of the stack check: when CF or ZF is set, morestack
				     * is about to be called and the entry comes again */
	SITE_TLS = 1 << 4, /* R14 does not hold g here: take it from the thread's local storage */
	SITE_MAY_REPEAT = 1 << 5, /* see EVENT_MAY_REPEAT */
	SITE_UNWIND = 1 << 6,	  /* runtime.recovery, where it calls runtime.gogo */
	SITE_GOEXIT = 1 << 7,	  /* runtime.goexit0, or gdestroy: the goroutine ends */
	SITE_STEP = 1 << 8,	  /* exit site that is no plain `ret`: only the CPU can do it */
	/* Where goroutines change their state (src/runtime/proc.go): one of these, but see SITE_GO.
	 */
	SITE_STATE_ARGS = 1 << 9,  /* casgstatus(gp, old, new) and its like, by their arguments */
	SITE_STATE_SWAP = 1 << 10, /* behind a `lock cmpxchg` of g.atomicstatus: changed if ZF */
	SITE_SYSCALL_ENTER = 1 << 11, /* reentersyscall: the running goroutine to SYSCALL */
	SITE_SYSCALL_EXIT = 1 << 12,  /* exitsyscall: and back */
	SITE_GO = 1 << 13, /* newproc1 returns a new goroutine in RAX. With SITE_STATE_ARGS or
			    * SITE_STATE_SWAP, where it was made a part of its caller: the change
			    * from DEAD begins a goroutine, others are of no interest */
	SITE_SWAP_TESTED = 1 << 14, /* SITE_STATE_SWAP: ZF has been turned over since by `sete` and
				     * `test`: changed unless ZF */
	SITE_RESUME = 1 << 15,	    /* runtime.gogo's jump: SP and R14 are those of who goes on */
};
#define SITE_STATE_MASK                                                                            \
	(SITE_STATE_ARGS | SITE_STATE_SWAP | SITE_SYSCALL_ENTER | SITE_SYSCALL_EXIT | SITE_GO)

/* In place of sp_delta at SITE_STATE_SWAP: the registers, as the instruction set numbers them, that
 * hold the goroutine and its new status. The old one is in RAX. */
#define SITE_SWAP_REGISTERS(g, new_status) ((g) | (new_status) << 4)

/* cookie: site index in bits 0..31, enum site_flags in bits 32..47, sp_delta in bits 48..63 */
#define SITE_COOKIE(index, flags, sp_delta)                                                        \
	((__u64)(__u32)(index) | (__u64)((flags)&0xffff) << 32 | (__u64)((sp_delta)&0xffff) << 48)
#define SITE_COOKIE_INDEX(cookie) ((__u32)(cookie))
#define SITE_COOKIE_FLAGS(cookie) ((__u32)((cookie) >> 32) & 0xffff)
/* Bytes from rsp at the site up to the return address; at most 65,535. */
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

/* Functions that the runtime starts goroutines of its own with. */
#define MAX_SYSTEM_STARTS 16

/* A goroutine inside a target; also the map's key, so there is no padding. */
struct goroutine_key {
	__u64 goid;
	__u64 pid;
};

struct goroutine {
	__u64 frame; /* of the target's call, with 1 << 32 added on a system stack, and 1 << 33 on
		      * that of signal handlers */
	__u64 g;     /* its runtime.g: two with one id mean wrong offsets, or forged ids */
	/* Which program ran under the pid then: it may exec, and a pid may be used again. */
	__u64 program;
	__u32 lost;	/* since the last event that arrived */
	__u16 ended;	/* the target has returned, but that event was lost */
	__u16 followed; /* the target is the function that the goroutine was started with */
	__u64 since;	/* --min-wait: when it stopped running, as time_ns */
	__u64 tid;	/* on a system stack: whose */
};

/* Counters, a per-CPU array map. */
enum statistic {
	STAT_EVENTS,	 /* sent */
	STAT_LOST,	 /* not sent: ring buffer full */
	STAT_NO_ROOM,	 /* trees not begun: too many goroutines inside targets at once */
	STAT_UNREADABLE, /* hits dropped since the goroutine could not be read */
	STAT_OTHER_NAMESPACE, /* hits of processes whose PID namespace is neither ours nor below it */
	STAT_COUNT,
};

#endif
