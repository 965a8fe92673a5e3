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

#include <stddef.h>
#ifndef __bpf__
#include <linux/types.h>
#include <stdbool.h>
#endif

#include "gofuncgraph/values.h"
#include "gofuncgraph/waited_on.h"

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
	/* What follows is only sent to hunt, in place of RECORD_STATE: see "hunt" below. */
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
	 * waits are sampled from here on (RECORD_LOOK), and of calls that are open some is missing */
	RECORD_STATES_OFF,
	/* struct record_look or record_look_on, made by a source, to hunt only */
	RECORD_LOOK,
	/* struct record, made by a source, to hunt only: until RECORD_REST_END there are no probes, and how calls
	 * end that are open is not seen, then or later */
	RECORD_REST,
	RECORD_REST_END,
	/* struct record_stuck, made by who traces, to hunt only */
	RECORD_STUCK,
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

/* With run_options.stacks, the entry that opens a gate. */
struct record_entry_stack {
	struct record_entry entry;
	/* Who called it: record_stack.id, and the first address is entry.caller_va. 0: unknown */
	__u64 stack;
};

/* With run_options.hunt, the entry that opens a gate; `stack` is 0. */
struct record_entry_hunt {
	struct record_entry_stack entry;
	__u64 g; /* the goroutine's runtime.g, an address in the process */
};

/* An entry at a site with values; without run_options.stacks, and where no gate opens, `stack` is 0. */
struct record_entry_values {
	struct record_entry_stack entry;
	struct captured values;
};

