/* SPDX-License-Identifier: MIT */
/* test_filter.c - which trees a filter hands on, when, and what it counts of the others. */
#include "filtered.h"

/* A tree of goroutine `goid` that takes so long, with one call inside. */
static void make_tree(struct fixture *f, uint64_t goid, char func, uint64_t start_ns,
		      uint64_t duration_ns)
{
	ENTER(start_ns, func, 100, OPENS, GOID = goid);
	ENTER(start_ns, 'x', 200, GOID = goid);
	LEAVE(start_ns, 'x', 200, GOID = goid);
	LEAVE(start_ns + duration_ns, func, 100, CLOSES, GOID = goid);
}

#define ASSERT_SUMS(one, count_, lost_, max_)                                                      \
	do {                                                                                       \
		const struct filter_sums *sums = filter_sums((one)->filter);                       \
		assert_int_equal(sums->durations.count, count_);                                   \
		assert_int_equal(sums->lost, lost_);                                               \
		assert_int_equal(sums->durations.max, max_);                                       \
		assert_int_equal(sums->not_kept, 0);                                               \
	} while (0)

/* ---- slower ---- */

static void test_slower(void **state)
{
	struct filtered *one = filtered_start(&(struct filter_options){.slower_ns = 50}, false);

	make_tree(&one->f, 1, 'a', 0, 49);
	make_tree(&one->f, 1, 'b', 100, 50);
	make_tree(&one->f, 1, 'c', 200, 51);
	make_tree(&one->f, 1, 'd', 300, 1);
	assert_string_equal(one->f.text, "b(x())|c(x())|");
	ASSERT_SUMS(one, 4, 0, 51);
	filtered_stop(one);
}

/* A goroutine may be started behind the first call's end, if what told that end was lost. */
static void test_behind_the_end(void **state)
{
	struct filtered *one = filtered_start(&(struct filter_options){.slower_ns = 50}, false);
	struct fixture *f = &one->f;

	ENTER(0, 'a', 100, OPENS);
	LEAVE(10, 'a', 100);
	GO(90, 2, 1);
	GOEXIT(91, GOID = 2);
	ENTER(95, 'b', 100, OPENS);
	assert_int_equal(calltree_num_ended(f->trees), 2);
	assert_string_equal(f->text, "");
	ASSERT_SUMS(one, 1, 0, 10);
	filtered_stop(one);
}

/* Calls come as they would without a filter, but those of other trees do not. */
static void feed_with_waits(struct fixture *f)
{
	ENTER(0, 'a', 100, OPENS);
	ENTER(1, 'b', 200);
	STATE(2, STATE_RUNNING, STATE_WAITING, REASON = 3);
	RUNS(22);
	ENTER(23, 'c', 300);
	STATE(24, STATE_RUNNING, STATE_SYSCALL);
	STATE(44, STATE_SYSCALL, STATE_RUNNING);
	LEAVE(45, 'c', 300);
	STATE(50, STATE_RUNNING, STATE_WAITING, REASON = 4);
	RUNS(70);
	LEAVE(71, 'b', 200);
	STATE(72, STATE_RUNNING, STATE_WAITING, REASON = 3);
	RUNS(90);
	LEAVE(100, 'a', 100, CLOSES);
}

static void test_calls(void **state)
{
	struct filtered *one = filtered_start(&(struct filter_options){.slower_ns = 50}, true);
	struct fixture *plain;

	make_tree(&one->f, 2, 'z', 0, 49);
	assert_string_equal(one->f.text, "");
	feed_with_waits(&one->f);
	assert_int_equal(setup_streaming((void **)&plain), 0);
	feed_with_waits(plain);
	/* The tree itself is empty without keep_calls. */
	assert_true(strlen(plain->text) > 30);
	plain->text[strlen(plain->text) - 1] = '\0';
	assert_int_equal(strncmp(one->f.text, plain->text, strlen(plain->text)), 0);
	teardown((void **)&plain);
	ASSERT_SUMS(one, 2, 0, 100);
	filtered_stop(one);
}

static void on_began(void *context, const struct tree *tree, const struct call *call)
{
	add(context, "%c<", letter_of(call));
}

static void on_wait(void *context, const struct tree *tree, const struct call *call,
		    const struct wait *wait)
{
	assert_int_equal(wait->depth, call->depth);
	add(context, "%c:", letter_of(call));
	add_wait(context, wait);
}

static void on_end(void *context, const struct tree *tree)
{
	add(context, "|");
}

