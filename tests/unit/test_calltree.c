/* SPDX-License-Identifier: MIT */
/* test_calltree.c - records into call trees. */
#include "calltree_written.h"

static void test_nested(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	ENTER('c', 300);
	LEAVE('c', 300);
	LEAVE('b', 200);
	ENTER('b', 180);
	LEAVE('b', 180);
	assert_int_equal(calltree_num_open(f->trees), 1);
	LEAVE('a', 100, CLOSES);
	assert_string_equal(f->text, "a(b(c())b())|");
	assert_string_equal(f->ended, "2c1 1b1 1b1 0a1 ");
	assert_int_equal(calltree_num_open(f->trees), 0);
	assert_int_equal(calltree_num_ended(f->trees), 1);
}

static void test_call_fields(void **state)
{
	struct fixture *f = *state;

	ENTER('c', 100, OPENS, .goid = 77, .caller_va = 0x1234, .tid = 5);
	LEAVE('c', 100, CLOSES, .goid = 77, .tid = 6);
	assert_int_equal(f->last.start_ns, 1010);
	assert_int_equal(f->last.end_ns, 1020);
	assert_int_equal(f->last.caller_va, 0x1234);
	assert_int_equal(f->last.entry_site, 4);
	assert_int_equal(f->last.exit_site, 5);
	assert_int_equal(f->last.tid, 5);
	assert_int_equal(f->last.end, CALL_RETURN);
	assert_false(f->last.incomplete);
	assert_int_equal(f->last_goid, 77);
}

static void test_recursion(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('a', 200);
	ENTER('a', 300);
	LEAVE('a', 300);
	LEAVE('a', 200);
	LEAVE('a', 100, CLOSES);
	assert_string_equal(f->text, "a(a(a()))|");
}

static void test_tail_call(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	LEAVE('b', 200, TAIL);
	ENTER('c', 200);
	LEAVE('c', 200);
	LEAVE('a', 100, CLOSES);
	assert_string_equal(f->text, "a(b()Tc())|");
}

/* What is outside of a tree is ignored, and counted. */
static void test_outside(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100);
	LEAVE('a', 100, CLOSES);
	feed(f, (struct facts){.kind = RECORD_GOEXIT, .goid = 1});
	feed(f, (struct facts){.kind = 99, .goid = 1});
	feed(f, (struct facts){.kind = 0, .goid = 1});
	feed(f, (struct facts){.kind = RECORD_EXEC, .goid = 1});
	assert_string_equal(f->text, "");
	assert_int_equal(calltree_num_ignored(f->trees), 5);
	assert_int_equal(calltree_num_ended(f->trees), 0);
}

static void test_exit_without_entry(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	LEAVE('b', 300);
	ENTER('c', 200);
	LEAVE('d', 250);
	LEAVE('c', 200);
	LEAVE('a', 100, CLOSES);
	assert_string_equal(f->text, "a(c())|");
}

/* Another function leaves from where c was: c is gone, but not by that exit. */
static void test_exit_of_another_function(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('c', 200);
	LEAVE('d', 200);
	LEAVE('a', 100, CLOSES);
	assert_string_equal(f->text, "a(c()V)|");
}

static void test_repeat(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200, .flags = RECORD_MAY_REPEAT);
	ENTER('b', 200, .flags = RECORD_MAY_REPEAT);
	LEAVE('b', 200);
	/* without the flag, from elsewhere, of another function, after a loss: another call */
	ENTER('b', 200);
	ENTER('b', 200);
	ENTER('b', 200, .flags = RECORD_MAY_REPEAT, .caller_va = 8);
	ENTER('c', 200, .flags = RECORD_MAY_REPEAT);
	ENTER('c', 200, .flags = RECORD_MAY_REPEAT, .lost = 2);
	LEAVE('c', 200);
	LEAVE('a', 100, CLOSES);
	assert_string_equal(f->text, "a(b()b()Vb()Vb()Vc()L?c())? lost 2|");
}

/* Frames that vanished: nobody saw a panic. */
static void test_vanished(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	ENTER('c', 300);
	ENTER('d', 150);
	LEAVE('d', 150);
	ENTER('b', 200);
	ENTER('c', 300);
	LEAVE('a', 100, CLOSES);
	assert_string_equal(f->text, "a(b(c()V)Vd()b(c()V)V)|");
	assert_string_equal(f->ended, "2c1 1b1 1d1 2c1 1b1 0a1 ");
}

/* A new tree begins while the last one's end is not known. */
static void test_reopened(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	ENTER('a', 100, OPENS);
	LEAVE('a', 100, CLOSES);
	assert_string_equal(f->text, "a(b()V)V|a()|");

	f->text[0] = '\0';
	ENTER('a', 100, OPENS);
	ENTER('a', 100, OPENS, .lost = 1);
	LEAVE('a', 100, CLOSES);
	assert_string_equal(f->text, "a()L? lost 1|a()|");
}

