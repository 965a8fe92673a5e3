/* SPDX-License-Identifier: MIT */
/*
 * calltree_written.h - for tests: call trees as text.
 *
 * Function 0 is "a", its entry "a(" and its exit ")" with a letter behind it if it was no return: T tail
 * call, P panic, G goexit, X process exit, R running, L lost, V left; a "?" if the call is incomplete.
 * Behind the tree stand what was lost and what was left out. Trees are divided by "|".
 */
#ifndef GOFUNCGRAPH_TESTS_CALLTREE_WRITTEN_H
#define GOFUNCGRAPH_TESTS_CALLTREE_WRITTEN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feed_trees.h"
#include "gofuncgraph/calltree.h"

#define PID 100

struct fixture {
	struct calltree *trees;
	char text[8192]; /* trees ended */
	char ended[4096]; /* calls in order of ending: "0b1 " is tree 1's b at depth 0 */
	uint64_t now_ns;
	uint64_t num_calls;
	struct call last; /* ended last */
	uint64_t last_goid;
};

static inline void append(char *text, size_t size, const char *what)
{
	size_t used = strlen(text);

	assert_true(used + strlen(what) < size);
	strcpy(text + used, what);
}

static inline void on_call_ended(void *context, const struct tree *tree, const struct call *call)
{
	struct fixture *f = context;
	char text[64];

	f->last = *call;
	f->last_goid = tree->goid;
	f->num_calls++;
	if (strlen(f->ended) > sizeof(f->ended) - 64)
		return;
	snprintf(text, sizeof(text), "%u%c%llu ", call->depth, 'a' + call->entry_site / 2,
		 (unsigned long long)tree->number);
	append(f->ended, sizeof(f->ended), text);
}

static inline void on_tree_ended(void *context, const struct tree *tree)
{
	static const char ends[] = "?.TPGXRLVO";
	struct fixture *f = context;
	char text[64];

	if (tree->num_steps > 1000)
		return;
	for (size_t i = 0; i < tree->num_steps; i++) {
		const struct call *call = &tree->calls[tree->steps[i].index];
		assert_int_not_equal(call->end, CALL_OPEN);
		if (tree->steps[i].type == STEP_EXIT)
			snprintf(text, sizeof(text), ")%.*s%s", call->end != CALL_RETURN,
				 &ends[call->end], call->incomplete ? "?" : "");
		else
			snprintf(text, sizeof(text), "%c(", 'a' + call->entry_site / 2);
		append(f->text, sizeof(f->text), text);
	}
	snprintf(text, sizeof(text), " lost %llu", (unsigned long long)tree->lost);
	if (tree->lost)
		append(f->text, sizeof(f->text), text);
	snprintf(text, sizeof(text), " off %llu", (unsigned long long)tree->off_ns);
	if (tree->off_ns)
		append(f->text, sizeof(f->text), text);
	append(f->text, sizeof(f->text), "|");
}

static inline uint32_t func_of_site(void *context, uint32_t site)
{
	return site / 2;
}

static inline int setup_with(void **state, bool keep_calls)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct calltree_sink sink = {.context = f,
				     .call_ended = on_call_ended,
				     .tree_ended = on_tree_ended,
				     .func_of_site = func_of_site,
				     .keep_calls = keep_calls};

	assert_non_null(f);
	f->now_ns = 1000;
	*state = f;
	assert_null(calltree_new(&sink, &f->trees));
	return 0;
}

static inline int setup(void **state)
{
	return setup_with(state, true);
}

static inline int setup_streaming(void **state)
{
	return setup_with(state, false);
}

static inline int teardown(void **state)
{
	struct fixture *f = *state;

	calltree_free(f->trees);
	free(f);
	return 0;
}

/* One event of goroutine 1 each; time goes on by 10 ns. */
static inline void feed(struct fixture *f, struct facts event)
{
	event.pid = event.pid ? event.pid : PID;
	event.tid = event.tid ? event.tid : PID + 1;
	event.time_ns = f->now_ns += 10;
	assert_null(calltree_feed(f->trees, FACTS_RECORD(&event)));
}

#define ENTER(func_, frame_, ...)                                                                  \
	feed(f, (struct facts){.kind = RECORD_ENTRY,                                               \
			       .goid = 1,                                                          \
			       .site = (uint32_t)((func_) - 'a') * 2,                              \
			       .frame = (frame_),                                                  \
			       .caller_va = 7,                                                     \
			       __VA_ARGS__})
#define LEAVE(func_, frame_, ...)                                                                  \
	feed(f, (struct facts){.kind = RECORD_RETURN,                                              \
			       .goid = 1,                                                          \
			       .site = (uint32_t)((func_) - 'a') * 2 + 1,                          \
			       .frame = (frame_),                                                  \
			       __VA_ARGS__})
#define LEFT(frame_, ...)                                                                          \
	feed(f, (struct facts){.kind = RECORD_LEFT, .goid = 1, .frame = (frame_), __VA_ARGS__})
#define OPENS  .flags = RECORD_OPENS_TREE
#define CLOSES .flags = RECORD_CLOSES_TREE
#define TAIL   .kind = RECORD_TAIL_CALL

#pragma GCC diagnostic ignored "-Woverride-init"
#ifdef __clang__
#pragma GCC diagnostic ignored "-Winitializer-overrides"
#endif

#define TEST(name)           cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_STREAMING(name) cmocka_unit_test_setup_teardown(name, setup_streaming, teardown)

#endif
