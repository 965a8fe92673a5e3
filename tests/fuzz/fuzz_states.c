/* SPDX-License-Identifier: MIT */
/*
 * fuzz_states.c - any stream of records about goroutines' states gives sums that add up.
 *
 * Five bytes a record, with few goroutines and functions, so that they meet often. No goroutine
 * has more time than there was, what it has by reason is what it waited, and functions and `go`
 * statements have what their goroutines have.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/facts.h"
#include "gofuncgraph/states.h"
#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_RECORDS  2000
#define RECORD_BYTES 5
#define START_NS     1000

struct checker {
	uint64_t now_ns;
	/* Of each table. */
	uint64_t ns[STATES_NUM_TABLES], changes[STATES_NUM_TABLES], waits[STATES_NUM_TABLES];
	uint64_t count[STATES_NUM_TABLES], living[STATES_NUM_TABLES];
};

static void on_change(void *context, const struct state_change *change)
{
	const struct checker *checker = context;

	must(change->time_ns <= checker->now_ns);
	must(change->has_duration || (!change->duration_ns && !change->is_uncertain));
	must(change->duration_ns <= checker->now_ns - START_NS);
	must(!change->by_stack || change->by_goid);
	must(!change->by_goid || change->by_goid != change->goid);
}

static void on_table(void *context, const struct state_table *table)
{
	must(!table->num_left_out);
}

static void on_row(void *context, const struct state_row *one)
{
	struct checker *checker = context;
	enum state_table_kind kind = one->kind;
	const struct state_sums *sums = &one->sums;
	uint64_t ns = 0, waiting_ns = 0, waits = 0;

	for (size_t i = 0; i <= STATE_NUMBER; i++)
		ns += sums->ns[i];
	for (size_t i = 0; i < 256; i++) {
		waiting_ns += sums->waiting_ns[i];
		waits += sums->waits[i];
		must(sums->waits[i] || !sums->waiting_ns[i]);
	}
	must(waiting_ns == sums->ns[STATE_WAITING]);
	must(!sums->ns[STATE_DEAD] && !sums->ns[STATE_IDLE] && !sums->ns[STATE_DEAD_EXTRA]);
	must(ns <= one->num_goroutines * (checker->now_ns - START_NS));
	must(sums->longest_wait_ns <= checker->now_ns - START_NS);
	checker->ns[kind] += ns;
	checker->changes[kind] += sums->changes;
	checker->waits[kind] += waits;
	checker->count[kind] += one->num_goroutines;
	checker->living[kind] += one->num_living;
}

static void summarize(struct states *states, struct checker *checker)
{
	struct checker before = *checker;

	must(!states_summarize(
		states, checker->now_ns,
		&(struct states_visitor){.context = checker, .table = on_table, .row = on_row}));
	for (size_t i = 1; i < STATES_NUM_TABLES; i++) {
		must(checker->ns[0] == checker->ns[i]);
		must(checker->changes[0] == checker->changes[i]);
		must(checker->waits[0] == checker->waits[i]);
		must(checker->count[0] == checker->count[i]);
		must(checker->living[0] == checker->living[i]);
	}
	*checker = before;
}

static void feed(struct states *states, struct checker *checker, const uint8_t *bytes)
{
	static const uint8_t kinds[] = {RECORD_STATE,        RECORD_STATE, RECORD_STATE,
					RECORD_STATE,        RECORD_GO,    RECORD_EXEC,
					RECORD_PROCESS_EXIT, RECORD_ENTRY};
	uint64_t back_ns = bytes[4] & 0x80 ? bytes[4] & 15 : 0; /* records come late */
	struct facts facts = {
		.kind = kinds[bytes[0] & 7],
		.has_origin = bytes[0] & 8,
		.time_ns = checker->now_ns - back_ns,
		.pid = 1 + (bytes[0] >> 4 & 1),
		.goid = bytes[0] >> 5,
		.old_state = (bytes[1] & 15) | (bytes[1] & STATE_SCAN),
		.new_state = (bytes[2] & 15) | (bytes[2] & STATE_SCAN),
		.reason = bytes[3],
		.lost = bytes[1] & 0x40,
		.by_goid = bytes[2] >> 4 & 7,
		.start_va = bytes[1] >> 4 & 3,
		.go_va = bytes[3] & 3,
	};

	must(!states_feed(states, FACTS_RECORD(&facts)));
}

static void lose(struct states *states, uint64_t now_ns, uint64_t num_lost)
{
	struct facts facts = {.kind = RECORD_STATISTICS, .time_ns = now_ns, .num_lost = num_lost};

	must(!states_feed(states, FACTS_RECORD(&facts)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct checker checker = {.now_ns = START_NS};
	const struct states_sink sink = {.context = &checker, .changed = on_change};
	struct states *states;
	struct states_summary summary = {0};

	if (size < 1 || size > 1 + MAX_RECORDS * RECORD_BYTES)
		return 0;
	if (data[0] & 1)
		summary = (struct states_summary){.tables = (1u << STATES_NUM_TABLES) - 1,
						  .order = data[0] >> 2 & 7,
						  .each_ended = data[0] & 2};
	must(!states_new(&sink, &summary, START_NS, &states));
	for (size_t i = 1; i + RECORD_BYTES <= size; i += RECORD_BYTES) {
		checker.now_ns += 16 + (data[i + 4] & 15);
		feed(states, &checker, data + i);
		if (data[i + 4] == 0x70)
			lose(states, checker.now_ns, i);
		if (summary.tables && data[i + 4] == 0x71)
			summarize(states, &checker);
	}
	if (summary.tables)
		summarize(states, &checker);
	states_free(states);
	return 0;
}
