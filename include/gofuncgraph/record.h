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

#include "gofuncgraph/record_hunt.h"
#include "gofuncgraph/record_kinds.h"
#include "gofuncgraph/values.h"

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

/* The same with run_options.hunt. */
struct record_go_hunt {
	struct record_go go;
	__u64 g; /* the new goroutine's runtime.g, an address in the process */
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
#include "gofuncgraph/record_read.h"
#endif

#endif
