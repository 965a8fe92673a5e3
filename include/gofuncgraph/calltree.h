/* SPDX-License-Identifier: MIT */
/*
 * calltree.h - records into call trees: a pure state machine, one stack of open frames a goroutine.
 *
 * Fed by the ring buffer or by a test. A frame is found by where it is on the goroutine's stack
 * (record_frame.frame), never by counting. An exit without an entry is ignored; frames that
 * vanished are closed and marked. Memory is bounded: see CALLTREE_MAX_* and CALLTREE_SETTLE_*.
 */
#ifndef GOFUNCGRAPH_CALLTREE_H
#define GOFUNCGRAPH_CALLTREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "gofuncgraph/record.h"

struct value_lists;

enum call_end {
	CALL_OPEN, /* not ended yet */
	CALL_RETURN,
	CALL_TAIL_CALL,
	CALL_PANIC, /* unwound by a panic that was recovered */
	CALL_GOEXIT,
	CALL_PROCESS_EXIT,
	CALL_RUNNING, /* still open when tracing ended */
	CALL_LOST, /* how it ended is among the lost records */
	CALL_LEFT, /* its frame is gone, by none of these: stacks were switched, say */
	CALL_TAKEN_OFF, /* its function lost its probes: nobody saw whether and how it ended */
};

/* What a goroutine was doing while it did not run, and for how long: part of a call's time. */
struct part {
	uint64_t ns; /* not 0 */
	/* enum goroutine_state: NO_CPU, RUNNABLE, SYSCALL, WAITING, PREEMPTED, or what newer versions
	 * have */
	uint8_t state;
	uint8_t reason; /* of STATE_WAITING: see gobin_wait_reason(); else 0 */
};

/* What a hit of a site takes, before and behind the moment that its record tells; all 0: not known
 * yet. */
struct hit_time {
	uint32_t before_ns, behind_ns;
};

/* One time that it did not run, of at least calltree_sink.min_wait_ns. */
struct wait {
	uint64_t start_ns, end_ns; /* by the clock of records */
	uint32_t depth; /* of the innermost call open then */
	uint32_t tid; /* of the thread that ended it */
	uint8_t state, reason; /* as in struct part */
	bool is_open; /* it still lasts: end_ns is when tracing or the call ended */
	uint64_t by_goid; /* another goroutine that ended it by runtime.goready; 0: none */
	uint64_t by_stack[WAKER_DEPTH]; /* see struct origin */
};

struct call {
	uint64_t number; /* of the tree's calls, kept or not, from 1, in order of entry */
	uint64_t parent; /* number of the one that it is directly inside of; 0: none */
	uint64_t inner_ns; /* how long those directly inside took that have ended */
	uint64_t start_ns; /* by the clock of records */
	uint64_t end_ns; /* when its end was noticed */
	/* Of its time, what probes of calls took: those of calls made by it, and of its own what
	 * comes behind the moment of its entry and before that of its end. At most all of it. See
	 * calltree_sink.hit_times. */
	uint64_t probe_ns;
	uint64_t caller_va; /* return address; 0: unknown */
	uint32_t entry_site;
	uint32_t exit_site; /* CALL_RETURN and CALL_TAIL_CALL only */
	uint32_t depth; /* 0: the tree's first call */
	uint32_t tid; /* at its entry */
	uint16_t num_parts;
	uint8_t end; /* enum call_end */
	/* records were lost, or probes were off, while it was open: it may have had more calls than are shown */
	bool incomplete;
	/* What its goroutine did was not seen to its end (RECORD_STATES_OFF): nothing is known of parts. */
	bool lacks_states;
	/* It had values, or results, and there was no room for them: CALLTREE_MAX_CAPTURED. */
	bool values_left_out, results_left_out;
	/* The call that a followed goroutine begins with: its function's va, and caller_va is that
	 * of the `go` statement; entry_site is CALLTREE_NO_SITE, unless it is traced itself. Else
	 * 0.
	 */
	uint64_t start_va;
	/* With calltree_sink.states: what is not among them it was running; their sum is at most
	 * end_ns - start_ns. Calls made by it are included. Owned by the tree. */
	struct part *parts;
	/* The waits that it was the innermost call of, in order; only without keep_calls. */
	struct wait *waits;
	uint32_t num_waits;
	uint32_t waits_left_out; /* of more than CALLTREE_MAX_WAITS; only without keep_calls */
	/* The values that were fetched at its entry, and (CALL_RETURN) at its end; NULL: none. Owned by
	 * the tree. */
	struct captured *captured, *results;
	/* 0, for who takes trees: calls inside it whose steps were taken out, and the time of those
	 * that it made itself. What is written here, and to waits_left_out, is there in the next
	 * part of the tree. */
	uint64_t folded_calls, folded_ns;
};
#define CALLTREE_NO_SITE UINT32_MAX

