/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * record_hunt.h - the kinds of records that only hunt gets; part of record.h.
 *
 * What a goroutine inside a target did, so that all of a call's time is accounted for: from the record
 * that opens its tree to the one that closes it, the goroutine is in turn
 *
 * - in a state other than RUNNING: each such time is one RECORD_WAIT, or is part of the sums of the
 *   next RECORD_SHORT_WAITS;
 * - RUNNING, but its thread has no processor: each such time is one RECORD_OFFCPU. A thread may lose its
 *   processor while a wait of its goroutine is told, and that comes before the wait then: it is part of it
 *   if it began before that had ended, else behind it;
 * - RUNNING on a processor: all the rest. Samples tell on what.
 *
 * A goroutine may have begun a call while it was in one of these: only what is within the call counts.
 * Of goroutines outside of any target, only waits of at least settings' outside_min_wait_ns are sent, so
 * that it can be asked what a waker did meanwhile, and samples; and RECORD_OFFCPU of threads, since goroutines are
 * runnable, or wait for longer, while these have no processors. All other records are of the goroutine
 * that waited, ran or was sampled. Lost ones are in its next record's `lost`, but outside of targets only
 * in RECORD_STATISTICS.
 */
#ifndef GOFUNCGRAPH_RECORD_HUNT_H
#define GOFUNCGRAPH_RECORD_HUNT_H

#include "gofuncgraph/lead.h"
#include "gofuncgraph/record_kinds.h"
#include "gofuncgraph/waited_on.h"

/*
 * The top of a stack where code was left, which may be anywhere in a function: what puts the stack right.
 *
 * A function without a frame, or one that is at its first or last instruction, hides its caller from
 * frame pointers. Who knows how much stack it has there (d bytes, its pcsp table) puts this right: the
 * return address lies at sp + d, so where that is not first_frame + 8, the word of there (words[0] for d
 * = 0, words[1] for 8) belongs behind the address of that function; unless sp + d is where the target's own
 * return address lies. On arm64 words[0] is the link register, which has it when d is 0; else it lies at sp,
 * which words[1] is, and is missing where first_frame is not that of sp - 8.
 */
struct stack_top {
	__u64 words[2]; /* of raw memory, as va; 0: it is no address in the file */
	__u32 sp; /* stack.hi - the stack pointer, bytes, as frames are told; 0: unknown */
	__u32 first_frame; /* stack.hi - the frame pointer; 0: it points to nowhere on that stack */
};

/*
 * A time in which the goroutine was not RUNNING, sent when it is again (header.time_ns).
 *
 *     start_ns            ready_ns          header.time_ns
 *     |  `state`, `reason`  |    RUNNABLE     |
 *
 * What it waited for from a connection may be there for longer than settings' outside_min_wait_ns before the program
 * looks for it: then ready_ns is when it came (bpf/arrival.h).
 *
 * A goroutine that was merely preempted or yielded has the state RUNNABLE and ready_ns == start_ns; one
 * that went on at once, as mostly after a system call, ready_ns == header.time_ns.
 */
struct record_wait {
	struct record header;
	__u64 start_ns;
	__u64 ready_ns;
	/* Where it waited: the first address is the instruction that it went on at (a return address). 0:
	 * unknown. Inside a target down to that (STACK_TARGET). */
	__u64 stack;
	/* Of left_at: preemption may have left a function before it had its frame. sp is 0 when there is nothing
	 * to put right. */
	struct stack_top top;
	/* As in struct origin, with its stack, down to its first function, if the wait was not short by
	 * then. */
	__u64 by_goid;
	__u64 by_stack;
	__u8 state; /* enum goroutine_state without STATE_SCAN: what it was until ready_ns */
	__u8 reason; /* of STATE_WAITING, as in struct record_state; else 0 */
	__u8 left_at;
	__u8 unused;
	/* of STATE_SYSCALL: the kernel's number of the call that its thread slept in last, or was sampled
	 * in; negative: unknown, it did not sleep mostly */
	__s32 syscall;
	__u64 asleep_ns; /* of STATE_SYSCALL: how long its thread slept in system calls meanwhile */
};

