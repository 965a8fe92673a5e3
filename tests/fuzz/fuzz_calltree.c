/* SPDX-License-Identifier: MIT */
/*
 * fuzz_calltree.c - any stream of records gives well-formed trees.
 *
 * Eight bytes a record, with few goroutines, positions and functions, so that they meet often.
 * Every call that was opened ends exactly once; in a tree calls nest, and depth says how deep. The
 * parts of a call are at most its time. Every tree that began is handed on once, by itself or
 * inside its parent's; those that come in parts go on as they were left.
 *
 * Of the same records, told as they happen, as many calls begin as end, and each is shown or folded.
 *
 * Of the same records a filter makes no other trees: each call is shown or folded, where all trees
 * are, and those that are shown took long enough, where not all are.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/feed_trees.h"
#include "filter/shallow.h"
#include "gofuncgraph/calltree.h"
#include "gofuncgraph/filter.h"
#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_RECORDS  2000
#define RECORD_BYTES 8
#define MIN_WAIT_NS  20
#define MAX_TREES    (MAX_RECORDS + 2)

struct checker {
	bool keep_calls;
	bool by_function; /* exits are matched by function too */
	bool any_lost;
	bool any_gap;
	uint64_t num_calls_ended;
	uint64_t num_calls_in_trees;
	uint64_t num_trees;
	uint64_t num_handed_on; /* trees that are not inside another */
	uint64_t last_number;
	bool states;
	struct {
		uint32_t parts; /* handed on so far */
		uint32_t num_open; /* calls at the end of the last one */
	} settled[MAX_TREES]; /* by the tree's number */
};

static void check_parts(const struct checker *checker, const struct call *call)
{
	uint64_t sum = 0;

	must(checker->states || !call->num_parts);
	for (uint32_t i = 0; i < call->num_parts; i++) {
		const struct part *part = &call->parts[i];
		must(!__builtin_add_overflow(sum, part->ns, &sum));
		must(part->ns);
		must(part->state != STATE_RUNNING && part->state != STATE_COPYSTACK &&
		     part->state <= STATE_NUMBER);
		must(part->state == STATE_WAITING || !part->reason);
		for (uint32_t j = 0; j < i; j++)
			must(call->parts[j].state != part->state ||
			     call->parts[j].reason != part->reason);
	}
	must(sum <= call->end_ns - call->start_ns);
}

static void check_wait(const struct checker *checker, const struct tree *tree,
		       const struct wait *wait)
{
	must(checker->states);
	must(wait->end_ns >= wait->start_ns && wait->end_ns - wait->start_ns >= MIN_WAIT_NS);
	must(wait->state != STATE_RUNNING);
	must(!wait->is_open || (!wait->tid && !wait->by_goid));
	must(!wait->by_goid || wait->by_goid != tree->goid);
}

static void check_call(const struct checker *checker, const struct tree *tree,
		       const struct call *call)
{
	must(call->end > CALL_OPEN && call->end <= CALL_TAKEN_OFF);
	must(call->end_ns >= call->start_ns);
	must(call->inner_ns <= call->end_ns - call->start_ns);
	must(call->number > call->parent && !call->parent == !call->depth);
	must(!call->incomplete || tree->lost || tree->part || checker->any_gap);
	must(call->end != CALL_LOST || call->incomplete);
	must(call->start_va == 0 || call->depth == 0);
	must(call->entry_site != CALLTREE_NO_SITE || call->depth == 0);
	check_parts(checker, call);
	must(!call->captured || call->captured->size == sizeof(uint64_t));
	must(!call->values_left_out);
	if (checker->by_function && call->entry_site != CALLTREE_NO_SITE &&
	    (call->end == CALL_RETURN || call->end == CALL_TAIL_CALL))
		must(call->exit_site / 2 == call->entry_site / 2);
}