/* How long it took, that is: its end_ns is when it was noticed to be gone. */
static inline bool call_time_is_unknown(const struct call *call)
{
	return call->end == CALL_LOST || call->end == CALL_TAKEN_OFF;
}

static inline bool call_is_mostly_probes(const struct call *call)
{
	return call->probe_ns && call->probe_ns > (call->end_ns - call->start_ns) / 2;
}

enum step_type {
	STEP_ENTRY,
	STEP_EXIT,
	STEP_WAIT, /* the end of a wait */
	STEP_START, /* a followed goroutine was started: its tree belongs here */
	STEP_AGAIN, /* in place of STEP_ENTRY: a call that was open at the end of the part before */
};

/* What is printed of a tree, in order of time. */
struct step {
	uint32_t index; /* in tree.calls, tree.waits or tree.starts */
	uint8_t type; /* enum step_type */
};

/* A goroutine that was started inside the tree, and is followed. */
struct start {
	uint64_t time_ns;
	uint64_t goid;
	uint64_t start_va; /* the function it was started with; 0: unknown */
	uint64_t go_va; /* return address of the `go` statement's call; 0: unknown */
	uint32_t depth; /* of the innermost call open then */
	/* Its tree, if it has ended: owned by the parent's. NULL: it still ran when the parent's
	 * tree was handed on (and comes later, by itself), or could not be kept. */
	struct tree *tree;
};

struct tree {
	uint64_t number; /* from 1, in order of beginning */
	/* Which of the trees that are not followed ones it is, or descends from: from 1, in order
	 * of beginning; what --limit counts by. 0: unknown, as its parent's tree is. */
	uint64_t root;
	uint64_t goid;
	uint32_t pid;
	uint64_t num_entered; /* calls so far, in all parts, kept or not */
	/* Which part of the tree this is, from 1; 0: it is whole. What else is told here is that of
	 * the part; it begins with the calls that were open at the end of the one before. */
	uint32_t part;
	uint64_t lost; /* records of this goroutine that were lost while the tree was open */
	/* How long probes were off (RECORD_GAP) while it was open, up to the end of this part: calls
	 * may be missing, and ends of calls that are there. */
	uint64_t off_ns;
	/* Functions whose probes were taken off before it ended, and before it began: calls of theirs are missing. */
	uint64_t num_off, num_off_before;
	bool states_off, states_off_before; /* its calls that ended last lack states; all do */
	/* One in so many calls that could begin a tree did when this one began; 0: all. */
	uint32_t one_in;
	/* calls not kept, of a tree of more than CALLTREE_MAX_CALLS; their frames were followed all
	 * the same */
	uint64_t left_out;
	uint64_t waits_left_out; /* of more than CALLTREE_MAX_WAITS; only with keep_calls */
	struct call *calls;
	struct step *steps;
	struct wait *waits;
	struct start *starts;
	uint32_t num_calls, num_steps, num_waits, num_starts;
	/* Who called its first call: see struct record_entry_stack; 0: unknown. */
	uint64_t stack;
	/* Of a followed goroutine: who started it; 0: none. */
	uint64_t parent_tree; /* number */
	uint64_t parent_goid;
};

/*
 * Calls kept of one tree for tree_ended, and frames open at once on one goroutine; the same of all
 * open trees together. Calls beyond the first are left out (tree.left_out); entries beyond the
 * second count as lost.
 */
#define CALLTREE_MAX_CALLS       (1u << 20)
#define CALLTREE_MAX_OPEN        (1u << 22)
#define CALLTREE_MAX_TOTAL_CALLS (1u << 24)
#define CALLTREE_MAX_TOTAL_OPEN  (1u << 24)
/* Waits and starts kept of one tree, and of all open trees together: further ones have no line of
 * their own. */
