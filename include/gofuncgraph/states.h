/* SPDX-License-Identifier: MIT */
/*
 * states.h - goroutines' states: RECORD_STATE and RECORD_GO into changes and sums of time.
 *
 * A pure state machine, fed by the ring buffer or by a test: what each goroutine is doing, since
 * when, and what all of it sums up to, per goroutine and per function that goroutines are started
 * with. Memory is bounded: see STATES_MAX_*.
 */
#ifndef GOFUNCGRAPH_STATES_H
#define GOFUNCGRAPH_STATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "gofuncgraph/record.h"

/* One change of one goroutine. */
struct state_change {
	uint64_t time_ns; /* by the clock of records */
	uint64_t goid; /* 0: it has none yet */
	uint32_t pid, tid; /* tid: the thread that made the change */
	uint8_t old_state, new_state; /* enum goroutine_state with STATE_SCAN */
	uint8_t reason; /* when one of them is STATE_WAITING: why it waits, waited */
	bool has_reason;
	/* How long it was in old_state, marks of STATE_SCAN disregarded; 0 with has_duration false:
	 * nobody saw it begin. */
	uint64_t duration_ns;
	bool has_duration;
	/* Records were lost meanwhile, maybe some of its own: it may have left old_state and come
	 * back. */
	bool is_uncertain;
	bool is_start; /* RECORD_GO: a new goroutine */
	uint64_t by_goid; /* another goroutine that woke, or started it; 0: none */
	const uint64_t *by_stack; /* WAKER_DEPTH addresses, or NULL; good during the call */
	uint64_t start_va; /* function that it was started with; 0: unknown */
	uint64_t go_va; /* is_start: return address of the `go` statement's call */
};

/* Sums of time; STATE_WAITING's by reason. */
struct state_sums {
	uint64_t ns[STATE_DEAD_EXTRA + 1]; /* by state */
	uint64_t waiting_ns[256]; /* by reason */
	uint64_t waits[256]; /* how many, by reason */
	uint64_t changes;
	uint64_t longest_wait_ns; /* of STATE_WAITING */
	uint8_t longest_wait_reason;
};

struct state_goroutine {
	uint32_t pid;
	uint64_t goid; /* 0 of a function's sums */
	uint64_t start_va;
	uint64_t num_goroutines; /* of a function's sums: how many there were; else 1 */
	bool has_ended;
	struct state_sums sums;
};

/* Goroutines followed at once; with `summary` those that ended count too. Beyond it the oldest
 * ended ones are dropped from the summary (their function's sums keep them), then the ones
 * unchanged for longest are forgotten. */
#define STATES_MAX_GOROUTINES 200000
/* Functions (by process) summed up; further ones count as unknown (start_va 0). */
#define STATES_MAX_FUNCTIONS 65536

struct states_sink {
	void *context;
	void (*changed)(void *context, const struct state_change *change); /* may be NULL */
	/* False: nothing of goroutines with this id is of interest. NULL: all are. */
	bool (*wants_goid)(void *context, uint64_t goid);
};

struct states;

/*
 * `start_ns`: when tracing began: a goroutine's first state that was not seen to begin counts from
 * then in sums. `summary`: sums are kept.
 */
struct error *states_new(const struct states_sink *sink, bool summary, uint64_t start_ns,
			 struct states **states);
void states_free(struct states *states); /* NULL is fine */

/* Takes RECORD_STATE, RECORD_GO, RECORD_EXEC, RECORD_PROCESS_EXIT, and what tells of losses; ignores
 * others. Error: out of memory only. */
struct error *states_feed(struct states *states, const struct record *record);

/* Visits the sums as of now_ns: each goroutine, by falling time that it did not run, then each
 * function likewise. Error: out of memory only. */
struct error *states_summarize(struct states *states, uint64_t now_ns,
			       void (*goroutine)(void *context, const struct state_goroutine *one),
			       void (*function)(void *context, const struct state_goroutine *one),
			       void *context);

/* Goroutines dropped or forgotten since STATES_MAX_GOROUTINES was reached. */
uint64_t states_num_dropped(const struct states *states);

#endif
