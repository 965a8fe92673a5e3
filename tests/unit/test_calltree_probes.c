/* SPDX-License-Identifier: MIT */
/* test_calltree_probes.c - how much of a call's time is that of probes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "feed_trees.h"

struct fixture {
	struct calltree *trees;
	struct call calls[8]; /* by function */
};

/* Function f has its entry at site 2f, its exit behind it. */
static const struct hit_time hit_times[] = {{10, 20}, {30, 4000}, {1, 2}, {3, 400}};

static void on_call_ended(void *context, const struct tree *tree, const struct call *call)
{
	struct fixture *f = context;

	f->calls[call->entry_site / 2] = *call;
}

static void start(struct fixture *f, const struct hit_time *times)
{
	const struct calltree_sink sink = {
		.context = f, .call_ended = on_call_ended, .hit_times = times, .keep_calls = true};

	*f = (struct fixture){};
	assert_null(calltree_new(&sink, &f->trees));
}

static void enter(struct fixture *f, uint64_t time_ns, uint32_t func, uint32_t depth)
{
	feed_facts(f->trees, (struct facts){.kind = RECORD_ENTRY,
					    .flags = depth ? 0 : RECORD_OPENS_TREE,
					    .time_ns = time_ns,
					    .goid = 1,
					    .pid = 1,
					    .site = 2 * func,
					    .frame = 100 + depth});
}

static void leave(struct fixture *f, uint64_t time_ns, uint32_t func, uint32_t depth)
{
	feed_facts(f->trees, (struct facts){.kind = RECORD_RETURN,
					    .flags = depth ? 0 : RECORD_CLOSES_TREE,
					    .time_ns = time_ns,
					    .goid = 1,
					    .pid = 1,
					    .site = 2 * func + 1,
					    .frame = 100 + depth});
}

/* Its own from behind its entry to before its exit, and all of what it calls. */
static void test_nested(void **state)
{
	struct fixture f;

	start(&f, hit_times);
	enter(&f, 1000, 0, 0);
	for (uint64_t i = 0; i < 3; i++) {
		enter(&f, 10000 + 1000 * i, 1, 1);
		leave(&f, 10300 + 1000 * i, 1, 1);
	}
	leave(&f, 100000, 0, 0);
	assert_int_equal(f.calls[1].probe_ns, 2 + 3);
	assert_int_equal(f.calls[0].probe_ns, 20 + 3 * (1 + 2 + 3 + 400) + 30);
	calltree_free(f.trees);
}

/* An estimate is never more than what there is. */
static void test_at_most_all(void **state)
{
	struct fixture f;

	start(&f, hit_times);
	enter(&f, 1000, 0, 0);
	enter(&f, 1010, 1, 1);
	leave(&f, 1013, 1, 1);
	leave(&f, 1100, 0, 0);
	assert_int_equal(f.calls[1].probe_ns, 3);
	assert_int_equal(f.calls[0].probe_ns, 100);
	assert_true(call_is_mostly_probes(&f.calls[0]));
	calltree_free(f.trees);
}

/* Of an end that was no exit there is no second hit. */
static void test_no_exit(void **state)
{
	struct fixture f;

	start(&f, hit_times);
	enter(&f, 1000, 0, 0);
	feed_stop(f.trees, 5000);
	assert_int_equal(f.calls[0].probe_ns, 20);
	assert_false(call_is_mostly_probes(&f.calls[0]));
	calltree_free(f.trees);
}

static void test_of_no_interest(void **state)
{
	struct fixture f;

	start(&f, NULL);
	enter(&f, 1000, 0, 0);
	leave(&f, 1001, 0, 0);
	assert_int_equal(f.calls[0].end, CALL_RETURN);
	assert_int_equal(f.calls[0].probe_ns, 0);
	assert_false(call_is_mostly_probes(&f.calls[0]));
	calltree_free(f.trees);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_at_most_all),
		cmocka_unit_test(test_no_exit),
		cmocka_unit_test(test_of_no_interest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