/* A RECORD_WAIT is as long as this when it is known what the wait was on. */
struct record_wait_on {
	struct record_wait wait;
	struct waited_on on;
};

/* Waits inside a target that were shorter than settings' long_wait_ns, and ended since the record before
 * this one: sent before the next RECORD_WAIT and before what closes the tree. When they come to a millisecond, the
 * one that makes it full is told by a RECORD_WAIT behind it, though it is as short: it stands for them. */
struct record_short_waits {
	struct record header;
	__u64 count;
	__u64 waiting_ns; /* each up to its ready_ns: STATE_WAITING and states that are none of these */
	__u64 syscall_ns;
	__u64 runnable_ns; /* from ready_ns on */
};

/* Who had a processor that a thread wanted. */
enum offcpu_by {
	OFFCPU_BY_UNKNOWN,
	OFFCPU_BY_OTHER, /* another process */
	OFFCPU_BY_OWN, /* other threads of the same process */
	OFFCPU_BY_NOBODY, /* it was idle */
	OFFCPU_BY_QUOTA, /* the thread might not have it: its control group had used up its share */
};

/*
 * The goroutine inside a target was RUNNING, but another thread (or none) had its processor: from
 * start_ns to header.time_ns. Each is sent, however short.
 *
 * With header.tid 0: a thread that runs Go code outside of targets, that of the goroutine, or for none (goid 0) as one that
 * was woken to look for work, had none. Of these at most one is sent for each processor and settings'
 * outside_min_wait_ns, unless it is ten times as long, and none that is shorter; `stack` is 0.
 */
struct record_offcpu {
	struct record header;
	__u64 start_ns;
	/* Where it was, as struct record_sample tells it */
	__u64 stack;
	struct stack_top top;
	char by_comm[16]; /* of OFFCPU_BY_OTHER: as in /proc/PID/comm, NUL at the end */
	/* enum offcpu_by: who had the processor for most of the time; if none did, one that had it for
	 * long */
	__u8 by;
	/* The thread could not go on: it slept in the kernel, for a page of memory, say. Else it could,
	 * and was not let. */
	__u8 slept;
	__u8 left_at; /* as in struct record_sample */
	/* The thread was in a signal handler, such as the runtime preempts goroutines by: `stack` is where that
	 * interrupted it */
	__u8 in_handler;
	__u32 frame; /* as there */
};

/* What a sample found its thread doing. */
enum sample_place {
	SAMPLE_GO, /* the goroutine's own code, on its own stack */
	SAMPLE_SYSTEM, /* the runtime's or C, on the thread's system stack, for the goroutine; or for none
			* (goid 0), as the scheduler and the collector do */
	SAMPLE_SIGNAL, /* a signal handler */
	SAMPLE_TRACER, /* the kernel, handling a probe's breakpoint: our own doing */
};

/*
 * Sent at settings' frequency, for each processor that then runs a thread of a process with a target. In
 * the kernel (in_kernel) ip_va and the stack are where the thread left its own code.
 */
struct record_sample {
	struct record header;
	__u64 ip_va; /* the next instruction; may have FOREIGN_ADDRESS */
	/* The first address is ip_va; of SAMPLE_SIGNAL, where the thread was interrupted. On a system stack the
	 * goroutine's own: its second address is where it left that. Inside a target down to that. 0: unknown */
	__u64 stack;
	struct stack_top top;
	__u32 frame; /* of the target that it is inside of; 0: of none */
	__s32 syscall; /* in_kernel: the call's number; negative: it is in none */
	__u8 place; /* enum sample_place */
	__u8 state; /* enum goroutine_state without STATE_SCAN, of the goroutine */
	__u8 in_kernel;
	/* Of the stack's addresses, the one that `top` is of: where code was interrupted, by us or by the
	 * runtime before (runtime.asyncPreempt) */
	__u8 left_at;
	__u8 unused[4];
};