/* Calls and waits as they happened, those of one tree behind those of another that began before. */
static void test_stream(void **state)
{
	struct filtered *one = calloc(1, sizeof(*one));
	struct calltree_sink next = {.context = &one->f,
				     .call_began = on_began,
				     .call_ended = on_call_ended,
				     .wait_ended = on_wait,
				     .tree_ended = on_end,
				     .func_of_site = func_of_site,
				     .states = true,
				     .min_wait_ns = 10};

	assert_null(filter_new(&(struct filter_options){.slowest = 2, .by_begin = true}, &next,
			       &one->filter));
	struct calltree_sink sink = filter_sink(one->filter);
	assert_null(calltree_new(&sink, &one->f.trees));
	feed_with_waits(&one->f);
	make_tree(&one->f, 1, 'y', 200, 10);
	make_tree(&one->f, 1, 'z', 300, 200);
	filter_end(one->filter);
	assert_string_equal(one->f.text, "a<b<b:w20c<c:w20c()[S20]b:w20b()[W3:20 S20 W4:20]"
					 "a:w18a()[W3:38 S20 W4:20]|z<x<x()z()|");
	filtered_stop(one);
}

static void feed_long(struct fixture *f, uint64_t start_ns, uint64_t end_ns)
{
	ENTER(start_ns, 'a', 100, OPENS);
	ENTER(start_ns + 1, 'b', 200);
	LEAVE(start_ns + 2, 'b', 200);
	feed_tick(f->trees, 1000 + start_ns + 10 * SECOND);
	ENTER(start_ns + 10 * SECOND, 'c', 200);
	LEAVE(start_ns + 11 * SECOND, 'c', 200);
	feed_tick(f->trees, 1000 + start_ns + 20 * SECOND);
	LEAVE(end_ns, 'a', 100, CLOSES);
}

/* Held back while it is not slow, told at once from then on. */
static void test_parts(void **state)
{
	struct filtered *one =
		filtered_start(&(struct filter_options){.slower_ns = 11 * SECOND}, false);
	struct fixture *f = &one->f;

	feed_long(f, 0, 30 * SECOND);
	assert_string_equal(f->text, "#1 a(b()~|#2 &a(c()~|#3 &a()|");
	filtered_stop(one);
	one = filtered_start(&(struct filter_options){.slower_ns = 25 * SECOND}, false);
	feed_long(&one->f, 0, 24 * SECOND);
	assert_string_equal(one->f.text, "");
	feed_long(&one->f, 100 * SECOND, 125 * SECOND);
	assert_string_equal(one->f.text, "#1 a(b()~|#2 &a(c()~|#3 &a()|");
	ASSERT_SUMS(one, 2, 0, 25 * SECOND);
	filtered_stop(one);
}

static void test_open_at_the_end(void **state)
{
	struct filtered *one = filtered_start(&(struct filter_options){.slower_ns = 50}, false);
	struct fixture *f = &one->f;

	ENTER(0, 'a', 100, OPENS, GOID = 1);
	ENTER(60, 'b', 100, OPENS, GOID = 2);
	feed_stop(f->trees, 1000 + 100);
	assert_string_equal(f->text, "a()R|");
	ASSERT_SUMS(one, 2, 0, 100);
	filtered_stop(one);
}

/* Nobody knows how long it took. */
static void test_lost(void **state)
{
	struct filtered *one = filtered_start(&(struct filter_options){.slower_ns = 50}, false);
	struct fixture *f = &one->f;

	ENTER(0, 'a', 100, OPENS);
	feed_lost_end(f->trees, PID, 1, 0, 1, 1000 + 20);
	ENTER(0, 'b', 100, OPENS);
	feed_lost_end(f->trees, PID, 1, 0, 1, 1000 + 90);
	assert_string_equal(f->text, "b()L? lost 1|");
	ASSERT_SUMS(one, 0, 2, 0);
	filtered_stop(one);
}

/* Goroutines that were started inside a tree go with it, those that outlive it by themselves; they
 * are no calls of targets. */
static void test_followed(void **state)
{
	struct filtered *one = filtered_start(&(struct filter_options){.slower_ns = 50}, true);
	struct fixture *f = &one->f;

	ENTER(0, 'a', 100, OPENS);
	GO(1, 2, 1);
	GOEXIT(3, GOID = 2);
	LEAVE(60, 'a', 100, CLOSES);
	assert_string_equal(f->text, "s()G[R2]a()a(go2{s()G[R2]})|");
	f->text[0] = '\0';
	ENTER(100, 'a', 100, OPENS);
	GO(101, 2, 1);
	GO(101, 3, 1);
	LEAVE(110, 'a', 100, CLOSES);
	GOEXIT(140, GOID = 2);
	feed_tick(f->trees, 1000 + 2 * SECOND);
	assert_string_equal(f->text, "");
	GOEXIT(2 * SECOND, GOID = 3);
	assert_non_null(strstr(f->text, "s(w1999999899)G"));
	ASSERT_SUMS(one, 2, 0, 60);
	filtered_stop(one);
}

/* ---- slowest ---- */

