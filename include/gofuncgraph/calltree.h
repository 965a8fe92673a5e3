/* SPDX-License-Identifier: MIT */
/*
 * calltree.h - events into call trees: a pure state machine, one stack of open frames a goroutine.
 *
 * Fed by the ring buffer or by a test. A frame is found by where it is on the goroutine's stack
 * (event.frame), never by counting. An exit without an entry is ignored; frames that vanished are
 * closed and marked. Memory is bounded: see CALLTREE_MAX_*.
 */
#ifndef GOFUNCGRAPH_CALLTREE_H
#define GOFUNCGRAPH_CALLTREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "gofuncgraph/event.h"

enum call_end {
	CALL_OPEN, /* not ended yet */
	CALL_RETURN,
	CALL_TAIL_CALL,
	CALL_PANIC,
	CALL_GOEXIT,
	CALL_PROCESS_EXIT,
	CALL_RUNNING, /* still open when tracing ended */
	CALL_LOST,    /* how it ended is among the lost events */
};

struct call {
	uint64_t start_ns;  /* CLOCK_MONOTONIC */
	uint64_t end_ns;    /* when its end was noticed */
	uint64_t caller_va; /* return address; 0: unknown */
	uint32_t entry_site;
	uint32_t exit_site; /* CALL_RETURN and CALL_TAIL_CALL only */
	uint32_t depth;	    /* 0: the tree's first call */
	uint32_t tid;	    /* at its entry */
	uint8_t end;	    /* enum call_end */
	bool incomplete; /* events were lost while it was open: it may have had more calls than are
			    shown */
};

/* What is printed of a tree, in order of time: entries and exits. */
struct step {
	uint32_t call; /* index in tree.calls */
	bool is_exit;
};

struct tree {
	uint64_t number; /* from 1, in order of beginning */
	uint64_t goid;
	uint32_t pid;
	uint64_t lost;	   /* events of this goroutine that were lost while the tree was open */
	uint64_t left_out; /* calls not kept, of a tree of more than CALLTREE_MAX_CALLS; their
			    * frames were followed all the same */
	struct call *calls;
	size_t num_calls;
	struct step *steps;
	size_t num_steps;
};

/*
 * Calls kept of one tree for tree_ended, and frames open at once on one goroutine; the same of all
 * open trees together. Calls beyond the first are left out (tree.left_out); entries beyond the
 * second count as lost.
 */
#define CALLTREE_MAX_CALLS	 (1u << 20)
#define CALLTREE_MAX_OPEN	 (1u << 22)
#define CALLTREE_MAX_TOTAL_CALLS (1u << 24)
#define CALLTREE_MAX_TOTAL_OPEN	 (1u << 24)

/* Where ended calls and trees go. Any may be NULL. Pointers are good during the call only. */
struct calltree_sink {
	void *context;
	void (*call_ended)(void *context, const struct tree *tree, const struct call *call);
	void (*tree_ended)(void *context, const struct tree *tree);
	/* The function that a site belongs to, so that an exit at the position of another
	 * function's frame is not taken for that one's. NULL: exits are matched by position only.
	 */
	uint32_t (*func_of_site)(void *context, uint32_t site);
	/* False: tree.calls and tree.steps stay empty and only call_ended is of use. */
	bool keep_calls;
};

struct calltree;

struct error *calltree_new(const struct calltree_sink *sink, struct calltree **trees);
/* Frees; what is open is dropped silently: end it first with calltree_finish(). NULL is fine. */
void calltree_free(struct calltree *trees);

/* Error: out of memory only (the event's tree is then marked as having lost events, and goes on).
 */
struct error *calltree_feed(struct calltree *trees, const struct event *event);

/* The end of this goroutine's tree was lost (struct goroutine.ended), with so many events. With
 * goid 0 the trees of all the process's threads without a goroutine end. */
void calltree_end_was_lost(struct calltree *trees, uint32_t pid, uint64_t goid, uint32_t lost,
			   uint64_t now_ns);

/* Ends all open trees as CALL_RUNNING. */
void calltree_finish(struct calltree *trees, uint64_t now_ns);

/* Trees that ended since calltree_new(), and those open. */
uint64_t calltree_num_ended(const struct calltree *trees);
size_t calltree_num_open(const struct calltree *trees);

/* Events that were ignored since their goroutine has no open tree: its beginning was lost. */
uint64_t calltree_num_ignored(const struct calltree *trees);

#endif
