/* SPDX-License-Identifier: MIT */
/*
 * fuzz_states.c - any stream of records about goroutines' states gives sums that add up.
 *
 * Five bytes a record, with few goroutines and functions, so that they meet often. No goroutine
 * has more time than there was, what it has by reason is what it waited, and functions have what
 * their goroutines have.
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
	/* Of goroutines, and of functions. */
	uint64_t ns[2], changes[2], waits[2], count[2];
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

static void add_up(struct checker *checker, const struct state_goroutine *one, unsigned kind)
{
	const struct state_sums *sums = &one->sums;
	uint64_t ns = 0, waiting_ns = 0, waits = 0;

	for (size_t i = 0; i <= STATE_DEAD_EXTRA; i++)
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
}

static void on_goroutine(void *context, const struct state_goroutine *one)
{
	add_up(context, one, 0);
}

static void on_function(void *context, const struct state_goroutine *one)
{
	add_up(context, one, 1);
}

static void summarize(struct states *states, struct checker *checker)
{
	struct checker before = *checker;

	must(!states_summarize(states, checker->now_ns, on_goroutine, on_function, checker));
	must(checker->ns[0] == checker->ns[1] && checker->changes[0] == checker->changes[1]);
	must(checker->waits[0] == checker->waits[1] && checker->count[0] == checker->count[1]);
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
	bool summary;

	if (size < 1 || size > 1 + MAX_RECORDS * RECORD_BYTES)
		return 0;
	summary = data[0] & 1;
	must(!states_new(&sink, summary, START_NS, &states));
	for (size_t i = 1; i + RECORD_BYTES <= size; i += RECORD_BYTES) {
		checker.now_ns += 16 + (data[i + 4] & 15);
		feed(states, &checker, data + i);
		if (data[i + 4] == 0x70)
			lose(states, checker.now_ns, i);
		if (summary && data[i + 4] == 0x71)
			summarize(states, &checker);
	}
	if (summary)
		summarize(states, &checker);
	states_free(states);
	return 0;
}