static void test_slowest(void **state)
{
	struct filtered *one = filtered_start(&(struct filter_options){.slowest = 3}, false);

	make_tree(&one->f, 1, 'a', 0, 30);
	make_tree(&one->f, 1, 'b', 100, 50);
	make_tree(&one->f, 1, 'c', 200, 20);
	make_tree(&one->f, 1, 'd', 300, 40);
	make_tree(&one->f, 1, 'e', 400, 30);
	make_tree(&one->f, 1, 'f', 500, 60);
	assert_string_equal(one->f.text, "");
	filter_end(one->filter);
	assert_string_equal(one->f.text, "f(x())|b(x())|d(x())|");
	ASSERT_SUMS(one, 6, 0, 60);
	filtered_stop(one);
}

static void test_slowest_and_slower(void **state)
{
	struct filtered *one =
		filtered_start(&(struct filter_options){.slowest = 5, .slower_ns = 40}, true);

	feed_with_waits(&one->f);
	make_tree(&one->f, 1, 'a', 200, 39);
	make_tree(&one->f, 1, 'd', 300, 40);
	filter_end(one->filter);
	assert_non_null(strstr(one->f.text, "b(w20w20)"));
	assert_non_null(strstr(one->f.text, "x()d()d(x())|"));
	assert_null(strstr(one->f.text, "x()a("));
	filtered_stop(one);
}

/* Its parts come together, and one that is not among them in none. */
static void test_slowest_in_parts(void **state)
{
	struct filtered *one = filtered_start(&(struct filter_options){.slowest = 1}, false);

	feed_long(&one->f, 0, 30 * SECOND);
	feed_long(&one->f, 100 * SECOND, 129 * SECOND);
	filter_end(one->filter);
	assert_string_equal(one->f.text, "#1 a(b()~|#2 &a(c()~|#3 &a()|");
	filtered_stop(one);
}

static void test_interval(void **state)
{
	struct filtered *one =
		filtered_start(&(struct filter_options){.slowest = 1, .interval_ns = 1000}, false);

	filter_tick(one->filter, 5000);
	make_tree(&one->f, 1, 'a', 0, 30);
	make_tree(&one->f, 1, 'b', 100, 20);
	filter_tick(one->filter, 5999);
	assert_string_equal(one->f.text, "");
	filter_tick(one->filter, 6000);
	assert_string_equal(one->f.text, "a(x())|");
	make_tree(&one->f, 1, 'c', 200, 10);
	filter_end(one->filter);
	assert_string_equal(one->f.text, "a(x())|c(x())|");
	ASSERT_SUMS(one, 3, 0, 30);
	filtered_stop(one);
}

/* ---- without room ---- */

static void feed_many(struct fixture *f, uint64_t goid, uint32_t calls)
{
	ENTER(0, 'a', 100, OPENS, GOID = goid);
	for (uint32_t i = 0; i < calls; i++) {
		ENTER(1, 'b', 200, GOID = goid);
		LEAVE(1, 'b', 200, GOID = goid);
	}
}

#define TOO_MANY (FILTER_MAX_BYTES / 64)

static uint64_t num_shown, num_left_out, num_incomplete;

static void count_shown(void *context, const struct tree *tree)
{
	for (uint32_t i = 0; i < tree->num_steps; i++) {
		if (tree->steps[i].type != STEP_EXIT)
			continue;
		num_shown++;
		num_incomplete += tree->calls[tree->steps[i].index].incomplete;
	}
	num_left_out += tree->left_out;
}

/* What is left out is told, and all that there was is either shown or left out. */
static void test_parts_without_room(void **state)
{
	const struct calltree_sink next = {.tree_ended = count_shown, .tree_settled = count_shown};
	struct fixture *f = calloc(1, sizeof(*f));
	struct filter *filter;

	assert_non_null(f);
	assert_null(filter_new(&(struct filter_options){.slower_ns = 50}, &next, &filter));
	struct calltree_sink sink = filter_sink(filter);
	assert_null(calltree_new(&sink, &f->trees));
	feed_many(f, 1, TOO_MANY);
	assert_int_equal(num_shown, 0);
	LEAVE(60, 'a', 100, CLOSES);
	assert_null(filter_take_error(filter));
	assert_true(num_shown > 1000 && num_left_out > 1000);
	assert_int_equal(num_shown + num_left_out, TOO_MANY + 1);
	assert_int_equal(num_incomplete, 1);
	calltree_free(f->trees);
	filter_free(filter);
	free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slower),
		cmocka_unit_test(test_behind_the_end),
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_open_at_the_end),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_followed),
		cmocka_unit_test(test_slowest),
		cmocka_unit_test(test_slowest_and_slower),
		cmocka_unit_test(test_slowest_in_parts),
		cmocka_unit_test(test_interval),
		cmocka_unit_test(test_parts_without_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
