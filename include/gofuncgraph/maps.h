/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* maps.h - what is in the BPF programs' maps: goroutines inside targets, above all. */
#ifndef GOFUNCGRAPH_MAPS_H
#define GOFUNCGRAPH_MAPS_H

#ifndef __bpf__
#include <linux/types.h>
#endif

#include "gofuncgraph/record.h"

/* Functions that the runtime starts goroutines of its own with. */
#define MAX_SYSTEM_STARTS 16

/* Goroutines that --goid may choose: each target's entry that opens a gate compares with all. */
#define MAX_GOIDS 16

/* A process's name, with its end: TASK_COMM_LEN in include/linux/sched.h. */
#define COMM_SIZE 16

/* Labels that --label may ask for; a power of two. */
#define MAX_TOLD_LABELS 4

/* What is read of a runtime.g, its beginning, is no longer than this: the BPF programs have it on their
 * stack. */
#define G_HEAD_MAX 192

/* Goroutines that may be inside targets at once. */
#define MAX_OPEN_GATES (1u << 17)
/* While there are fewer gates than this, those of goroutines outside of targets stay, shut. */
#define MAX_SHUT_GATES (1u << 14)

/* With hunt: goroutines that have waited, threads that have run goroutines inside targets, and processes
 * that have been inside one. Those that were seen last stay. */
#define MAX_WAITS   (1u << 17)
#define MAX_THREADS (1u << 14)
#define MAX_HUNTED  (1u << 10)

/* Where in a runtime.pollDesc its descriptor is, behind a pointer (src/runtime/netpoll.go). */
#define POLL_DESC_FD 8

/* Numbers of system calls of which it is known what they are on. */
#define MAX_SYSCALL_NUMBERS 512

/* Which of a system call's arguments says what it is on. */
enum syscall_on {
	SYSCALL_ON_NOTHING,
	SYSCALL_ON_FD, /* the first is a descriptor */
	SYSCALL_ON_PATH, /* the first is a path */
	SYSCALL_ON_PATH_AT, /* the second is */
};

/* Threads that may be between the program that finds labels with ids, and the one that begins a tree. */
#define MAX_FINDING_THREADS (1u << 10)

/* Programs that those at entries of targets go on in: what begins trees with values, of which some begin by looking
 * whether the goroutine has the labels that are asked for, and by finding labels with ids. */
enum opening {
	OPENING_SMALL = VALUES_SMALL,
	OPENING_LARGE = VALUES_LARGE,
	OPENING_ID_LABELS,
	OPENING_CHOSEN_LABELS,
	OPENINGS,
};

/* Stacks that need not be told again. */
#define MAX_TOLD_STACKS (1u << 14)

/* Whose gate it is; a map's key, so there is no padding. */
struct gate_key {
	__u64 g; /* the goroutine's runtime.g, or of a thread without one: THREAD_KEY | tid */
	__u64 pid;
};
#define THREAD_KEY (1ull << 63)

enum gate_state {
	GATE_SHUT,
	GATE_OPEN,
	GATE_ENDED, /* the target has returned, but that record was lost */
};

/* A goroutine that is inside a target, or was. */
struct gate {
	/* of the target's call, with 1 << 32 added on a system stack, and 1 << 33 on that of signal
	 * handlers */
	__u64 frame;
	__u64 goid; /* 0: a thread without a goroutine. The next goroutine may have the same g. */
	/* Which program ran under the pid then: it may exec, and a pid may be used again. */
	__u64 program;
	__u64 since; /* --min-wait: when it stopped running, as time_ns */
	__u32 lost; /* since the last record that arrived */
	__u32 tid; /* on a system stack: whose */
	__u8 state; /* enum gate_state */
	__u8 followed; /* the target is the function that the goroutine was started with */
	__u8 unused[6];
};

/* Whose hit it is that two probes of one site have while one replaces the other: an instruction may be
 * both a function's first one and its `ret`. */
struct switch_key {
	__u32 tid;
	__u32 is_exit;
};
/* Threads that may be at a probe meanwhile, twice. */
#define MAX_SWITCH_MARKS (1u << 14)

/* Which goroutine has an id. */
struct goid_key {
	__u64 goid;
	__u64 pid;
};
struct goid_owner {
	__u64 g;
	__u64 program; /* see struct gate */
};

/* A thread, and the goroutine that it served last. */
struct thread_key {
	__u32 tid;
	__u32 pid;
};
struct served {
	__u64 g;
	__u64 goid;
};

/* With hunt: how a goroutine waits, by its gate_key. See struct record_wait. */
struct hunted_wait {
	__u64 program; /* see struct gate */
	__u64 start_ns; /* 0: it is RUNNING, or that was not seen */
	__u64 ready_ns; /* 0: it is not RUNNABLE yet */
	__u64 by_goid;
	__u64 by_stack;
	struct stack_top top; /* while it is told */
	__u64 arguments[2]; /* of `syscall`, its first ones */
	/* of short ones inside a target that are not told yet: struct record_short_waits */
	__u64 count, waiting_ns, syscall_ns, runnable_ns;
	__u64 asleep_ns; /* as in struct record_wait */
	__u32 thread; /* of STATE_SYSCALL: which one makes it, as the initial PID namespace numbers it */
	__s32 syscall;
	__u8 state;
	__u8 reason;
	__u8 is_inside; /* a target */
	__u8 left_at; /* while it is told */
	__u8 unused[4];
};

/* With hunt or tells_no_cpu: a thread, by its number in the initial PID namespace. */
struct thread {
	/* its goroutine, one that is told of and RUNNING, or that makes a system call: in_syscall; 0: there
	 * is none */
	__u64 g;
	__u64 goid; /* of that, with tells_no_cpu; with hunt, while it has no processor, of one outside of targets, or 0 */
	__u64 off_ns; /* since when it has had no processor meanwhile, if that is told; 0: it has one */
	__u64 woken_ns; /* with hunt: since when it could have one again, after it slept; 0: it did not, or sleeps */
	__u64 stack; /* of record_offcpu, as all that is not told otherwise */
	struct stack_top top;
	__u64 seen_ns; /* when it last slept in a system call, or was sampled in it: `syscall` */
	__u64 asleep_ns; /* in all of these since its goroutine stopped running */
	__u64 arguments[2]; /* of that, its first ones */
	__s32 syscall;
	__u32 pid, tid; /* as records tell them */
	__u32 processor; /* that it had until off_ns, or waits for since woken_ns */
	__u8 is_asleep; /* since seen_ns */
	__u8 slept;
	__u8 is_throttled;
	__u8 left_at;
	__u8 in_handler;
	__u8 in_syscall;
	__u8 is_parked; /* asleep: it waits for Go's work; woken, it has some */
	__u8 unused;
};

/* With hunt: what had a processor from then on, until the next one did. */
struct ran {
	__u64 start_ns;
	__u32 tgid; /* as the initial PID namespace numbers it; 0: nothing */
	__u32 unused;
	char comm[16];
};

/* With hunt: a processor, and what had it. */
#define MAX_RAN 32 /* a power of two */
struct processor {
	__u32 num_ran; /* so far; the n-th is at n % MAX_RAN */
	__u32 unused;
	__u64 told_ns; /* when it was last told that a thread outside of targets had waited for it */
	struct ran ran[MAX_RAN];
};

/* With hunt: a process that was inside a target, by its number in the initial PID namespace. */
struct hunted {
	__u64 program; /* see struct gate */
	__u64 bias; /* of the probed file: address - va */
	__u64 pid; /* as records tell it */
};

#endif