/*
 * What a goroutine inside a target was found doing by who reads its process's memory now and then, where
 * its waits are not seen. Each stands for the time since the one before it, or until the next.
 */
struct record_look {
	struct record header; /* tid is 0 */
	/* When reading began: what it tells was so at some time from then on */
	__u64 since_ns;
	/* As in struct record_wait, of a goroutine that does not run; 0: unknown */
	__u64 stack;
	__u8 state; /* enum goroutine_state without STATE_SCAN */
	__u8 reason; /* of STATE_WAITING, as in struct record_state; else 0 */
	__u16 syscall; /* of STATE_SYSCALL: its number and 1; 0: unknown */
	__u8 unused[4];
};

/* The same, with what it waited on. */
struct record_look_on {
	struct record_look look;
	struct waited_on on;
};

/*
 * Who may hold the lock that a goroutine waits for, as it was found by the RECORD_LOOK before, or by the next one: of all
 * that do not wait for it, this one alone has its address on its stack.
 */
struct record_holder {
	struct record header; /* tid is 0 */
	__u64 by_goid;
	__u64 by_stack; /* where that one was, down to its first function; 0: it ran */
};

/*
 * Follows a sample inside a target whose stack has no STACK_TARGET, or outside of targets one with a
 * STACK_BROKEN; or comes when the thread of a goroutine inside a target loses its processor, before the
 * RECORD_OFFCPU that will tell so: the memory from its stack pointer up to the target's frame or the stack's
 * begin, or the first COPY_SIZE bytes of it, to be unwound by pcsp tables.
 */
#define COPY_SIZE 4096
struct record_stack_copy {
	struct record header;
	__u64 bias; /* address - va, of the addresses in it */
	__u64 ip_va; /* these as in struct record_sample */
	__u32 frame;
	__u32 sp; /* where it begins */
	__u32 is_off_cpu; /* it is of no sample */
	__u32 size; /* bytes */
	__u8 bytes[COPY_SIZE];
};

/* Why the stack of a struct record_stuck is not known. */
enum stuck_why {
	STUCK_HAS_STACK,
	STUCK_NO_MEMORY, /* that of the process cannot be read */
	STUCK_GONE, /* the goroutine is not there any more */
	STUCK_WENT_ON, /* it did while it was read */
	STUCK_RUNS, /* its stack moves */
	STUCK_UNREADABLE,
};

/* What a goroutine was found doing whose call of a target is open for much longer than others took. */
struct record_stuck {
	struct record header; /* tid is 0 */
	__u64 stack; /* as in struct record_wait; 0: unknown */
	__u8 is_found; /* the goroutine, and so its state is known */
	__u8 state; /* enum goroutine_state without STATE_SCAN */
	__u8 reason; /* of STATE_WAITING, as in struct record_state; else 0 */
	__u8 why_no_stack; /* enum stuck_why */
	__u8 unused[4];
	struct waited_on on;
};

/* A goroutine that may serve what that one waits for. */
struct stuck_lead {
	__u64 goid;
	__u64 object; /* address of what is waited for; 0 of LEAD_STARTED */
	__u64 stack; /* where it was, down to its first function; 0: unknown, as while it runs */
	__u8 by; /* enum lead_by */
	__u8 of_wait_group; /* `object` is one, and no channel */
	__u8 state; /* enum goroutine_state without STATE_SCAN */
	__u8 reason; /* of STATE_WAITING, as in struct record_state; else 0 */
	__u8 unused[4];
	struct waited_on on; /* what its own wait is on */
};

/* A RECORD_STUCK is as long as it takes when there are any. */
struct record_stuck_leads {
	struct record_stuck stuck;
	__u64 num_leads; /* of these, as many are there */
	struct stuck_lead leads[LEADS_MAX];
};

#endif
