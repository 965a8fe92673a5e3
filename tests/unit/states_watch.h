/* SPDX-License-Identifier: MIT */
/* states_watch.h - for tests: records of goroutines, and what states.h makes of them. */
#ifndef GOFUNCGRAPH_TESTS_STATES_WATCH_H
#define GOFUNCGRAPH_TESTS_STATES_WATCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "facts.h"
#include "gofuncgraph/states.h"

#define START_NS  1000
#define MAIN_VA   0x1000
#define WORKER_VA 0x2000
#define MAX       16

#define ALL_TABLES (1u << STATES_GOROUTINES | 1u << STATES_FUNCTIONS | 1u << STATES_STATEMENTS)

enum { CHAN = 14, SELECT = 9, SLEEP = 19 };

struct watch {
	struct states *states;
	struct state_change changes[MAX]; /* the last ones */
	size_t num_changes;
	struct state_table tables[STATES_NUM_TABLES];
	/* the first ones */
	struct state_row goroutines[MAX], functions[MAX], statements[MAX];
	size_t num_goroutines, num_functions, num_statements;
};

static inline void changed(void *context, const struct state_change *change)
{
	struct watch *watch = context;

	watch->changes[watch->num_changes++ % MAX] = *change;
}

static inline int start(void **state, const struct states_summary *summary)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	struct states_sink sink = {.context = watch, .changed = changed};

	*state = watch;
	return !watch || states_new(&sink, summary, START_NS, &watch->states);
}

static inline int start_lines(void **state)
{
	return start(state, &(struct states_summary){0});
}

static inline int start_summary(void **state)
{
	return start(state, &(struct states_summary){.tables = ALL_TABLES, .each_ended = true});
}

static inline int start_folded(void **state)
{
	return start(state, &(struct states_summary){.tables = ALL_TABLES});
}

static inline int start_limited(void **state)
{
	return start(state, &(struct states_summary){.tables = 1u << STATES_GOROUTINES,
						     .order = STATES_BY_RUNNING,
						     .limit = 2});
}

static inline int stop(void **state)
{
	struct watch *watch = *state;

	states_free(watch->states);
	free(watch);
	return 0;
}

static inline const struct state_change *last(const struct watch *watch)
{
	assert_true(watch->num_changes > 0);
	return &watch->changes[(watch->num_changes - 1) % MAX];
}

static inline void feed(struct watch *watch, struct facts more)
{
	more.pid = more.pid ? more.pid : 812;
	more.tid = 815;
	more.has_origin = true;
	more.start_va = more.start_va ? more.start_va : WORKER_VA;
	assert_null(states_feed(watch->states, FACTS_RECORD(&more)));
}

static inline void go(struct watch *watch, uint64_t time_ns, uint64_t goid)
{
	feed(watch, (struct facts){.kind = RECORD_GO,
				   .time_ns = time_ns,
				   .goid = goid,
				   .old_state = STATE_DEAD,
				   .new_state = STATE_RUNNABLE,
				   .caller_va = MAIN_VA + 8,
				   .by_goid = 1});
}

static inline void change(struct watch *watch, uint64_t time_ns, uint64_t goid, uint8_t old_state,
			  uint8_t new_state, uint32_t reason)
{
	feed(watch, (struct facts){.kind = RECORD_STATE,
				   .time_ns = time_ns,
				   .goid = goid,
				   .old_state = old_state,
				   .new_state = new_state,
				   .reason = reason});
}

static inline void of_process(struct watch *watch, uint64_t time_ns, uint8_t kind, uint32_t pid)
{
	feed(watch, (struct facts){.kind = kind, .time_ns = time_ns, .pid = pid, .goid = 77});
}

static inline void visit_table(void *context, const struct state_table *table)
{
	struct watch *watch = context;

	watch->tables[table->kind] = *table;
}

static inline void visit_row(void *context, const struct state_row *row)
{
	struct watch *watch = context;
	struct state_row *rows = row->kind == STATES_GOROUTINES  ? watch->goroutines
				 : row->kind == STATES_FUNCTIONS ? watch->functions
								 : watch->statements;
	size_t *count = row->kind == STATES_GOROUTINES  ? &watch->num_goroutines
			: row->kind == STATES_FUNCTIONS ? &watch->num_functions
							: &watch->num_statements;

	if (*count < MAX)
		rows[*count] = *row;
	(*count)++;
}

static inline void summarize(struct watch *watch, uint64_t now_ns)
{
	const struct states_visitor visitor = {
		.context = watch, .table = visit_table, .row = visit_row};

	watch->num_goroutines = watch->num_functions = watch->num_statements = 0;
	memset(watch->tables, 0, sizeof(watch->tables));
	assert_null(states_summarize(watch->states, now_ns, &visitor));
}

#define LINES(test)   cmocka_unit_test_setup_teardown(test, start_lines, stop)
#define FOLDED(test)  cmocka_unit_test_setup_teardown(test, start_folded, stop)
#define SUMMARY(test) cmocka_unit_test_setup_teardown(test, start_summary, stop)

#endif