static void on_call_ended(void *context, const struct tree *tree, const struct call *call)
{
	struct checker *checker = context;

	check_call(checker, tree, call);
	must(call->depth < MAX_RECORDS);
	must(!checker->keep_calls || !call->num_waits);
	for (uint32_t i = 0; i < call->num_waits; i++) {
		const struct wait *wait = &call->waits[i];
		check_wait(checker, tree, wait);
		must(wait->depth == call->depth);
		must(wait->start_ns >= call->start_ns && wait->end_ns <= call->end_ns);
		must(!i || wait->start_ns >= call->waits[i - 1].end_ns);
	}
	checker->num_calls_ended++;
}

/* Calls nest, each step is taken once and in its place. Open calls: `open`. Returns how many are
 * left. */
static size_t check_steps(struct checker *checker, const struct tree *tree, uint32_t *open)
{
	size_t num_open = 0;
	uint32_t num_again = tree->part > 1 ? checker->settled[tree->number].num_open : 0;
	uint32_t next_call = 0, next_wait = 0, next_start = 0;

	for (size_t i = 0; i < tree->num_steps; i++) {
		const struct step *step = &tree->steps[i];
		switch (step->type) {
		case STEP_EXIT:
			/* Innermost first, each once. */
			must(num_open && open[--num_open] == step->index);
			check_call(checker, tree, &tree->calls[step->index]);
			checker->num_calls_in_trees++;
			break;
		case STEP_ENTRY:
		case STEP_AGAIN:
			must((step->type == STEP_AGAIN) == (next_call < num_again));
			must(step->index == next_call++);
			must(tree->calls[step->index].depth == num_open);
			must(num_open < MAX_RECORDS);
			open[num_open++] = step->index;
			break;
		case STEP_WAIT: {
			must(step->index == next_wait++);
			const struct wait *wait = &tree->waits[step->index];
			check_wait(checker, tree, wait);
			must(wait->depth < num_open);
			must(wait->start_ns >= tree->calls[open[wait->depth]].start_ns);
			must(tree->calls[open[wait->depth]].end == CALL_OPEN ||
			     wait->end_ns <= tree->calls[open[wait->depth]].end_ns);
			break;
		}
		case STEP_START:
			must(step->index == next_start++);
			must(tree->starts[step->index].depth < (num_open ? num_open : 1));
			break;
		default:
			must(false);
		}
	}
	must(next_call >= num_again && next_call == tree->num_calls);
	must(next_wait == tree->num_waits && next_start == tree->num_starts);
	return num_open;
}

static void check_tree(struct checker *checker, const struct tree *tree, bool goes_on)
{
	uint32_t open[MAX_RECORDS]; /* calls */
	size_t num_open;

	must(tree->number >= 1 && tree->number <= checker->last_number);
	must(tree->part == checker->settled[tree->number].parts + (goes_on || tree->part));
	must(tree->left_out == 0);
	must(checker->keep_calls || !tree->num_steps);
	must(!tree->lost || checker->any_lost);
	must(tree->parent_tree < tree->number);
	num_open = check_steps(checker, tree, open);
	must(goes_on || !num_open);
	for (size_t i = 0; i < num_open; i++)
		must(tree->calls[open[i]].end == CALL_OPEN);
	for (size_t i = 0; i < tree->num_calls; i++)
		must(!tree->calls[i].num_waits);
	checker->settled[tree->number].parts = tree->part;
	checker->settled[tree->number].num_open = (uint32_t)num_open;
	checker->num_trees += !goes_on;
}

/* A tree and those inside it; no deeper than MAX_RECORDS. */
static void check_family(struct checker *checker, const struct tree *tree, bool goes_on)
{
	check_tree(checker, tree, goes_on);
	for (size_t i = 0; i < tree->num_starts; i++) {
		const struct start *start = &tree->starts[i];
		const struct tree *child = start->tree;
		if (!child)
			continue;
		must(child->parent_tree == tree->number && child->parent_goid == tree->goid);
		must(child->goid == start->goid && child->pid == tree->pid);
		must(child->num_calls && child->calls[0].start_va == start->start_va);
		must(!child->part);
		check_family(checker, child, false);
	}
}

static void on_tree_ended(void *context, const struct tree *tree)
{
	struct checker *checker = context;

	checker->num_handed_on++;
	check_family(checker, tree, false);
}

