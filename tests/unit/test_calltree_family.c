/* SPDX-License-Identifier: MIT */
/* test_calltree_family.c - trees of goroutines that were started inside other trees. */
#include "calltree_text.h"

static void test_child_first(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	ENTER(5, 'b', 200);
	GO(10, 2, 1);
	RUNS(15, GOID = 2);
	ENTER(20, 'c', 40, GOID = 2);
	LEAVE(25, 'c', 40, GOID = 2);
	GOEXIT(30, GOID = 2);
	assert_string_equal(f->text, "");
	assert_int_equal(calltree_num_open(f->trees), 1);
	assert_int_equal(calltree_num_ended(f->trees), 1);
	LEAVE(40, 'b', 200);
	LEAVE(50, 'a', 100, CLOSES);
	assert_string_equal(f->text, "a(b(go2{s(c())G[R5]}))|");
	assert_int_equal(f->start.time_ns, 1010);
	assert_int_equal(f->start.goid, 2);
	assert_int_equal(f->start.start_va, 0x5000);
	assert_int_equal(f->start.go_va, 0x6000);
	assert_int_equal(f->start.depth, 1);
}

static void test_parent_first(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	GO(10, 2, 1);
	LEAVE(50, 'a', 100, CLOSES);
	assert_string_equal(f->text, "");
	assert_int_equal(calltree_num_open(f->trees), 1);
	assert_int_equal(calltree_num_ended(f->trees), 1);
	feed_tick(f->trees, 1060 + CALLTREE_LINGER_NS / 2);
	feed_tick(f->trees, 0);
	GOEXIT(70, GOID = 2);
	assert_string_equal(f->text, "a(go2{s(w60)G[R60]})|");
}

static void test_linger_expired(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	GO(10, 2, 1);
	GO(11, 3, 2);
	GO(12, 4, 1);
	GOEXIT(20, GOID = 4);
	LEAVE(50, 'a', 100, CLOSES);
	feed_tick(f->trees, 1050 + CALLTREE_LINGER_NS);
	assert_string_equal(f->text, "a(go2-go4{s()G[R8]})|");
	/* what comes later is another family */
	GOEXIT(60, GOID = 2);
	assert_int_equal(f->num_trees, 1);
	GOEXIT(70, GOID = 3);
	assert_string_equal(f->text, "a(go2-go4{s()G[R8]})|s(go3{s(w59)G[R59]}w50)G[R50]|");
	assert_int_equal(f->last.parent_tree, 1);
	assert_int_equal(f->last.parent_goid, 1);
	assert_int_equal(f->first.start_va, 0x5000);
	assert_int_equal(f->first.caller_va, 0x6000);
	assert_int_equal(f->first.start_ns, 1010);
}

/* Grandchildren outlive their parents, in the family and after it. */
static void test_grandchildren(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	GO(10, 2, 1);
	GO(20, 3, 2);
	GO(30, 4, 3);
	GOEXIT(40, GOID = 2);
	LEAVE(50, 'a', 100, CLOSES);
	GOEXIT(60, GOID = 3);
	assert_string_equal(f->text, "");
	GOEXIT(70, GOID = 4);
	assert_string_equal(f->text, "a(go2{s(go3{s(go4{s(w40)G[R40]}w40)G[R40]}w30)G[R30]})|");

	f->text[0] = '\0';
	ENTER(100, 'a', 100, OPENS);
	GO(110, 2, 1);
	GO(120, 3, 2);
	GO(125, 4, 3);
	GOEXIT(130, GOID = 2);
	LEAVE(140, 'a', 100, CLOSES);
	feed_tick(f->trees, 1140 + CALLTREE_LINGER_NS);
	assert_string_equal(f->text, "a(go2{s(go3-w20)G[R20]})|");
	GOEXIT(150, GOID = 3);
	GOEXIT(160, GOID = 4);
	assert_string_equal(f->text, "a(go2{s(go3-w20)G[R20]})|s(go4{s(w35)G[R35]}w30)G[R30]|");
	assert_int_equal(f->last.parent_goid, 2);
	assert_int_equal(calltree_num_open(f->trees), 0);
}

