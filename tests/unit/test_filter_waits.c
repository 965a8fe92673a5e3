/* SPDX-License-Identifier: MIT */
/* test_filter_waits.c - waits of trees that come in parts, behind a filter: each is told once, or counted. */
#include "filtered.h"

#include "calltree/waits.h"
#include "filter/tee.h"

/* A wait in each of two parts of a call. */
static void feed_waits_of_parts(struct fixture *f)
{
	ENTER(0, 'a', 100, OPENS);
	STATE(1, STATE_RUNNING, STATE_WAITING, REASON = 3);
	RUNS(21);
	feed_tick(f->trees, 1000 + 10 * SECOND);
	STATE(10 * SECOND, STATE_RUNNING, STATE_WAITING, REASON = 3);
	RUNS(10 * SECOND + 30);
	LEAVE(20 * SECOND, 'a', 100, CLOSES);
}

/* Told while they are open, and held back until they are slow. */
static const uint64_t slower_than_parts[] = {1, 15 * SECOND};

/* A wait is in one part, the end of its call in another: those are told by number. */
static void test_waits_of_parts(void **state)
{
	for (size_t i = 0; i < 2; i++) {
		const struct filter_options options = {.slower_ns = slower_than_parts[i]};
		struct filtered *one = filtered_start(&options, true);
		struct fixture *f = &one->f;

		feed_waits_of_parts(f);
		assert_non_null(strstr(f->text, "a(w30)"));
		assert_int_equal(f->first.waits_left_out, 1);
		assert_int_equal(f->first.num_waits, 0);
		filtered_stop(one);
	}
}

/* As -f otlp does. */
static void take_waits(void *context, const struct tree *tree)
{
	struct fixture *f = context;
	struct wait *waits;

	assert_true(waits_give(tree, &waits));
	f->first = tree->calls[0];
	waits_take_back(tree);
	free(waits);
}

static void ignore_call(void *context, const struct tree *tree, const struct call *call)
{
}

static void ignore_tree(void *context, const struct tree *tree)
{
}

/* Who takes waits by the tree, and hears of calls besides, counts what is left out of these. */
static void test_waits_of_parts_by_tree(void **state)
{
	for (size_t i = 0; i < 2; i++) {
		const struct filter_options options = {.slower_ns = slower_than_parts[i]};
		struct filtered *one = calloc(1, sizeof(*one));
		const struct calltree_sink next = {.context = &one->f,
						   .call_began = ignore_call,
						   .tree_ended = take_waits,
						   .tree_settled = take_waits,
						   .func_of_site = func_of_site,
						   .keep_calls = true,
						   .states = true,
						   .min_wait_ns = 10};

		assert_non_null(one);
		assert_null(filter_new(&options, &next, &one->filter));
		struct calltree_sink sink = filter_sink(one->filter);
		assert_null(calltree_new(&sink, &one->f.trees));
		feed_waits_of_parts(&one->f);
		assert_int_equal(one->f.first.num_waits, 1);
		assert_int_equal(one->f.first.waits_left_out, 1);
		filtered_stop(one);
	}
}

/* Nor does it matter that others, who take no waits, hear of the same calls, as metrics do. */
static void test_waits_beside(void **state)
{
	for (size_t i = 0; i < 2; i++) {
		const struct calltree_sink other = {.call_ended = ignore_call,
						    .tree_ended = ignore_tree,
						    .tree_settled = ignore_tree,
						    .func_of_site = func_of_site};
		const struct filter_options options = {.slower_ns = slower_than_parts[i]};
		struct filtered *one = filtered_start(&options, true);
		struct filter *beside;
		struct tee tee = {.then = filter_sink(one->filter)};

		assert_null(filter_new(&options, &other, &beside));
		tee.first = filter_sink(beside);
		calltree_free(one->f.trees);
		struct calltree_sink sink = tee_sink(&tee);
		assert_null(calltree_new(&sink, &one->f.trees));
		feed_waits_of_parts(&one->f);
		assert_non_null(strstr(one->f.text, "a(w30)"));
		assert_int_equal(one->f.first.waits_left_out, 1);
		assert_null(filter_take_error(beside));
		filtered_stop(one);
		filter_free(beside);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_waits_of_parts),
		cmocka_unit_test(test_waits_of_parts_by_tree),
		cmocka_unit_test(test_waits_beside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