static void on_tree_settled(void *context, const struct tree *tree)
{
	struct checker *checker = context;

	must(checker->keep_calls && tree->num_steps);
	check_family(checker, tree, true);
}

static uint32_t func_of_site(void *context, uint32_t site)
{
	return site / 2;
}

/* Kinds in the order of the corpus. */
static const uint8_t kinds[] = {
	0,
	RECORD_ENTRY,
	RECORD_RETURN,
	RECORD_TAIL_CALL,
	RECORD_UNWIND,
	RECORD_GOEXIT,
	RECORD_STATE,
	RECORD_GO,
	RECORD_UNREADABLE,
	RECORD_EXEC,
	RECORD_PROCESS_EXIT,
	RECORD_WRONG_GOID,
	RECORD_LEFT,
	RECORD_STATE,
};

static void lose_end(struct calltree *trees, struct checker *checker, const struct facts *facts)
{
	checker->any_lost = true;
	feed_lost_end(trees, facts->pid, facts->goid, facts->goid ? 0 : facts->tid, facts->lost,
		      facts->time_ns);
}

/* What a source tells of itself, and of no goroutine. */
static void tell(struct calltree *trees, struct checker *checker, const struct facts *facts,
		 uint8_t byte)
{
	static const uint8_t others[8] = {[1] = RECORD_TAKEN_OFF,
					  [2] = RECORD_GAP,
					  [3] = RECORD_GAP_END,
					  [4] = RECORD_STATES_OFF};
	struct facts told = {
		.kind = others[byte >> 3 & 7], .time_ns = facts->time_ns, .site = facts->site};

	if (!told.kind) {
		feed_tick(trees, told.time_ns + (byte & 1) * CALLTREE_LINGER_NS +
					 (byte >> 1 & 3) * CALLTREE_SETTLE_NS);
		return;
	}
	checker->any_gap |= told.kind == RECORD_GAP;
	feed_facts(trees, told);
}

static void feed_record(struct calltree *trees, struct checker *checker,
			const struct record *record, size_t size)
{
	/* No longer than it says, so that the address sanitizer sees what is read behind it. */
	struct record *copy = malloc(size);

	must(copy);
	memcpy(copy, record, size);
	if (record_is_valid(copy, size)) {
		checker->any_lost |= record->lost > 0 || record->kind == RECORD_UNREADABLE ||
				     record->kind == RECORD_WRONG_GOID;
		must(!calltree_feed(trees, copy));
	}
	free(copy);
}

static void feed(struct calltree *trees, struct checker *checker, const uint8_t *bytes,
		 uint64_t now_ns)
{
	uint8_t what = bytes[0] & 15;
	union any_record room;
	size_t size;
	struct facts facts = {
		.time_ns = now_ns,
		.pid = 1 + (bytes[1] >> 4 & 1),
		.tid = 10 + (bytes[1] >> 2 & 3),
		.goid = bytes[1] & 3,
		.flags = (bytes[2] & 7) | (bytes[2] & 8 ? RECORD_MAY_REPEAT : 0) |
			 (bytes[2] & 64 ? RECORD_SIGNAL_STACK : 0),
		.frame = bytes[3] & 31,
		.site = bytes[4] & 15,
		.caller_va = bytes[4] >> 6,
		.lost = bytes[5] > 240 ? bytes[5] - 240 : 0,
		.old_state = (bytes[6] & 15) | (bytes[0] & STATE_SCAN),
		.new_state = (bytes[6] >> 4) | (bytes[1] & STATE_SCAN),
		.has_origin = bytes[2] & 16,
		.by_goid = bytes[7] & 3,
		.start_va = bytes[7] >> 4,
		.by_stack = {bytes[7]},
		.value = bytes[2] & 32 ? bytes[7] + 1 : 0,
	};

	checker->last_number += 1; /* no record begins more than one tree */
	if (what == 15) {
		lose_end(trees, checker, &facts);
	} else if (what == 14) {
		tell(trees, checker, &facts, bytes[7]);
	} else {
		facts.kind = kinds[what];
		facts_record(&facts, &room);
		size = room.header.size ?: sizeof(struct record);
		/* Cut short now and then. */
		feed_record(trees, checker, &room.header, bytes[3] < 224 ? size : size - 8);
	}
}

