/* SPDX-License-Identifier: MIT */
/*
 * states.h - goroutines' states: RECORD_STATE and RECORD_GO into changes and sums of time.
 *
 * A pure state machine, fed by the ring buffer or by a test: what each goroutine is doing, since
 * when, and what all of it sums up to: per goroutine, per function that goroutines are started with,
 * and per `go` statement that starts them. Memory is bounded: see STATES_MAX_*.
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
	uint64_t ns[STATE_NUMBER + 1]; /* by state */
	uint64_t waiting_ns[256]; /* by reason */
	uint64_t waits[256]; /* how many, by reason */
	uint64_t changes; /* without those from and to STATE_NO_CPU */
	uint64_t longest_wait_ns; /* of STATE_WAITING */
	uint8_t longest_wait_reason;
};

/* What a table has a row of. */
enum state_table_kind {
	STATES_GOROUTINES, /* each that lives; those that have ended by function */
	STATES_FUNCTIONS, /* a function that goroutines were started with */
	STATES_STATEMENTS, /* a `go` statement */
	STATES_NUM_TABLES,
};

/* The largest first. */
enum state_order {
	STATES_BY_NOT_RUNNING,
	STATES_BY_RUNNING,
	STATES_BY_RUNNABLE,
	STATES_BY_WAITING,
	STATES_BY_SYSCALL,
	STATES_BY_CHANGES,
	STATES_BY_LONGEST, /* wait */
	STATES_BY_GOROUTINES, /* how many they are */
};

#define STATE_ORDERS                                                                               \
	"not-running, running, runnable, waiting, syscall, changes, longest, goroutines"

/* False: there is none of this name; STATE_ORDERS are those that there are. */
bool state_order_from_name(const char *name, enum state_order *order);

struct states_summary {
	unsigned tables; /* a bit, 1 << enum state_table_kind, each; 0: no sums are kept */
	enum state_order order;
	uint64_t limit; /* rows of a table; 0: any number */
	bool each_ended; /* goroutines that have ended have rows of their own */
};

/* A table that has rows. */
struct state_table {
	enum state_table_kind kind;
	uint64_t num_left_out; /* rows that the limit left out */
	bool has_processes; /* more than one */
};

struct state_row {
	enum state_table_kind kind;
	uint32_t pid;
	uint64_t goid; /* 0: of several goroutines */
	uint64_t start_va; /* 0: unknown, or they differ */
	uint64_t go_va; /* of STATES_STATEMENTS: the return address of its call; 0: unknown */
	uint64_t num_goroutines, num_living;
	struct state_sums sums;
};

/* Goroutines followed at once; in a summary those that ended count too. Beyond it the oldest ended
 * ones have no row of their own any more, then the ones unchanged for longest are forgotten (the
 * sums of their function and `go` statement keep them). */
#define STATES_MAX_GOROUTINES 200000
/* Functions, and `go` statements, (by process) summed up; further ones count as unknown (0). */
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
 * then in sums. `summary`: copied.
 */
struct error *states_new(const struct states_sink *sink, const struct states_summary *summary,
			 uint64_t start_ns, struct states **states);
void states_free(struct states *states); /* NULL is fine */

/* Takes RECORD_STATE, RECORD_GO, RECORD_EXEC, RECORD_PROCESS_EXIT, and what tells of losses; ignores
 * others. Error: out of memory only. */
struct error *states_feed(struct states *states, const struct record *record);

struct states_visitor {
	void *context;
	void (*table)(void *context, const struct state_table *table); /* its rows follow */
	void (*row)(void *context, const struct state_row *row);
};

/* Visits the sums as of now_ns, each table that was wanted in the order of its enum. Error: out of
 * memory only. */
struct error *states_summarize(struct states *states, uint64_t now_ns,
			       const struct states_visitor *visitor);

/* Living goroutines forgotten since STATES_MAX_GOROUTINES was reached: each may count twice in
 * num_goroutines. */
uint64_t states_num_forgotten(const struct states *states);

#endif
