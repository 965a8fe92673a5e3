/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * record.h - everything that happens, as one stream of records: the contract between who makes them
 * (the BPF programs, a source) and who reads them.
 *
 * A record says how long it is and what kind it is of; each kind has its own struct, which begins
 * with the header. Records of each goroutine come in the order in which it made them; those of
 * different goroutines are in no particular order beyond that. Every address in a record is a
 * link-time virtual address ("va") of the probed file: the BPF program takes the load bias off
 * before it sends one. But see FOREIGN_ADDRESS.
 */
#ifndef GOFUNCGRAPH_RECORD_H
#define GOFUNCGRAPH_RECORD_H

#ifndef __bpf__
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#endif

enum record_kind {
	/* struct record_entry */
	RECORD_ENTRY = 1, /* a function was entered */
	/* struct record_frame */
	RECORD_RETURN, /* a function is about to execute its `ret` */
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

/* Something happened at a place on a stack. */
struct record_frame {
	struct record header;
	__u32 site; /* index in the plan's sites: where it was seen */
	/* stack.hi - sp at its first instruction, bytes: names the frame, stays the same when the
	 * stack is moved */
	__u32 frame;
};

struct record_entry {
	struct record_frame at;
	__u64 caller_va; /* return address; 0: unknown */
};

/* Of an address that is in no segment of the probed file: the rest is the address in the process,
 * and behind a source the number by which struct modules knows it. No va is so high. */
#define FOREIGN_ADDRESS (1ull << 63)

/* Return addresses that tell where a goroutine was when it woke another one. */
#define WAKER_DEPTH 10

/* Where a goroutine comes from, and whose doing its change was. */
struct origin {
	/* another goroutine that woke it (goready), or started it; 0: none, it was the scheduler */
	__u64 by_goid;
	__u64 start_va; /* runtime.g.startpc: the function it was started with; 0: unknown */
	__u64 go_va; /* runtime.g.gopc: behind the `go` statement's call; 0: unknown */
	/* RECORD_STATE with by_goid: where that goroutine was, the innermost first; behind the last
	 * 0. */
	__u64 by_stack[WAKER_DEPTH];
};

/* RECORD_STATE is as long as this, or a struct record_state_origin. */
struct record_state {
	struct record header;
	/* with an origin: where runtime.casgstatus returns to, or was made a part of
	 * (SITE_STATE_SWAP); else 0 */
	__u64 caller_va;
	__u8 old_state; /* enum goroutine_state with STATE_SCAN */
	__u8 new_state;
	/* runtime.g.waitreason when it happened, of use when old_state or new_state is
	 * STATE_WAITING */
	__u8 reason;
	__u8 unused[5];
};

struct record_state_origin {
	struct record_state state;
	struct origin origin;
};

struct record_go {
	struct record header;
	__u32 frame; /* of the function it was started with */
	__u8 old_state; /* as in struct record_state */
	__u8 new_state;
	__u8 reason;
	__u8 unused;
	struct origin origin;
};

/* What tells of a process as a whole: goid is 0. */
struct record_process {
	struct record header;
	__u64 program; /* which program it runs now, see struct gate */
	__u64 has_lost; /* not 0: some of its goroutines have lost records, and maybe nobody told */
};

/* What is counted. */
enum statistic {
	STAT_SENT, /* records */
	STAT_LOST, /* not sent: ring buffer full */
	STAT_NO_ROOM, /* trees not begun: too many goroutines inside targets at once */
	STAT_UNREADABLE, /* hits dropped since the goroutine could not be read */
	STAT_OTHER_NAMESPACE, /* hits of processes whose PID namespace is neither ours nor below it */
	STAT_COUNT,
};

struct record_statistics {
	struct record header;
	__u64 counts[STAT_COUNT]; /* since tracing began; by enum statistic */
};

/* Bytes that a record of this kind has at least; 0: there is no such kind. */
static inline __u32 record_min_size(__u8 kind)
{
	switch (kind) {
	case RECORD_ENTRY:
		return sizeof(struct record_entry);
	case RECORD_RETURN:
	case RECORD_TAIL_CALL:
	case RECORD_UNWIND:
	case RECORD_GOEXIT:
	case RECORD_LEFT:
		return sizeof(struct record_frame);
	case RECORD_STATE:
		return sizeof(struct record_state);
	case RECORD_GO:
		return sizeof(struct record_go);
	case RECORD_UNREADABLE:
	case RECORD_EXEC:
	case RECORD_PROCESS_EXIT:
	case RECORD_WRONG_GOID:
		return sizeof(struct record_process);
	case RECORD_LOST:
	case RECORD_LOST_END:
	case RECORD_TICK:
	case RECORD_STOPPED:
		return sizeof(struct record);
	case RECORD_STATISTICS:
		return sizeof(struct record_statistics);
	default:
		return 0;
	}
}

#ifndef __bpf__
/* The one check before a record is read by its kind: it is of a known one, as long as that takes,
 * and lies within `size` bytes. */
static inline bool record_is_valid(const struct record *record, size_t size)
{
	return size >= sizeof(*record) && record->size <= size && record_min_size(record->kind) &&
	       record->size >= record_min_size(record->kind);
}

/* NULL: a record that tells of none. */
static inline const struct origin *record_origin(const struct record *record)
{
	if (record->kind == RECORD_GO)
		return &((const struct record_go *)record)->origin;
	if (record->kind == RECORD_STATE && record->size >= sizeof(struct record_state_origin))
		return &((const struct record_state_origin *)record)->origin;
	return NULL;
}
#endif

#endif