/* The function that it begins with may be traced itself: it is one call. */
static void test_start_function_traced(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	GO(10, 2, 1);
	RUNS(20, GOID = 2);
	ENTER(21, 'b', 16, GOID = 2, .flags = RECORD_MAY_REPEAT);
	ENTER(22, 'b', 16, GOID = 2, .flags = RECORD_MAY_REPEAT);
	ENTER(23, 'c', 40, GOID = 2);
	LEAVE(24, 'c', 40, GOID = 2);
	LEAVE(25, 'b', 16, CLOSES, GOID = 2);
	LEAVE(50, 'a', 100, CLOSES);
	assert_string_equal(f->text, "a(go2{b(w10c())[R10]})|");
	assert_int_equal(calltree_num_ignored(f->trees), 0);
}

/* Its entry was not seen: any exit there is its own. */
static void test_start_function_leaves(void **state)
{
	struct fixture *f = *state;

	GO(10, 2, 1);
	ENTER(20, 'c', 40, GOID = 2);
	LEAVE(25, 'd', 16, CLOSES, GOID = 2);
	assert_string_equal(f->text, "s(w10c()V)[R10]|");
	assert_int_equal(f->first.end, CALL_RETURN);
	assert_int_equal(f->first.exit_site, 7);
	assert_int_equal(f->first.start_va, 0x5000);
	assert_int_equal(f->last.parent_goid, 1);
	assert_int_equal(f->last.parent_tree, 0);
}

static void test_goes_on_waiting(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	GO(10, 2, 1, .new_state = STATE_WAITING, REASON = 5, .has_origin = true,
	   .flags = RECORD_SYSTEM_STACK);
	STATE(30, STATE_WAITING, STATE_RUNNING, REASON = 6, GOID = 2);
	LEAVE(40, 'a', 100, CLOSES);
	EVENT(RECORD_PROCESS_EXIT, 50);
	assert_string_equal(f->text, "a(go2{s(w20)X[W6:20]})|");
}

/* While a tree waits for its family its goroutine goes on, and so does one of its number. */
static void test_second_tree(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	GO(10, 2, 1);
	LEAVE(20, 'a', 100, CLOSES);
	ENTER(30, 'b', 100, OPENS);
	GO(35, 3, 1);
	/* the end of 3 was lost, and another one has its number */
	GO(36, 3, 1, LOST = 1);
	GOEXIT(37, GOID = 3);
	LEAVE(40, 'b', 100, CLOSES);
	assert_string_equal(f->text, "b(go3{s()L?[R1] lost 1}go3{s()G[R1]})|");
	ENTER(41, 'c', 100, GOID = 2, OPENS);
	assert_int_equal(f->num_trees, 2);
	LEAVE(42, 'c', 100, GOID = 2, CLOSES);
	assert_string_equal(f->text,
			    "b(go3{s()L?[R1] lost 1}go3{s()G[R1]})|a(go2{s(w31)V[R31]})|c()|");
}

static void test_process_ends(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	GO(10, 2, 1);
	GO(11, 3, 2);
	LEAVE(15, 'a', 100, CLOSES);
	ENTER(16, 'b', 100, OPENS);
	GO(17, 4, 1);
	EVENT(RECORD_EXEC, 20);
	assert_string_equal(f->text, "a(go2{s(go3{s()X[R9]}w10+)X[R10]})|b(go4{s()X[R3]})X|");
	assert_int_equal(calltree_num_open(f->trees), 0);
}

static void test_finish(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	GO(10, 2, 1);
	LEAVE(15, 'a', 100, CLOSES);
	ENTER(16, 'b', 100, GOID = 5, OPENS);
	GO(17, 6, 5);
	GOEXIT(19, GOID = 6);
	feed_stop(f->trees, 1020);
	assert_string_equal(f->text, "a(go2{s(w10+)R[R10]})|b(go6{s()G[R2]})R|");
	assert_int_equal(calltree_num_open(f->trees), 0);
	assert_int_equal(calltree_num_ended(f->trees), 4);
}