/* ---- filters ---- */

struct shown {
	const struct filter_options *options;
	uint64_t num_calls; /* one by one */
	uint64_t num_folded; /* into those */
	uint64_t num_steps; /* of calls that ended, in trees */
};

static void on_shown_call(void *context, const struct tree *tree, const struct call *call)
{
	struct shown *shown = context;

	must(call->end != CALL_OPEN && call->folded_ns <= call->inner_ns);
	must(!shown->options->depth || call->depth < shown->options->depth);
	for (uint32_t i = 0; i < call->num_waits; i++)
		must(call->waits[i].start_ns >= call->start_ns &&
		     call->waits[i].end_ns <= call->end_ns);
	shown->num_calls++;
	shown->num_folded += call->folded_calls;
}

static void on_shown_part(void *context, const struct tree *tree)
{
	struct shown *shown = context;

	for (uint32_t i = 0; i < tree->num_steps; i++) {
		const struct step *step = &tree->steps[i];

		shown->num_steps += step->type == STEP_EXIT;
		if (step->type == STEP_START && tree->starts[step->index].tree)
			on_shown_part(context, tree->starts[step->index].tree);
	}
	must(!tree->left_out);
}

static void on_shown_tree(void *context, const struct tree *tree)
{
	const struct shown *shown = context;
	uint64_t end_ns = 0;

	for (uint32_t i = 0; i < tree->num_calls; i++)
		if (!tree->calls[i].depth)
			end_ns = tree->calls[i].end_ns;
	on_shown_part(context, tree);
	/* Of the last part alone nobody can tell: an earlier call without a caller may have been slow. */
	must(!tree->num_calls || tree->calls[0].number > 1 ||
	     end_ns - tree->calls[0].start_ns >= shown->options->slower_ns);
}

static const struct filter_options filters[] = {
	{.depth = 2},
	{.min_duration_ns = 300, .depth = 5},
	{.slower_ns = 500},
	{.slowest = 3, .min_duration_ns = 100},
};

static void filter_input(const uint8_t *data, size_t size, uint64_t num_calls_ended)
{
	const struct filter_options *options = &filters[data[0] >> 6];
	struct shown shown = {.options = options};
	const struct calltree_sink next = {.context = &shown,
					   .call_ended = on_shown_call,
					   .tree_ended = on_shown_tree,
					   .tree_settled = on_shown_part,
					   .func_of_site = data[0] & 2 ? func_of_site : NULL,
					   .states = data[0] & 8,
					   .min_wait_ns = data[0] & 16 ? MIN_WAIT_NS : 0};
	struct checker unused = {0};
	struct filter *filter;
	struct calltree *trees;
	uint64_t now_ns = 1000;

	must(!filter_new(options, &next, &filter));
	struct calltree_sink sink = filter_sink(filter);
	must(!calltree_new(&sink, &trees));
	for (size_t i = 1; i + RECORD_BYTES <= size; i += RECORD_BYTES)
		feed(trees, &unused, data + i,
		     now_ns += data[i + 5] - (data[i + 7] & 8 ? data[i + 6] : 0));
	if (!(data[0] & 4)) {
		feed_stop(trees, now_ns);
		filter_end(filter);
		must(shown.num_steps == shown.num_calls);
		must(filter_chooses(options) ||
		     shown.num_calls + shown.num_folded == num_calls_ended);
	}
	must(!filter_take_error(filter));
	calltree_free(trees);
	filter_free(filter);
}

/* ---- as it happens ---- */

struct told {
	uint64_t depth; /* levels that are shown */
	uint64_t num_begun, num_ended;
	uint64_t num_folded;
	bool any_lost;
	struct checker checker; /* of the records */
};

static void on_call_began(void *context, const struct tree *tree, const struct call *call)
{
	struct told *told = context;

	must(call->end == CALL_OPEN && call->depth < told->depth);
	must(call->number == tree->num_entered);
	told->num_begun++;
}