#define CALLTREE_MAX_WAITS       (1u << 16)
#define CALLTREE_MAX_TOTAL_WAITS (1u << 20)
/* Bytes of values kept of all open trees together. */
#define CALLTREE_MAX_CAPTURED (64u << 20)
/* How long a tree that ended waits for the goroutines started inside it, see calltree_feed(). */
#define CALLTREE_LINGER_NS 1000000000ull

/*
 * With calltree_sink.tree_settled, what is settled of a tree is handed on before it ends, and then
 * forgotten: when it has been open for so long, or as long since its last part; when it keeps so
 * many calls that have ended; when all open trees together keep so many, from those that have many.
 */
#define CALLTREE_SETTLE_NS    10000000000ull
#define CALLTREE_SETTLE_CALLS (1u << 17)
#define CALLTREE_SETTLE_TOTAL (1u << 21)

/* Records of a tree's goroutine that were lost. */
struct loss {
	uint64_t count;
	uint64_t before_ns; /* by the clock of records: what is told next happened then */
	uint32_t depth, tid; /* of the innermost call open then */
};

/*
 * Where ended calls and trees go. Any may be NULL. Pointers are good during the call only. Who takes
 * a tree may change its calls as struct call says, its starts and the order of its steps, and take
 * steps out.
 */
struct calltree_sink {
	void *context;
	/* NULL: not of interest. Of the call nothing is known yet of its end. */
	void (*call_began)(void *context, const struct tree *tree, const struct call *call);
	void (*call_ended)(void *context, const struct tree *tree, const struct call *call);
	void (*tree_ended)(void *context, const struct tree *tree);
	/* Each wait of a call as it ends, and the wait is not kept. NULL: it is handed on with its
	 * call, or in its tree. Only without keep_calls. */
	void (*wait_ended)(void *context, const struct tree *tree, const struct call *call,
			   const struct wait *wait);
	/* What was lost of an open tree since its last event, before the next one is told. NULL: not
	 * of interest, tree.lost has them all. */
	void (*records_lost)(void *context, const struct tree *tree, const struct loss *loss);
	/* A part of a tree that is still open: its last one goes to tree_ended. NULL: all of a tree
	 * is kept until it ends. Goroutines started in it that still run are handed on by
	 * themselves. Only with keep_calls. */
	void (*tree_settled)(void *context, const struct tree *tree);
	/* The function that a site belongs to, so that an exit at the position of another
	 * function's frame is not taken for that one's. NULL: exits are matched by position only.
	 */
	uint32_t (*func_of_site)(void *context, uint32_t site);
	const struct hit_time *hit_times; /* by site; NULL: of no interest. Not owned */
	/* That calls' values are of: what a call's results need of its arguments to be read. NULL: none. Not owned */
	const struct value_lists *values;
	/* False: tree.calls, steps, waits and starts stay empty, and only call_ended is of use. */
	bool keep_calls;
	bool states; /* account for RECORD_STATE; false: such records are ignored */
	uint64_t min_wait_ns; /* with `states`: waits of at least that are kept; 0: none are */
	uint64_t num_before; /* trees that count as begun already: tree.number goes on behind it */
};

struct calltree;

struct error *calltree_new(const struct calltree_sink *sink, struct calltree **trees);
/* Frees; what is open is dropped silently: RECORD_STOPPED ends it. NULL is fine. */
void calltree_free(struct calltree *trees);

/*
 * Takes a record of any kind; it must be valid (record_is_valid()). RECORD_TICK hands on parts of
 * trees that stay open (CALLTREE_SETTLE_NS), and trees that ended and waited for goroutines that
 * they started, once all of those have ended, or CALLTREE_LINGER_NS have passed. A followed
 * goroutine whose parent's tree was handed on before it ended is handed on by itself
 * (tree.parent_tree). RECORD_STOPPED ends all open trees as CALL_RUNNING, and hands them on.
 *
 * Error: out of memory only (the record's tree is then marked as having lost records, and goes on).
 */
struct error *calltree_feed(struct calltree *trees, const struct record *record);

/* Trees that ever began, those of calls of targets among them (since calltree_new(), as all that
 * follow), those that ended, and those open. */
uint64_t calltree_num_begun(const struct calltree *trees);
uint64_t calltree_num_roots(const struct calltree *trees);
uint64_t calltree_num_ended(const struct calltree *trees);
size_t calltree_num_open(const struct calltree *trees);

/* Records that were ignored since their goroutine has no open tree: its beginning was lost. */
uint64_t calltree_num_ignored(const struct calltree *trees);

#endif
