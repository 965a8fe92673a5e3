/* SPDX-License-Identifier: MIT */
/*
 * fuzz_calltree.c - any stream of events gives well-formed trees.
 *
 * Six bytes an event, with few goroutines, positions and functions, so that they meet often. Every
 * call that was opened ends exactly once; in a tree calls nest, and depth says how deep.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gofuncgraph/calltree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_EVENTS  2000
#define EVENT_BYTES 6

#define must(condition)                                                                            \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

struct checker {
	bool keep_calls;
	bool by_function; /* exits are matched by function too */
	bool any_lost;
	uint64_t num_calls_ended;
	uint64_t num_calls_in_trees;
	uint64_t num_trees;
};

static void check_call(const struct checker *checker, const struct tree *tree,
		       const struct call *call)
{
	must(call->end > CALL_OPEN && call->end <= CALL_LOST);
	must(call->end_ns >= call->start_ns);
	must(!call->incomplete || tree->lost);
	must(call->end != CALL_LOST || call->incomplete);
	if (checker->by_function && (call->end == CALL_RETURN || call->end == CALL_TAIL_CALL))
		must(call->exit_site / 2 == call->entry_site / 2);
}

static void on_call_ended(void *context, const struct tree *tree, const struct call *call)
{
	struct checker *checker = context;

	check_call(checker, tree, call);
	must(call->depth < MAX_EVENTS);
	checker->num_calls_ended++;
}

static void on_tree_ended(void *context, const struct tree *tree)
{
	struct checker *checker = context;
	uint32_t open[MAX_EVENTS]; /* calls */
	size_t num_open = 0;
	uint32_t next_call = 0;

	must(tree->number >= 1);
	must(tree->left_out == 0);
	must(tree->num_steps == tree->num_calls * 2);
	must(checker->keep_calls || !tree->num_calls);
	must(!tree->lost || checker->any_lost);
	for (size_t i = 0; i < tree->num_steps; i++) {
		const struct step *step = &tree->steps[i];
		if (step->type == STEP_EXIT) {
			/* Innermost first, each once. */
			must(num_open && open[--num_open] == step->index);
			continue;
		}
		must(step->index == next_call++);
		must(tree->calls[step->index].depth == num_open);
		must(num_open < MAX_EVENTS);
		open[num_open++] = step->index;
	}
	must(num_open == 0 && next_call == tree->num_calls);
	for (size_t i = 0; i < tree->num_calls; i++)
		check_call(checker, tree, &tree->calls[i]);
	checker->num_calls_in_trees += tree->num_calls;
	checker->num_trees++;
}

static uint32_t func_of_site(void *context, uint32_t site)
{
	return site / 2;
}

static void feed(struct calltree *trees, struct checker *checker, const uint8_t *bytes,
		 uint64_t now_ns)
{
	uint32_t pid = 1 + (bytes[1] >> 4 & 1);
	uint64_t goid = bytes[1] & 3;
	struct event event = {
		.time_ns = now_ns,
		.pid = pid,
		.tid = 10 + (bytes[1] >> 2 & 3),
		.goid = goid,
		.kind = bytes[0] & 15,
		.flags = bytes[2] & 15,
		.frame = bytes[3] & 31,
		.site = bytes[4] & 15,
		.caller_va = bytes[4] >> 6,
		.lost = bytes[5] > 240 ? bytes[5] - 240 : 0,
	};

	checker->any_lost |= event.lost > 0 || event.kind == EVENT_UNREADABLE;
	if (event.kind == 15) {
		checker->any_lost = true;
		calltree_end_was_lost(trees, pid, goid, event.lost, now_ns);
		return;
	}
	struct error *err = calltree_feed(trees, &event);
	must(!err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct checker checker = {0};
	struct calltree *trees;
	uint64_t now_ns = 1000;

	if (size < 1 || size > 1 + MAX_EVENTS * EVENT_BYTES)
		return 0;
	checker.keep_calls = data[0] & 1;
	struct calltree_sink sink = {.context = &checker,
				     .call_ended = on_call_ended,
				     .tree_ended = on_tree_ended,
				     .keep_calls = checker.keep_calls};
	checker.by_function = data[0] & 2;
	if (checker.by_function)
		sink.func_of_site = func_of_site;

	must(!calltree_new(&sink, &trees));
	for (size_t i = 1; i + EVENT_BYTES <= size; i += EVENT_BYTES)
		feed(trees, &checker, data + i, now_ns += data[i + 5]);
	size_t num_open = calltree_num_open(trees);
	uint64_t num_ended = calltree_num_ended(trees);
	if (!(data[0] & 4)) {
		calltree_finish(trees, now_ns);
		must(calltree_num_open(trees) == 0);
		must(calltree_num_ended(trees) == num_ended + num_open);
		must(checker.num_trees == num_ended + num_open);
		must(!checker.keep_calls || checker.num_calls_in_trees == checker.num_calls_ended);
	}
	calltree_free(trees);
	return 0;
}