static void on_told_call(void *context, const struct tree *tree, const struct call *call)
{
	struct told *told = context;

	must(call->end != CALL_OPEN && call->depth < told->depth && !call->num_waits);
	must(call->folded_ns <= call->inner_ns &&
	     (call->folded_calls || !call->inner_ns || call->depth + 1 < told->depth));
	must(!call->incomplete || told->any_lost || told->checker.any_gap);
	told->num_ended++;
	told->num_folded += call->folded_calls;
}

static void on_wait_ended(void *context, const struct tree *tree, const struct call *call,
			  const struct wait *wait)
{
	const struct told *told = context;

	check_wait(&(struct checker){.states = true}, tree, wait);
	must(wait->depth == call->depth && call->depth < told->depth);
	must(wait->start_ns >= call->start_ns && call->end == CALL_OPEN);
}

static void on_records_lost(void *context, const struct tree *tree, const struct loss *loss)
{
	struct told *told = context;

	must(loss->count && loss->count <= tree->lost && loss->depth < told->depth);
	told->any_lost = true;
}

static void tell_input(const uint8_t *data, size_t size, uint64_t num_calls_ended)
{
	struct told told = {.depth = data[0] & 192 ? data[0] >> 6 : UINT32_MAX};
	struct shallow shallow = {.next = {.context = &told,
					   .call_began = on_call_began,
					   .call_ended = on_told_call,
					   .wait_ended = on_wait_ended,
					   .records_lost = on_records_lost,
					   .func_of_site = data[0] & 2 ? func_of_site : NULL,
					   .states = data[0] & 8,
					   .min_wait_ns = data[0] & 16 ? MIN_WAIT_NS : 0},
				  .depth = told.depth};
	struct calltree_sink sink = shallow_sink(&shallow);
	struct calltree *trees;
	uint64_t now_ns = 1000;

	must(!calltree_new(&sink, &trees));
	for (size_t i = 1; i + RECORD_BYTES <= size; i += RECORD_BYTES)
		feed(trees, &told.checker, data + i,
		     now_ns += data[i + 5] - (data[i + 7] & 8 ? data[i + 6] : 0));
	if (!(data[0] & 4)) {
		feed_stop(trees, now_ns);
		must(told.num_begun == told.num_ended);
		must(told.num_ended + told.num_folded == num_calls_ended);
	}
	calltree_free(trees);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct checker checker = {0};
	struct calltree *trees;
	uint64_t now_ns = 1000;

	if (size < 1 || size > 1 + MAX_RECORDS * RECORD_BYTES)
		return 0;
	checker.keep_calls = data[0] & 1;
	struct calltree_sink sink = {.context = &checker,
				     .call_ended = on_call_ended,
				     .tree_ended = on_tree_ended,
				     .keep_calls = checker.keep_calls,
				     .states = data[0] & 8,
				     .min_wait_ns = data[0] & 16 ? MIN_WAIT_NS : 0};
	if (data[0] & 32)
		sink.tree_settled = on_tree_settled;
	checker.by_function = data[0] & 2;
	checker.states = sink.states;
	if (checker.by_function)
		sink.func_of_site = func_of_site;

	must(!calltree_new(&sink, &trees));
	for (size_t i = 1; i + RECORD_BYTES <= size; i += RECORD_BYTES)
		feed(trees, &checker, data + i,
		     now_ns += data[i + 5] - (data[i + 7] & 8 ? data[i + 6] : 0));
	size_t num_open = calltree_num_open(trees);
	uint64_t num_ended = calltree_num_ended(trees);
	if (!(data[0] & 4)) {
		feed_stop(trees, now_ns);
		must(calltree_num_open(trees) == 0);
		must(calltree_num_ended(trees) == num_ended + num_open);
		must(checker.num_trees == num_ended + num_open);
		must(checker.keep_calls || checker.num_handed_on == checker.num_trees);
		must(!checker.keep_calls || checker.num_calls_in_trees == checker.num_calls_ended);
	}
	calltree_free(trees);
	filter_input(data, size, checker.num_calls_ended);
	tell_input(data, size, checker.num_calls_ended);
	return 0;
}
