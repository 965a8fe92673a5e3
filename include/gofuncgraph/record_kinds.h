/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* record_kinds.h - what kinds of records there are, and what every record has; part of record.h. */
#ifndef GOFUNCGRAPH_RECORD_KINDS_H
#define GOFUNCGRAPH_RECORD_KINDS_H

#ifndef __bpf__
#include <linux/types.h>
#endif

enum record_kind {
	/* struct record_entry */
	RECORD_ENTRY = 1, /* a function was entered */
	/* struct record_frame */
	RECORD_RETURN, /* a function is about to execute its `ret`; or struct record_frame_values */
	RECORD_TAIL_CALL, /* a function is about to jump to another one */
	RECORD_UNWIND, /* runtime.recovery, after a panic: frames deeper than `frame` are gone */
	RECORD_GOEXIT, /* the goroutine ends: all its frames are gone */
	/* frames deeper than `frame` are gone, and no panic did it: the runtime changed to another
	 * stack (runtime.gogo), or nobody saw what did */
	RECORD_LEFT,
	/* struct record_state, struct record_go */
	RECORD_STATE, /* the goroutine's state changed */
	RECORD_GO, /* the goroutine was started by another one */
	/* struct record_process */
	RECORD_UNREADABLE, /* a hit was dropped: whose it was could not be read */
	RECORD_EXEC, /* the process replaced its program */
	RECORD_PROCESS_EXIT, /* the process is gone */
	/* one goroutine id was seen on two goroutines: no more of the process is told */
	RECORD_WRONG_GOID,
	/* struct record, made by a source. LOST and LOST_END: before what ends the goroutine's
	 * process or tracing; goid, pid, tid (else 0) of a thread without a goroutine. */
	RECORD_LOST, /* `lost` records of the goroutine, and none of it told so */
	RECORD_LOST_END, /* the same, and the end of its tree is among them */
	RECORD_TICK, /* time goes on: there are no records of before, but for late ones */
	RECORD_STOPPED, /* tracing ended at time_ns, and this is the last record */
	/* struct record_statistics, made by a source */
	RECORD_STATISTICS, /* whenever more was lost, and before RECORD_STOPPED */
	/* struct record_stack */
	RECORD_STACK, /* a stack that records name from now on; of no goroutine: goid is 0 */
	/* What follows is only sent to hunt, in place of RECORD_STATE: see record_hunt.h. */
	RECORD_WAIT, /* struct record_wait: the goroutine runs again */
	RECORD_SHORT_WAITS, /* struct record_short_waits: those that were too short for the above */
	RECORD_OFFCPU, /* struct record_offcpu: its thread has a processor again */
	RECORD_SAMPLE, /* struct record_sample: what its thread is doing right now */
	RECORD_STACK_COPY, /* struct record_stack_copy: more on a sample, or on RECORD_OFFCPU */
	/* struct record_frame, made by a source: the probes of the function that has its entry at
	 * `site` go, for good. Some hits of it may still come, as long as they are there. */
	RECORD_TAKEN_OFF,
	/* struct record, made by a source: from here on, until RECORD_GAP_END, probes are off for a
	 * while, and whatever a goroutine does may not be seen */
	RECORD_GAP,
	RECORD_GAP_END,
	/* struct record_one_in, made by a source */
	RECORD_ONE_IN,
	/* struct record, made by a source: nothing is told of goroutines' states any more. To hunt: their
	 * waits are sampled from here on (RECORD_LOOK); those that are open in calls are told before. It comes
	 * again when goroutines that begin are not told any more either */
	RECORD_STATES_OFF,
	/* struct record_look or record_look_on, made by a source, to hunt only */
	RECORD_LOOK,
	/* struct record, made by a source, to hunt only: until RECORD_REST_END there are no probes, and how calls
	 * end that are open is not seen, then or later */
	RECORD_REST,
	RECORD_REST_END,
	/* struct record_stuck or record_stuck_leads, made by who traces, to hunt only */
	RECORD_STUCK,
	/* struct record_holder, made by a source, to hunt only */
	RECORD_HOLDER,
};

enum record_flags {
	RECORD_OPENS_TREE = 1 << 0, /* this entry opens the goroutine's gate */
	RECORD_CLOSES_TREE = 1 << 1, /* this exit (or unwind) closes it */
	/* `frame` is measured on the system stack (g0) of thread `tid`, deeper than every frame of
	 * the goroutine's own stack */
	RECORD_SYSTEM_STACK = 1 << 2,
	/* with RECORD_SYSTEM_STACK: of the thread's stack for signal handlers, which is deeper than
	 * its g0's */
	RECORD_SIGNAL_STACK = 1 << 3,
	/* this entry's site may be hit again by the call it belongs to (a loop back to the
	 * function's first byte) */
	RECORD_MAY_REPEAT = 1 << 4,
	/* records of any goroutines were lost just before; only where states of all goroutines are
	 * told, and `lost` is 0 */
	RECORD_AFTER_LOSS = 1 << 5,
	/* of RECORD_WAIT and RECORD_OFFCPU: made by a source when tracing stops or somebody asks
	 * (live_tell_open()), it had not ended. Of RECORD_SHORT_WAITS: when tracing stops */
	RECORD_IS_OPEN = 1 << 6,
	/* of RECORD_STATES_OFF: goroutines that begin are still told */
	RECORD_TELLS_STARTS = 1 << 7,
	/* of RECORD_OFFCPU: the goroutine was in a system call. `stack` is 0: the RECORD_WAIT of that
	 * call, which comes later, has it, if that was long */
	RECORD_IN_SYSCALL = 1 << 7,
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
	STATE_LEAKED, /* from Go 1.26 */
	STATE_DEAD_EXTRA, /* from Go 1.26 */
	/* None of Go's: the goroutine is RUNNING, and its thread has no processor. Told by a RECORD_STATE
	 * without an origin when that begins, from RUNNING, and one when it ends. */
	STATE_NO_CPU = 0x7f,
	STATE_NUMBER = 0x7f,
	STATE_SCAN = 0x80, /* the garbage collector holds the goroutine in this state */
};

/* The header, 32 bytes: what every record has. */
struct record {
	__u8 kind; /* enum record_kind */
	__u8 flags; /* enum record_flags */
	__u16 size; /* bytes of the whole record */
	__u32 lost; /* records of this goroutine that were lost since its last one that arrived */
	__u64 time_ns; /* bpf_ktime_get_ns(): see base/event_clock.h */
	__u64 goid; /* runtime.g.goid; 0: a thread without a goroutine of its own */
	__u32 pid; /* process (tgid) and thread as the tracer's PID namespace numbers them */
	__u32 tid;
};

#endif