/* Something shallower than the call that the tree began with: that one is gone. */
static void test_root_vanished(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	ENTER('c', 50);
	assert_string_equal(f->text, "a(b()V)V|");
	assert_int_equal(calltree_num_ignored(f->trees), 1);

	ENTER('a', 100, OPENS);
	LEAVE('c', 50);
	ENTER('a', 100, OPENS);
	feed(f, (struct facts){.kind = RECORD_UNWIND, .goid = 1, .frame = 50});
	assert_string_equal(f->text, "a(b()V)V|a()V|a()P|");
	assert_int_equal(calltree_num_open(f->trees), 0);
}

static void test_process_exit(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	ENTER('c', 100, OPENS, .goid = 2);
	ENTER('d', 100, OPENS, .pid = 200);
	feed(f, (struct facts){.kind = RECORD_PROCESS_EXIT});
	assert_string_equal(f->text, "a(b()X)X|c()X|");
	feed(f, (struct facts){.kind = RECORD_EXEC, .pid = 200});
	assert_string_equal(f->text, "a(b()X)X|c()X|d()X|");
	assert_int_equal(calltree_num_open(f->trees), 0);
}

static void test_finish(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	ENTER('c', 100, OPENS, .goid = 2, .lost = 3);
	/* Before its start: the clock never runs backwards in a call. */
	feed_stop(f->trees, 5);
	assert_string_equal(f->text, "a(b()R)R|c()R|");
	assert_int_equal(f->last.end_ns, f->last.start_ns);
	feed_stop(f->trees, 5);
	assert_int_equal(calltree_num_ended(f->trees), 2);
}

static void test_free_open(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	ENTER('c', 100, OPENS, .goid = 2);
	LEAVE('c', 100, CLOSES, .goid = 2);
	calltree_free(NULL);
	/* the rest by teardown(), under the address sanitizer */
}

static void test_streaming(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	LEAVE('b', 200);
	assert_string_equal(f->ended, "1b1 ");
	LEAVE('a', 100, CLOSES);
	assert_string_equal(f->ended, "1b1 0a1 ");
	assert_string_equal(f->text, "|");
}

static void keep_left_out(void *context, const struct tree *tree)
{
	*(uint64_t *)context = tree->left_out;
	assert_int_equal(tree->num_calls, CALLTREE_MAX_CALLS);
	assert_int_equal(tree->num_steps, 2 * tree->num_calls);
}

/* A tree that is too large keeps its first calls, and goes on to follow frames. */
static void test_left_out(void **state)
{
	uint64_t left_out = 0;
	struct calltree_sink sink = {
		.context = &left_out, .tree_ended = keep_left_out, .keep_calls = true};
	struct calltree *trees;
	struct facts entry = {.kind = RECORD_ENTRY, .goid = 1, .pid = 1, .frame = 100, OPENS};

	assert_null(calltree_new(&sink, &trees));
	assert_null(calltree_feed(trees, FACTS_RECORD(&entry)));
	entry.flags = 0;
	entry.frame = 200;
	struct facts leave = entry;
	leave.kind = RECORD_RETURN;
	for (uint32_t i = 0; i < CALLTREE_MAX_CALLS + 9; i++) {
		assert_null(calltree_feed(trees, FACTS_RECORD(&entry)));
		assert_null(calltree_feed(trees, FACTS_RECORD(&leave)));
	}
	leave.frame = 100;
	leave.flags = RECORD_CLOSES_TREE;
	assert_null(calltree_feed(trees, FACTS_RECORD(&leave)));
	assert_int_equal(left_out, 10);
	calltree_free(trees);
}

/* Deeper than anything is followed: what is beyond counts as lost, and nothing recurses. */
static void test_deep(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 1, OPENS);
	for (uint32_t i = 0; i < CALLTREE_MAX_OPEN + 5; i++)
		ENTER('b', 2 + i);
	LEAVE('a', 1, CLOSES);
	assert_int_equal(f->num_calls, CALLTREE_MAX_OPEN);
	assert_true(f->last.incomplete);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nested),
		TEST(test_call_fields),
		TEST(test_recursion),
		TEST(test_tail_call),
		TEST(test_outside),
		TEST(test_exit_without_entry),
		TEST(test_exit_of_another_function),
		TEST(test_repeat),
		TEST(test_vanished),
		TEST(test_reopened),
		TEST(test_root_vanished),
		TEST(test_process_exit),
		TEST(test_finish),
		TEST(test_free_open),
		TEST_STREAMING(test_streaming),
		cmocka_unit_test(test_left_out),
		TEST_STREAMING(test_deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