static void test_end_was_lost(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	GO(10, 2, 1);
	LEAVE(15, 'a', 100, CLOSES);
	feed_lost_end(f->trees, PID, 2, 0, 3, 1017);
	assert_string_equal(f->text, "a(go2{s()L?[R7] lost 3})|");
}

/* A goroutine without a number, one that started itself, threads: nothing breaks. */
static void test_strange_starts(void **state)
{
	struct fixture *f = *state;
	struct facts nobody = {.kind = RECORD_GO, .pid = PID, .tid = 4};

	assert_null(calltree_feed(f->trees, FACTS_RECORD(&nobody)));
	assert_int_equal(calltree_num_ignored(f->trees), 1);
	GO(10, 2, 2);
	GO(11, 2, 2);
	GO(12, 3, 0);
	feed_stop(f->trees, 1020);
	assert_string_equal(f->text, "s()V[R1]|s()R[R9]|s()R[R8]|");
	assert_int_equal(f->last.parent_goid, 0);
}

/* Generations beyond the limit are handed on by themselves; nothing recurses without end. */
static void test_generations(void **state)
{
	struct fixture *f = *state;
	uint64_t depth = 0;

	ENTER(0, 'a', 100, OPENS);
	for (uint32_t i = 2; i < 2500; i++)
		GO(i, i, i - 1);
	feed_stop(f->trees, 5000);
	assert_int_equal(f->num_trees, 3);
	for (const char *at = f->text; (at = strstr(at, "{s(")); at++)
		depth++;
	assert_int_equal(depth, 2498 - 2);
}

/* One tree after another waits; all of them go in the end. */
static void test_many(void **state)
{
	struct fixture *f = *state;
	uint32_t count = CALLTREE_MAX_WAITS + 10;

	ENTER(0, 'a', 100, OPENS);
	for (uint32_t i = 0; i < count; i++)
		GO(i, 10 + i, 1);
	assert_int_equal(calltree_num_open(f->trees), count + 1);
	LEAVE(count, 'a', 100, CLOSES);
	for (uint32_t i = 0; i < count; i++)
		GOEXIT(count + i, GOID = 10 + i);
	/* ten of them have no line in their parent's tree */
	assert_int_equal(f->num_trees, 11);
	assert_int_equal(f->last.parent_tree, 1);
	assert_int_equal(calltree_num_open(f->trees), 0);
	assert_int_equal(calltree_num_ended(f->trees), count + 1);
}

static void test_free_open(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	GO(1, 2, 1);
	GO(2, 3, 2);
	GO(3, 4, 3);
	GO(3, 5, 3);
	GOEXIT(20, GOID = 3);
	LEAVE(25, 'a', 100, CLOSES);
	ENTER(30, 'a', 100, OPENS);
	GO(31, 6, 1);
	GOEXIT(60, GOID = 6);
	STATE(61, STATE_RUNNING, STATE_SYSCALL);
	STATE(91, STATE_SYSCALL, STATE_RUNNING);
	/* the rest by teardown(), under the address sanitizer */
}

int main(void)
{
#define TEST(name)           cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_STREAMING(name) cmocka_unit_test_setup_teardown(name, setup_streaming, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_child_first),
		TEST(test_parent_first),
		TEST(test_linger_expired),
		TEST(test_grandchildren),
		TEST(test_start_function_traced),
		TEST(test_start_function_leaves),
		TEST(test_goes_on_waiting),
		TEST(test_second_tree),
		TEST(test_process_ends),
		TEST(test_finish),
		TEST(test_end_was_lost),
		TEST(test_strange_starts),
		TEST(test_generations),
		TEST(test_many),
		TEST(test_free_open),
		TEST_STREAMING(test_free_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