/* A return at a site with values: the call's results. */
struct record_frame_values {
	struct record_frame at;
	struct captured values;
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

/* ---- stacks ---- */

/* Addresses of one stack. */
#define STACK_DEPTH 128

/* Why a stack has no more addresses. */
enum stack_end {
	STACK_BROKEN, /* what was there for a frame is none: code without frame pointers, C */
	STACK_BOTTOM, /* the next frame would be above the function that the goroutine began with */
	STACK_TARGET, /* the last address is in the target of the goroutine's gate: its caller's are left
		       * out */
	STACK_DEEP, /* there are more than STACK_DEPTH */
};

/*
 * Who called whom, the innermost first: the return addresses by frame pointers, and in records of hunt
 * before them the instruction that was next. A record names a stack by its id; this one, which tells
 * what it is, comes before the first that names it, once, and maybe again. When it is lost, the stack
 * stays unknown until it comes again. Only the first `count` addresses are sent.
 */
struct record_stack {
	struct record header; /* of the process it was seen in first; goid is 0 */
	__u64 id; /* a hash of all that follows; never 0 */
	__u16 count;
	__u8 end; /* enum stack_end */
	__u8 unused[5];
	__u64 addresses[STACK_DEPTH];
};

/*
 * ---- hunt ----
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
 * that it can be asked what a waker did meanwhile, and samples. All these records are of the goroutine
 * that waited, ran or was sampled. Lost ones are in its next record's `lost`, but outside of targets only
 * in RECORD_STATISTICS.
 */

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
 * this one: sent before the next RECORD_WAIT and before what closes the tree. */
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

/* The goroutine inside a target was RUNNING, but another thread (or none) had its processor: from
 * start_ns to header.time_ns. Each is sent, however short. */
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
	/* The thread was in a signal handler, such as the runtime preempts goroutines by: `stack` is 0 */
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
	/* The first address is ip_va. On a system stack the goroutine's own: its second address is where it
	 * left that. Inside a target down to that. 0: unknown */
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

/* From here on one in so many calls that could begin a tree does, chosen by chance. */
struct record_one_in {
	struct record header;
	__u32 one_in; /* 1: all do */
	__u32 unused;
};

/* What is counted. */
enum statistic {
	STAT_SENT, /* records */
	STAT_LOST, /* not sent: ring buffer full */
	STAT_NO_ROOM, /* trees not begun: too many goroutines inside targets at once */
	STAT_UNREADABLE, /* hits dropped since the goroutine could not be read */
	STAT_OTHER_NAMESPACE, /* hits of processes whose PID namespace is neither ours nor below it */
	STAT_OTHER_GOROUTINES, /* calls of targets outside of trees, by none of run_options.goids */
	STAT_LEFT_OUT, /* calls of targets that began no tree: only some are traced (live_sample()) */
	STAT_REJECTED, /* calls of targets that began no tree: they do not satisfy the condition */
	STAT_UNDECIDED, /* the same: nobody knows whether they do, a value could not be read */
	STAT_COUNT,
};

struct record_statistics {
	struct record header;
	__u64 counts[STAT_COUNT]; /* since tracing began; by enum statistic */
};

#ifndef __bpf__
/* It begins with a struct record_frame. */
static inline bool record_has_frame(__u8 kind)
{
	switch (kind) {
	case RECORD_ENTRY:
	case RECORD_RETURN:
	case RECORD_TAIL_CALL:
	case RECORD_UNWIND:
	case RECORD_GOEXIT:
	case RECORD_LEFT:
	case RECORD_TAKEN_OFF:
		return true;
	default:
		return false;
	}
}

/* Bytes that a record of this kind has at least; 0: there is no such kind. */
static inline __u32 record_min_size(__u8 kind)
{
	if (kind != RECORD_ENTRY && record_has_frame(kind))
		return sizeof(struct record_frame);
	switch (kind) {
	case RECORD_ENTRY:
		return sizeof(struct record_entry);
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
	case RECORD_GAP:
	case RECORD_GAP_END:
	case RECORD_STATES_OFF:
	case RECORD_REST:
	case RECORD_REST_END:
		return sizeof(struct record);
	case RECORD_STATISTICS:
		return sizeof(struct record_statistics);
	case RECORD_ONE_IN:
		return sizeof(struct record_one_in);
	case RECORD_STACK:
		return offsetof(struct record_stack, addresses);
	case RECORD_WAIT:
		return sizeof(struct record_wait);
	case RECORD_SHORT_WAITS:
		return sizeof(struct record_short_waits);
	case RECORD_OFFCPU:
		return sizeof(struct record_offcpu);
	case RECORD_SAMPLE:
		return sizeof(struct record_sample);
	case RECORD_STACK_COPY:
		return offsetof(struct record_stack_copy, bytes);
	case RECORD_LOOK:
		return sizeof(struct record_look);
	case RECORD_STUCK:
		return sizeof(struct record_stuck);
	default:
		return 0;
	}
}

/* Of an entry or a return: the values that came with it, or NULL. */
static inline const struct captured *record_captured(const struct record *record)
{
	if (record->kind == RECORD_ENTRY && record->size >= sizeof(struct record_entry_values))
		return &((const struct record_entry_values *)record)->values;
	if (record->kind == RECORD_RETURN && record->size >= sizeof(struct record_frame_values))
		return &((const struct record_frame_values *)record)->values;
	return NULL;
}

/* The one check before a record is read by its kind: it is of a known one, as long as that takes,
 * and lies within `size` bytes. */
static inline bool record_is_valid(const struct record *record, size_t size)
{
	__u32 needed = record_min_size(record->kind);

	if (size < sizeof(*record) || record->size > size || !needed || record->size < needed)
		return false;
	if (record->kind == RECORD_STACK) {
		const struct record_stack *stack = (const struct record_stack *)record;
		return stack->count <= STACK_DEPTH &&
		       record->size >= needed + stack->count * sizeof(*stack->addresses);
	}
	if (record->kind == RECORD_STACK_COPY) {
		const struct record_stack_copy *copy = (const struct record_stack_copy *)record;
		return copy->size <= COPY_SIZE && record->size >= needed + copy->size;
	}
	const struct captured *captured = record_captured(record);
	return !captured ||
	       record->size >= (size_t)((const char *)captured - (const char *)record) +
				       captured_size(captured);
}

/* What a RECORD_WAIT or RECORD_LOOK was on; NULL: it does not say so. */
static inline const struct waited_on *record_waited_on(const struct record *record)
{
	if (record->kind == RECORD_WAIT && record->size >= sizeof(struct record_wait_on))
		return &((const struct record_wait_on *)record)->on;
	if (record->kind == RECORD_LOOK && record->size >= sizeof(struct record_look_on))
		return &((const struct record_look_on *)record)->on;
	return NULL;
}

/* Of an entry: record_stack.id, or 0. */
static inline __u64 record_entry_stack(const struct record *record)
{
	if (record->kind != RECORD_ENTRY || record->size < sizeof(struct record_entry_stack))
		return 0;
	return ((const struct record_entry_stack *)record)->stack;
}

/* Of an entry: record_entry_hunt.g, or 0. */
static inline __u64 record_entry_g(const struct record *record)
{
	if (record->kind != RECORD_ENTRY || record->size != sizeof(struct record_entry_hunt))
		return 0;
	return ((const struct record_entry_hunt *)record)->g;
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
