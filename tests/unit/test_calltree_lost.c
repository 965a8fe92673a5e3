/* SPDX-License-Identifier: MIT */
/* test_calltree_lost.c - call trees that miss records, or probes. */
#include "calltree_written.h"

static void test_lost(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	ENTER('c', 300, .lost = 3);
	ENTER('d', 150);
	LEAVE('d', 150);
	LEAVE('a', 100, CLOSES);
	/* c was opened after the loss, so that its end cannot be among what was lost */
	assert_string_equal(f->text, "a(b(c()V)L?d())? lost 3|");
}

static void test_lost_exits(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	ENTER('c', 300);
	LEAVE('a', 100, CLOSES, .lost = 2);
	assert_string_equal(f->text, "a(b(c()L?)L?)? lost 2|");
}

static void test_lost_never_overflows(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	for (int i = 0; i < 3; i++)
		ENTER('b', 200, .lost = UINT32_MAX);
	LEAVE('a', 100, CLOSES);
	assert_non_null(strstr(f->text, "lost 12884901885"));
}

#define TAKEN_OFF(func_)                                                                           \
	feed(f, (struct facts){.kind = RECORD_TAKEN_OFF, .site = (uint32_t)((func_) - 'a') * 2})

/* A function loses its probes: what is called from then on is not inside of its call that was open,
 * wherever it is on the stack. What was open inside of that is. Those of others end as ever. */
static void test_taken_off(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	ENTER('b', 300);
	TAKEN_OFF('b');
	assert_string_equal(f->ended, "2b1 1b1 ");
	assert_int_equal(f->last.end, CALL_TAKEN_OFF);
	assert_int_equal(f->last.end_ns, f->now_ns);
	ENTER('d', 400);
	LEAVE('d', 400);
	LEAVE('a', 100, CLOSES);
	assert_string_equal(f->text, "a(b(b()O)Od())|");
}

static void test_taken_off_outside(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	ENTER('c', 300);
	TAKEN_OFF('b');
	ENTER('d', 400);
	LEAVE('d', 400);
	LEAVE('c', 300);
	ENTER('d', 500);
	LEAVE('d', 500);
	/* Its hits come as long as its probes are there. */
	LEAVE('b', 200);
	ENTER('b', 200);
	ENTER('c', 300);
	LEAVE('c', 300);
	LEAVE('b', 200);
	LEAVE('a', 100, CLOSES);
	assert_string_equal(f->text, "a(b(c(d()))Od()c())|");
}

/* The call that a tree began with: the tree ends when that is known to be gone. */
static void test_taken_off_first(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	TAKEN_OFF('a');
	ENTER('c', 200);
	LEAVE('c', 200);
	LEFT(50, CLOSES);
	/* its end is seen still */
	ENTER('a', 100, OPENS);
	LEAVE('a', 100, CLOSES);
	/* or tracing ends before */
	ENTER('a', 100, OPENS);
	feed(f, (struct facts){.kind = RECORD_STOPPED});
	assert_int_equal(f->last.end, CALL_TAKEN_OFF);
	assert_string_equal(f->text, "a(b()Vc())O|a()|a()O|");
}

#define GAP(kind_) feed(f, (struct facts){.kind = (kind_)})

/* Probes are off: what ends unseen meanwhile is lost, in every tree that was open then. */
static void test_gap(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('d', 200);
	LEAVE('d', 200);
	ENTER('b', 200);
	GAP(RECORD_GAP);
	ENTER('c', 200);
	GAP(RECORD_GAP_END);
	LEAVE('c', 200);
	ENTER('d', 200);
	LEAVE('d', 200);
	LEAVE('a', 100, CLOSES);
	assert_string_equal(f->text, "a(d()b()L?c()?d())? off 20|");

	/* Begins after it. */
	ENTER('a', 100, OPENS);
	LEAVE('a', 100, CLOSES);
	assert_string_equal(f->text, "a(d()b()L?c()?d())? off 20|a()|");
}

/* The same of trees that begin and end while probes are off, and when no end of that is told. */
static void test_gap_only(void **state)
{
	struct fixture *f = *state;

	GAP(RECORD_GAP);
	ENTER('a', 100, OPENS);
	LEAVE('a', 100, CLOSES);
	GAP(RECORD_GAP);
	ENTER('b', 100, OPENS);
	GAP(RECORD_GAP_END);
	GAP(RECORD_GAP_END);
	LEAVE('b', 100, CLOSES);
	GAP(RECORD_GAP);
	ENTER('c', 100, OPENS);
	GAP(RECORD_STOPPED);
	assert_string_equal(f->text, "a()? off 10|b()? off 10|c()R? off 10|");
}

/* What was lost may be any goroutine's of the process, and of no other. */
static void test_unreadable(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	ENTER('c', 100, OPENS, .goid = 2);
	ENTER('d', 100, OPENS, .pid = 200);
	feed(f, (struct facts){.kind = RECORD_UNREADABLE});
	LEAVE('a', 100, CLOSES);
	LEAVE('c', 100, CLOSES, .goid = 2);
	LEAVE('d', 100, CLOSES, .pid = 200);
	assert_string_equal(f->text, "a(b()L?)? lost 1|c()? lost 1|d()|");
}

/* Lost at last, when no event comes any more that would tell. */
static void test_were_lost(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 100, OPENS, .goid = 0, .tid = 7);
	ENTER('c', 100, OPENS, .goid = 0, .tid = 8);
	feed_lost(f->trees, PID, 1, 0, 3);
	feed_lost(f->trees, PID, 0, 8, 4);
	feed_lost(f->trees, PID, 2, 0, 5);
	feed_stop(f->trees, f->now_ns);
	assert_string_equal(f->text, "a()R? lost 3|b()R|c()R? lost 4|");
}

/* Nothing that is known of the process can be believed. */
static void test_wrong_goid(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	ENTER('c', 100, OPENS, .goid = 2);
	ENTER('d', 100, OPENS, .pid = 200);
	feed(f, (struct facts){.kind = RECORD_WRONG_GOID});
	LEAVE('a', 100, CLOSES);
	LEAVE('d', 100, CLOSES, .pid = 200);
	assert_string_equal(f->text, "a(b()L?)L? lost 1|c()L? lost 1|d()|");
}

static void test_end_was_lost(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	feed_lost_end(f->trees, PID, 2, 0, 5, f->now_ns);
	feed_lost_end(f->trees, PID + 1, 1, 0, 5, f->now_ns);
	assert_string_equal(f->text, "");
	feed_lost_end(f->trees, PID, 1, 0, 5, f->now_ns + 7);
	assert_string_equal(f->text, "a(b()L?)L? lost 5|");
	assert_int_equal(f->last.end_ns, f->now_ns + 7);
	ENTER('b', 200);
	assert_int_equal(calltree_num_ignored(f->trees), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_lost),
		TEST(test_lost_exits),
		TEST(test_lost_never_overflows),
		TEST(test_taken_off),
		TEST(test_taken_off_outside),
		TEST(test_taken_off_first),
		TEST(test_gap_only),
		TEST(test_gap),
		TEST(test_unreadable),
		TEST(test_were_lost),
		TEST(test_wrong_goid),
		TEST(test_end_was_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
