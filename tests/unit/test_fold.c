/* SPDX-License-Identifier: MIT */
/* test_fold.c - calls that are too short or too deep are folded into their callers. */
#include "filtered.h"

static void feed_levels(struct fixture *f)
{
	ENTER(0, 'a', 100, OPENS);
	ENTER(1, 'b', 200);
	ENTER(2, 'c', 300);
	ENTER(3, 'd', 400);
	LEAVE(6, 'd', 400);
	LEAVE(11, 'c', 300);
	LEAVE(12, 'b', 200);
	ENTER(13, 'e', 200);
	LEAVE(15, 'e', 200);
	ENTER(16, 'f', 200);
	ENTER(17, 'g', 300);
	LEAVE(18, 'g', 300);
	LEAVE(30, 'f', 200);
	LEAVE(31, 'a', 100, CLOSES);
}

static void test_depth(void **state)
{
	static const char *const wanted[] = {"a(<6 27>)|", "a(b(<2 9>)e()f(<1 1>))|",
					     "a(b(c(<1 3>))e()f(g()))|", "a(b(c(d()))e()f(g()))|"};

	for (uint64_t depth = 1; depth <= 4; depth++) {
		struct filtered *one =
			filtered_start(&(struct filter_options){.depth = depth}, false);

		feed_levels(&one->f);
		assert_string_equal(one->f.text, wanted[depth - 1]);
		filtered_stop(one);
	}
}

static void test_min_duration(void **state)
{
	struct filtered *one =
		filtered_start(&(struct filter_options){.min_duration_ns = 9}, false);

	feed_levels(&one->f);
	assert_string_equal(one->f.text, "a(b(c(<1 3>))f(<1 1>)<1 2>)|");
	filtered_stop(one);
	one = filtered_start(&(struct filter_options){.min_duration_ns = 12, .depth = 2}, true);
	feed_levels(&one->f);
	assert_string_equal(one->f.text, "f(<1 1>)a(<4 13>)a(f(<1 1>)<4 13>)|");
	filtered_stop(one);
}

/* Short calls have waits that are told no more, and goroutines that are. */
static void test_inside_of_folded(void **state)
{
	struct filtered *one =
		filtered_start(&(struct filter_options){.min_duration_ns = 100}, false);
	struct fixture *f = &one->f;

	ENTER(0, 'a', 100, OPENS);
	ENTER(1, 'b', 200);
	STATE(2, STATE_RUNNING, STATE_WAITING, REASON = 3);
	RUNS(22);
	GO(23, 2, 1);
	RUNS(24, GOID = 2);
	ENTER(25, 'c', 100, GOID = 2);
	LEAVE(26, 'c', 100, GOID = 2);
	GOEXIT(30, GOID = 2);
	LEAVE(40, 'b', 200);
	LEAVE(41, 'a', 100, CLOSES);
	assert_string_equal(f->text, "a(go2{s(<1 1>)G[R1]}<1 39>)[W3:20]|");
	assert_int_equal(f->start.depth, 0);
	filtered_stop(one);
}

/* The number goes from part to part, until it is told. What was shown as open is not folded. */
static void test_folded_in_parts(void **state)
{
	for (uint64_t slower = 0; slower <= 11 * SECOND; slower += 11 * SECOND) {
		const struct filter_options options = {.min_duration_ns = 15 * SECOND,
						       .slower_ns = slower};
		struct filtered *one = filtered_start(&options, false);
		struct fixture *f = &one->f;

		ENTER(0, 'a', 100, OPENS);
		ENTER(1, 'b', 200);
		LEAVE(3, 'b', 200);
		ENTER(4, 'c', 200);
		feed_tick(f->trees, 1000 + 10 * SECOND);
		LEAVE(10 * SECOND, 'c', 200);
		ENTER(11 * SECOND, 'd', 200);
		LEAVE(11 * SECOND + 1, 'd', 200);
		LEAVE(20 * SECOND, 'a', 100, CLOSES);
		assert_string_equal(f->text, "#1 a(c(~|#2 &a(&c()<2 3>)|");
		filtered_stop(one);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_min_duration),
		cmocka_unit_test(test_inside_of_folded),
		cmocka_unit_test(test_folded_in_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
