/* SPDX-License-Identifier: MIT */
/*
 * fuzz_timeline.c - any records of a goroutine give intervals without gaps, and who stands on them
 * agrees: the parts of a call that is open all the time are the intervals in which the goroutine did
 * not run, and the sums of states are those that are not broken.
 *
 * Five bytes a record, with few states and positions, so that they meet often.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/feed_trees.h"
#include "gofuncgraph/states.h"
#include "gofuncgraph/timeline.h"
#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_RECORDS  2000
#define RECORD_BYTES 5
#define START_NS     1000
#define GOID         34
#define PID          1
#define NUM_STATES   (STATE_NUMBER + 1)

/* A timeline, and how its intervals sum up. */
struct account {
	struct timeline line;
	bool is_met;
	uint64_t end_ns; /* of the last interval */
	uint64_t ns[NUM_STATES]; /* of all intervals */
	uint64_t whole_ns[NUM_STATES]; /* of those that are not broken */
	uint64_t waiting_ns[256]; /* of the same, by reason */
};

static void add(struct account *account, const struct interval *interval)
{
	uint64_t ns = interval->end_ns - interval->begin_ns;

	must(interval->begin_ns == account->end_ns && interval->end_ns >= interval->begin_ns);
	must(interval->state < NUM_STATES);
	must(interval->state == STATE_WAITING || !interval->reason);
	must(!interval->waker || interval->waker->by_goid != GOID);
	account->end_ns = interval->end_ns;
	account->ns[interval->state] += ns;
	if (interval->is_broken)
		return;
	account->whole_ns[interval->state] += ns;
	if (interval->state == STATE_WAITING)
		account->waiting_ns[interval->reason] += ns;
}

static void take(struct account *account, const struct record *record, uint64_t seen_ns)
{
	struct timeline *line = &account->line;
	struct interval interval;

	if (!account->is_met) {
		timeline_meet(line, record, seen_ns);
		account->is_met = true;
		account->end_ns = line->since_ns;
	}
	if (!timeline_hear(line, record))
		return;
	switch (timeline_judge(line, record, &interval)) {
	case TIMELINE_CHANGE:
		add(account, &interval);
		must(interval.end_ns == line->since_ns);
		break;
	case TIMELINE_MARK:
		must(record->kind == RECORD_STATE && interval.begin_ns == line->since_ns);
		break;
	case TIMELINE_NOTHING:
		break;
	}
	must(line->now_ns >= line->since_ns && line->now_ns >= record->time_ns);
}

static void stop(struct account *account, uint64_t now_ns)
{
	struct interval last;

	if (!account->is_met)
		return;
	timeline_pass(&account->line, now_ns);
	last = timeline_so_far(&account->line);
	add(account, &last);
}

/* ---- trees ---- */

static void on_tree_ended(void *context, const struct tree *tree)
{
	const struct account *account = context;
	const struct call *call = &tree->calls[0];
	uint64_t ns[NUM_STATES] = {0};

	must(call->end == CALL_RUNNING && call->start_ns == START_NS);
	must(call->end_ns == account->end_ns);
	for (uint32_t i = 0; i < call->num_parts; i++)
		ns[call->parts[i].state] += call->parts[i].ns;
	for (uint8_t i = 0; i < NUM_STATES; i++)
		must(ns[i] == (state_is_running(i) ? 0 : account->ns[i]));
}

/* ---- states ---- */

static void on_table(void *context, const struct state_table *table)
{
}

static void on_row(void *context, const struct state_row *one)
{
	const struct account *account = context;
	const struct state_sums *sums = &one->sums;

	must(one->goid == GOID);
	for (uint8_t i = 0; i < NUM_STATES; i++)
		must(sums->ns[i] == (state_is_alive(i) ? account->whole_ns[i] : 0));
	for (unsigned i = 0; i < 256; i++)
		must(sums->waiting_ns[i] == account->waiting_ns[i]);
}

/* ---- records ---- */

/* One that Go has, or may have some day, or STATE_NO_CPU. */
static uint8_t state_of(uint8_t byte)
{
	uint8_t state = byte & 15;

	return (state == 15 ? STATE_NO_CPU : state) | (byte & STATE_SCAN);
}

static struct facts facts_of(const uint8_t *bytes, uint64_t now_ns)
{
	static const uint8_t kinds[] = {RECORD_STATE, RECORD_STATE,    RECORD_STATE,
					RECORD_ENTRY, RECORD_RETURN,   RECORD_LEFT,
					RECORD_TICK,  RECORD_TAIL_CALL};

	return (struct facts){
		.kind = kinds[bytes[0] & 7],
		.flags = bytes[0] & 8 ? RECORD_SYSTEM_STACK : 0,
		.has_origin = bytes[0] & 16,
		.lost = (bytes[0] & 0xe0) == 0xe0,
		.time_ns = now_ns - (bytes[4] & 0x80 ? bytes[4] & 63 : 0), /* late */
		.goid = GOID,
		.pid = PID,
		.tid = 1,
		.frame = 100 + (bytes[1] & 7),
		.old_state = state_of(bytes[1]),
		.new_state = state_of(bytes[2]),
		.reason = bytes[3] & 3,
		.by_goid = GOID + (bytes[3] >> 7),
	};
}

/* The call that everything happens inside of. */
static void enter(struct account *account, struct calltree *trees)
{
	struct facts root = {.kind = RECORD_ENTRY,
			     .flags = RECORD_OPENS_TREE,
			     .time_ns = START_NS,
			     .goid = GOID,
			     .pid = PID,
			     .tid = 1,
			     .frame = 50};

	take(account, FACTS_RECORD(&root), START_NS);
	feed_facts(trees, root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct account of_tree = {0}, of_states = {0};
	struct calltree_sink sink = {.context = &of_tree,
				     .tree_ended = on_tree_ended,
				     .keep_calls = true,
				     .states = true};
	struct states_sink states_sink = {0};
	struct states_summary summary = {.tables = 1u << STATES_GOROUTINES, .each_ended = true};
	struct calltree *trees;
	struct states *states;
	uint64_t now_ns = START_NS;

	if (size > MAX_RECORDS * RECORD_BYTES)
		return 0;
	must(!calltree_new(&sink, &trees));
	must(!states_new(&states_sink, &summary, START_NS, &states));
	enter(&of_tree, trees);
	for (; size >= RECORD_BYTES; data += RECORD_BYTES, size -= RECORD_BYTES) {
		struct facts facts = facts_of(data, now_ns += data[4] & 127);
		union any_record room;
		const struct record *record = facts_record(&facts, &room);

		take(&of_tree, record, START_NS);
		must(!calltree_feed(trees, record));
		must(!states_feed(states, record));
		if (record->kind == RECORD_STATE &&
		    (of_states.is_met || !timeline_is_of_kernel(record)))
			take(&of_states, record, START_NS);
	}
	stop(&of_tree, now_ns);
	stop(&of_states, now_ns);
	must(!states_summarize(
		states, now_ns,
		&(struct states_visitor){.context = &of_states, .table = on_table, .row = on_row}));
	feed_stop(trees, now_ns);
	must(calltree_num_ended(trees) == 1);
	states_free(states);
	calltree_free(trees);
	return 0;
}
