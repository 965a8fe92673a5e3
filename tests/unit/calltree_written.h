/* SPDX-License-Identifier: MIT */
/*
 * calltree_written.h - for tests: call trees as text.
 *
 * The calls as in letters.h, behind the tree what was lost and what was left out: "a(b()) lost 2|". Trees are
 * divided by "|".
 */
#ifndef GOFUNCGRAPH_TESTS_CALLTREE_WRITTEN_H
#define GOFUNCGRAPH_TESTS_CALLTREE_WRITTEN_H

#include "letters.h"

struct fixture {
	struct calltree *trees;
	char text[8192]; /* trees ended */
	char ended[4096]; /* calls in order of ending: "0b1 " is tree 1's b at depth 0 */
	uint64_t now_ns;
	uint64_t num_calls;
	struct call last; /* ended last */
	uint64_t last_goid;
};

static inline void on_call_ended(void *context, const struct tree *tree, const struct call *call)
{
	struct fixture *f = context;

	f->last = *call;
	f->last_goid = tree->goid;
	f->num_calls++;
	if (strlen(f->ended) <= sizeof(f->ended) - 64)
		append(f->ended, sizeof(f->ended), "%u%c%llu ", call->depth, letter_of(call),
		       (unsigned long long)tree->number);
}

static inline void on_tree_ended(void *context, const struct tree *tree)
{
	struct fixture *f = context;

	if (tree->num_steps > 1000)
		return;
	for (size_t i = 0; i < tree->num_steps; i++) {
		const struct call *call = &tree->calls[tree->steps[i].index];
		assert_int_not_equal(call->end, CALL_OPEN);
		if (tree->steps[i].type == STEP_EXIT)
			append_end(f->text, sizeof(f->text), call);
		else
			append(f->text, sizeof(f->text), "%c(", letter_of(call));
	}
	if (tree->lost)
		append(f->text, sizeof(f->text), " lost %llu", (unsigned long long)tree->lost);
	if (tree->off_ns)
		append(f->text, sizeof(f->text), " off %llu", (unsigned long long)tree->off_ns);
	append(f->text, sizeof(f->text), "|");
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
	event.time_ns = f->now_ns += 10;
	feed_letters(f->trees, event);
}

#define ENTER(func_, frame_, ...)                                                                  \
	feed(f, (struct facts){ENTRY_OF(func_, frame_), .goid = 1, __VA_ARGS__})
#define LEAVE(func_, frame_, ...)                                                                  \
	feed(f, (struct facts){RETURN_OF(func_, frame_), .goid = 1, __VA_ARGS__})
#define LEFT(frame_, ...)                                                                          \
	feed(f, (struct facts){.kind = RECORD_LEFT, .goid = 1, .frame = (frame_), __VA_ARGS__})
#define TAIL .kind = RECORD_TAIL_CALL

#define TEST(name)           cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_STREAMING(name) cmocka_unit_test_setup_teardown(name, setup_streaming, teardown)

#endif
