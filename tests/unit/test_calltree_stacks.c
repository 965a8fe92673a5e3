/* SPDX-License-Identifier: MIT */
/* test_calltree_stacks.c - call trees of what leaves its stack, or has more than one. */
#include "calltree_written.h"

static void test_unwind(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	ENTER('c', 300);
	feed(f, (struct facts){.kind = RECORD_UNWIND, .goid = 1, .frame = 200});
	assert_string_equal(f->ended, "2c1 ");
	assert_int_equal(f->last.end, CALL_PANIC);
	assert_int_equal(f->last.end_ns, f->now_ns);
	LEAVE('b', 200);
	ENTER('b', 200);
	feed(f, (struct facts){.kind = RECORD_UNWIND, .goid = 1, .frame = 90, CLOSES});
	assert_string_equal(f->text, "a(b(c()P)b()P)P|");
}

static void test_goexit(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	feed(f, (struct facts){.kind = RECORD_GOEXIT, .goid = 1});
	assert_string_equal(f->text, "a(b()G)G|");
	assert_string_equal(f->ended, "1b1 0a1 ");
}

/* The system stack is deeper than any frame of the goroutine's own. */
static void test_system_stack(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', UINT32_MAX);
	ENTER('c', 50, .flags = RECORD_SYSTEM_STACK);
	ENTER('d', 90, .flags = RECORD_SYSTEM_STACK);
	LEAVE('d', 90, .flags = RECORD_SYSTEM_STACK);
	LEAVE('c', 50, .flags = RECORD_SYSTEM_STACK);
	ENTER('c', 50, .flags = RECORD_SYSTEM_STACK);
	LEAVE('b', UINT32_MAX);
	LEAVE('a', 100, CLOSES);
	assert_string_equal(f->text, "a(b(c(d())c()V))|");
}

/* Stacks were switched: what is deeper is gone, and ends then. */
static void test_left(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	ENTER('c', 50, .flags = RECORD_SYSTEM_STACK);
	LEFT(192);
	assert_string_equal(f->ended, "2c1 1b1 ");
	assert_int_equal(f->last.end, CALL_LEFT);
	assert_int_equal(f->last.end_ns, f->now_ns);
	/* Entered again, deeper: not inside of the one before. */
	ENTER('b', 300);
	LEFT(292);
	ENTER('b', 300);
	LEFT(292, .lost = 1);
	LEAVE('a', 100, CLOSES);
	assert_string_equal(f->text, "a(b(c()V)Vb()Vb()L?)? lost 1|");
	f->text[0] = '\0';
	ENTER('a', 100, OPENS);
	LEFT(92, CLOSES);
	assert_string_equal(f->text, "a()V|");
}

/* Each thread has a system stack of its own: where a frame is there says nothing about others. */
static void test_other_thread(void **state)
{
	struct fixture *f = *state;
	const uint8_t system = RECORD_SYSTEM_STACK;

	ENTER('a', 100, OPENS, .tid = 1);
	ENTER('b', 80, .flags = system, .tid = 1);
	/* The goroutine has gone on: its old thread is done with it. */
	ENTER('c', 90, .flags = system, .tid = 2);
	LEAVE('b', 80, .flags = system, .tid = 1);
	LEFT(16, .flags = system, .tid = 1);
	LEAVE('c', 90, .flags = system, .tid = 2);
	ENTER('b', 80, .flags = system, .tid = 2);
	LEFT(16, .flags = system, .tid = 1);
	LEFT(16, .flags = system, .tid = 2);
	LEAVE('a', 100, CLOSES, .tid = 2);
	assert_string_equal(f->text, "a(b()Vc()b()V)|");
}

/* The same where the tree itself began on a system stack. */
static void test_other_thread_of_root(void **state)
{
	struct fixture *f = *state;
	const uint8_t system = RECORD_SYSTEM_STACK;

	ENTER('a', 80, .flags = system | RECORD_OPENS_TREE, .tid = 1);
	ENTER('b', 90, .flags = system, .tid = 2);
	assert_string_equal(f->text, "a()V|");
	ENTER('a', 80, .flags = system | RECORD_OPENS_TREE, .tid = 1);
	ENTER('b', 90, .flags = system, .tid = 1);
	LEAVE('b', 70, .flags = system | RECORD_CLOSES_TREE, .tid = 2);
	assert_string_equal(f->text, "a()V|a(b()V)V|");
}

/* Signal handlers have a stack of their own, which is deeper than all others. */
static void test_signal_stack(void **state)
{
	struct fixture *f = *state;
	const uint8_t signal = RECORD_SYSTEM_STACK | RECORD_SIGNAL_STACK;

	ENTER('a', 100, OPENS);
	ENTER('b', 300, .flags = RECORD_SYSTEM_STACK);
	ENTER('c', 20, .flags = signal);
	LEAVE('c', 20, .flags = signal);
	ENTER('d', 20, .flags = signal);
	LEAVE('b', 300, .flags = RECORD_SYSTEM_STACK);
	LEAVE('a', 100, CLOSES);
	assert_string_equal(f->text, "a(b(c()d()V))|");
}

/* A panic unwinds the goroutine's stack; the system stack that it does so on is just left. */
static void test_unwind_on_system_stack(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	ENTER('c', 50, .flags = RECORD_SYSTEM_STACK);
	feed(f, (struct facts){.kind = RECORD_UNWIND, .goid = 1, .frame = 100});
	LEAVE('a', 100, CLOSES);
	assert_string_equal(f->text, "a(b(c()V)P)|");
}

static void test_goroutines(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 100, OPENS, .goid = 2);
	ENTER('c', 100, OPENS, .pid = 200);
	LEAVE('b', 100, CLOSES, .goid = 2);
	LEAVE('c', 100, CLOSES, .pid = 200);
	LEAVE('a', 100, CLOSES);
	assert_string_equal(f->text, "b()|c()|a()|");
	assert_string_equal(f->ended, "0b2 0c3 0a1 ");
}

/* Threads without a goroutine are told apart by their id, goroutines are not. */
static void test_threads(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS, .goid = 0, .tid = 1);
	ENTER('b', 100, OPENS, .goid = 0, .tid = 2);
	LEAVE('a', 100, CLOSES, .goid = 0, .tid = 1);
	feed_lost_end(f->trees, PID, 0, 2, 1, f->now_ns);
	ENTER('c', 100, OPENS, .tid = 1);
	LEAVE('c', 100, CLOSES, .tid = 2);
	assert_string_equal(f->text, "a()|b()L? lost 1|c()|");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_unwind),       TEST(test_goexit),
		TEST(test_system_stack), TEST(test_left),
		TEST(test_other_thread), TEST(test_other_thread_of_root),
		TEST(test_signal_stack), TEST(test_unwind_on_system_stack),
		TEST(test_goroutines),   TEST(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
