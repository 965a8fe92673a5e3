/* SPDX-License-Identifier: MIT */
/* test_calltree_states.c - what goroutines do inside call trees: parts of calls, and waits. */
#include "calltree/parts.h"
#include "calltree_text.h"

static void test_sums(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	STATE(1, STATE_RUNNING, STATE_WAITING, REASON = 3);
	STATE(4, STATE_WAITING, STATE_RUNNABLE, REASON = 3);
	RUNS(5);
	ENTER(6, 'b', 200);
	STATE(7, STATE_RUNNING, STATE_SYSCALL);
	STATE(13, STATE_SYSCALL, STATE_RUNNING);
	STATE(14, STATE_RUNNING, STATE_PREEMPTED);
	STATE(15, STATE_PREEMPTED, STATE_WAITING, REASON = 4);
	STATE(17, STATE_WAITING, STATE_RUNNABLE, REASON = 4);
	RUNS(20);
	LEAVE(21, 'b', 200);
	STATE(22, STATE_RUNNING, STATE_WAITING, REASON = 3);
	STATE(27, STATE_WAITING, STATE_RUNNABLE, REASON = 3);
	RUNS(27);
	LEAVE(30, 'a', 100, CLOSES);
	assert_string_equal(f->text, "a(b()[S6 P1 W4:2 R3])[W3:8 R4 S6 P1 W4:2]|");
}

/* Within a call, and while one opens that shows it has a processor again. */
static void test_no_cpu(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	STATE(1, STATE_RUNNING, STATE_NO_CPU);
	STATE(4, STATE_NO_CPU, STATE_RUNNING);
	ENTER(6, 'b', 200);
	STATE(7, STATE_RUNNING, STATE_NO_CPU);
	STATE(10, STATE_RUNNING, STATE_RUNNING | STATE_SCAN);
	STATE(37, STATE_NO_CPU, STATE_RUNNING);
	LEAVE(38, 'b', 200);
	STATE(40, STATE_RUNNING, STATE_NO_CPU);
	ENTER(42, 'c', 200);
	LEAVE(43, 'c', 200);
	LEAVE(50, 'a', 100, CLOSES);
	assert_string_equal(f->text, "a(b(w30)[N30]c())[N35]|");
}

/* Stacks that are copied, marks of the garbage collector, and what changes nothing. */
static void test_still_running(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	STATE(1, STATE_RUNNING, STATE_COPYSTACK);
	STATE(2, STATE_COPYSTACK, STATE_RUNNING);
	STATE(3, STATE_RUNNING, STATE_RUNNING | STATE_SCAN);
	STATE(4, STATE_RUNNING | STATE_SCAN, STATE_RUNNING);
	STATE(5, STATE_RUNNING, STATE_WAITING, REASON = 1);
	STATE(6, STATE_WAITING, STATE_WAITING | STATE_SCAN, REASON = 1);
	STATE(7, STATE_WAITING | STATE_SCAN, STATE_WAITING, REASON = 1);
	STATE(8, STATE_WAITING | STATE_SCAN, STATE_RUNNING, REASON = 1);
	STATE(9, STATE_RUNNING, 77 | STATE_SCAN);
	STATE(11, 77, STATE_RUNNING);
	LEAVE(20, 'a', 100, CLOSES);
	assert_string_equal(f->text, "a()[W1:3 ?2]|");
}

/* casgstatus waits for the mark to go, which is told after what it was called for. */
static void test_late_mark(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	STATE(1, STATE_RUNNING, STATE_WAITING, REASON = 1);
	STATE(3, STATE_WAITING, STATE_WAITING | STATE_SCAN, REASON = 1);
	STATE(5, STATE_WAITING, STATE_RUNNABLE, REASON = 1);
	STATE(6, STATE_WAITING | STATE_SCAN, STATE_WAITING, REASON = 1);
	RUNS(9);
	LEAVE(20, 'a', 100, CLOSES);
	assert_string_equal(f->text, "a()[W1:4 R4]|");
}

/* The reason that the wait ends with is the right one; one that is no goroutine's is kept apart. */
static void test_reasons(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	STATE(1, STATE_RUNNING, STATE_WAITING, REASON = 0);
	STATE(3, STATE_WAITING, STATE_RUNNABLE, REASON = 9);
	RUNS(3, REASON = 9);
	STATE(5, STATE_RUNNING, STATE_WAITING, REASON = 255);
	STATE(25, STATE_WAITING, STATE_RUNNING, REASON = 255);
	STATE(26, STATE_RUNNING, STATE_SYSCALL, REASON = 5);
	STATE(46, STATE_SYSCALL, STATE_RUNNING, REASON = 5);
	LEAVE(50, 'a', 100, CLOSES);
	assert_string_equal(f->text, "a(w20w20)[W9:2 W255:20 S20]|");
	assert_int_equal(f->waits[0].reason, 255);
	assert_int_equal(f->waits[1].reason, 0);
}

/* A wait while frames open and close: code on the system stack, as cgo's. */
static void test_cut_by_frames(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	STATE(10, STATE_RUNNING, STATE_SYSCALL);
	ENTER(20, 'b', 50, SYSTEM);
	ENTER(25, 'c', 70, SYSTEM);
	LEAVE(27, 'c', 70, SYSTEM);
	LEAVE(30, 'b', 50, SYSTEM);
	STATE(45, STATE_SYSCALL, STATE_RUNNING);
	LEAVE(60, 'a', 100, CLOSES);
	assert_string_equal(f->text, "a(b(c()[S2])[S10]w35)[S35]|");
	assert_int_equal(f->waits[0].depth, 0);
	assert_int_equal(f->waits[0].start_ns, 1010);
}

/* It closes while it waits: each call has the piece inside it, also of the wait. */
static void test_wait_spans_close(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	ENTER(10, 'b', 50, SYSTEM, .tid = 6);
	STATE(20, STATE_RUNNING, STATE_SYSCALL, .tid = 5);
	LEAVE(40, 'b', 50, SYSTEM, .tid = 6);
	STATE(55, STATE_SYSCALL, STATE_RUNNING, .tid = 7);
	LEAVE(60, 'a', 100, CLOSES);
	assert_string_equal(f->text, "a(b(w20)[S20]w15)[S35]|");
	assert_int_equal(f->waits[0].depth, 1);
	assert_int_equal(f->waits[0].tid, 6);
	assert_int_equal(f->waits[1].depth, 0);
	assert_int_equal(f->waits[1].start_ns, 1040);
	assert_int_equal(f->waits[1].tid, 7);
}

/* The goroutine's own code shows that it runs, except between entersyscall and exitsyscall. */
static void test_event_shows_it_runs(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	STATE(1, STATE_RUNNING, STATE_WAITING, REASON = 2);
	ENTER(21, 'b', 200, LOST = 1, .tid = 9);
	STATE(22, STATE_RUNNING, STATE_RUNNABLE);
	LEAVE(25, 'b', 200, LOST = 1);
	STATE(30, STATE_RUNNING, STATE_SYSCALL);
	ENTER(31, 'c', 200);
	LEAVE(33, 'c', 200);
	STATE(40, STATE_SYSCALL, STATE_RUNNING);
	STATE(50, STATE_RUNNING, STATE_SYSCALL);
	ENTER(60, 'd', 200, LOST = 1);
	LEAVE(65, 'd', 200);
	LEAVE(70, 'a', 100, CLOSES);
	assert_string_equal(f->text, "a(w20b()?[R3]c()[S2]w10w10d())?[W2:20 R3 S20] lost 3|");
	assert_int_equal(f->waits[0].tid, 9);
}

static void test_lost_changes(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	/* its beginning was lost: that time counts as running, but the tree says so */
	STATE(20, STATE_WAITING, STATE_RUNNABLE, REASON = 2, LOST = 1);
	RUNS(23);
	/* its end was lost */
	STATE(30, STATE_RUNNING, STATE_WAITING, REASON = 2);
	STATE(35, STATE_RUNNING, STATE_SYSCALL, LOST = 2);
	STATE(38, STATE_SYSCALL, STATE_RUNNING);
	LEAVE(50, 'a', 100, CLOSES);
	assert_string_equal(f->text, "a()?[R3 W2:5 S3] lost 3|");
}

/* Clocks that run backwards give no negative times. */
static void test_time_goes_back(void **state)
{
	struct fixture *f = *state;

	ENTER(50, 'a', 100, OPENS);
	STATE(60, STATE_RUNNING, STATE_RUNNABLE);
	ENTER(20, 'b', 50, SYSTEM);
	RUNS(30);
	LEAVE(10, 'b', 50, SYSTEM);
	STATE(70, STATE_RUNNING, STATE_SYSCALL);
	feed_stop(f->trees, 0);
	assert_string_equal(f->text, "a(b())R|");
	assert_int_equal(f->first.end_ns, 1070);
}

static void test_many_kinds(void **state)
{
	struct fixture *f = *state;
	uint64_t now = 0;

	ENTER(0, 'a', 100, OPENS);
	ENTER(0, 'b', 200);
	for (uint32_t round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < 300; i++) {
			STATE(++now, STATE_RUNNING, STATE_WAITING, REASON = i < 255 ? i : 255);
			STATE(++now, STATE_WAITING, STATE_RUNNING, REASON = i < 255 ? i : 255);
		}
		if (round == 1)
			LEAVE(now, 'b', 200);
	}
	LEAVE(now, 'a', 100, CLOSES);
	assert_int_equal(f->first.num_parts, 256);
	assert_non_null(strstr(f->text, "W254:3 W255:135"));
}

static void test_without_states(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	STATE(1, STATE_RUNNING, STATE_WAITING, REASON = 3);
	GO(2, 2, 1);
	STATE(40, STATE_WAITING, STATE_RUNNING, REASON = 3);
	LEAVE(50, 'a', 100, CLOSES);
	GOEXIT(60, GOID = 2);
	STATE(61, STATE_RUNNING, STATE_DEAD, GOID = 2);
	assert_string_equal(f->text, "a(go2{s()G})|");
}

/* ---- waits ---- */

static void test_waker(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	STATE(1, STATE_RUNNING, STATE_WAITING, REASON = 3);
	STATE(11, STATE_WAITING, STATE_RUNNABLE, REASON = 3, .tid = 8, .has_origin = true,
	      .by_goid = 41, .by_stack = {0x10, 0x20});
	RUNS(12);
	/* by itself; by nobody; without more; too short */
	STATE(20, STATE_RUNNING, STATE_WAITING, REASON = 3);
	STATE(31, STATE_WAITING, STATE_RUNNING, .has_origin = true, .by_goid = 1,
	      .by_stack = {0x10});
	STATE(40, STATE_RUNNING, STATE_WAITING, REASON = 3);
	STATE(52, STATE_WAITING, STATE_RUNNING, .has_origin = true, .by_stack = {0x10});
	STATE(60, STATE_RUNNING, STATE_WAITING, REASON = 3);
	STATE(73, STATE_WAITING, STATE_RUNNING, .by_goid = 41, .by_stack = {0x10});
	STATE(80, STATE_RUNNING, STATE_WAITING, REASON = 3);
	STATE(89, STATE_WAITING, STATE_RUNNING);
	LEAVE(100, 'a', 100, CLOSES);
	assert_non_null(strstr(f->text, "a(w10w11w12w13)["));
	assert_int_equal(f->waits[0].by_goid, 41);
	assert_int_equal(f->waits[0].by_stack[1], 0x20);
	assert_int_equal(f->waits[0].tid, 8);
	assert_int_equal(f->waits[0].state, STATE_WAITING);
	assert_int_equal(f->waits[0].reason, 3);
	for (int i = 1; i < 4; i++) {
		assert_int_equal(f->waits[i].by_goid, 0);
		assert_int_equal(f->waits[i].by_stack[0], 0);
	}
}

static void test_open_wait(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	ENTER(1, 'b', 200);
	STATE(5, STATE_RUNNING, STATE_WAITING, REASON = 3);
	ENTER(6, 'c', 20, SYSTEM);
	feed_stop(f->trees, 1030);
	assert_string_equal(f->text, "a(b(c(w25+)R[W3:24])R[W3:25])R[W3:25]|");
	assert_true(f->waits[0].is_open);
	assert_int_equal(f->waits[0].depth, 1);
	assert_int_equal(f->waits[0].tid, 0);
}

static void test_open_wait_of_process(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	STATE(5, STATE_RUNNING, STATE_WAITING, REASON = 3);
	EVENT(RECORD_PROCESS_EXIT, 30);
	ENTER(40, 'a', 100, OPENS);
	STATE(45, STATE_RUNNING, STATE_WAITING, REASON = 3);
	GOEXIT(60);
	/* the root leaves while it does not run: its tree ends in the wait */
	ENTER(70, 'a', 100, .flags = RECORD_OPENS_TREE | RECORD_SYSTEM_STACK);
	STATE(75, STATE_RUNNING, STATE_SYSCALL);
	LEAVE(90, 'a', 100, .flags = RECORD_CLOSES_TREE | RECORD_SYSTEM_STACK);
	assert_string_equal(f->text, "a(w25+)X[W3:25]|a(w15)G[W3:15]|a(w15+)[S15]|");
}

static void test_streaming(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	STATE(1, STATE_RUNNING, STATE_SYSCALL);
	STATE(12, STATE_SYSCALL, STATE_RUNNING);
	ENTER(20, 'b', 200);
	STATE(21, STATE_RUNNING, STATE_WAITING, REASON = 3);
	STATE(33, STATE_WAITING, STATE_RUNNABLE, REASON = 3);
	RUNS(46);
	ENTER(47, 'c', 300);
	LEAVE(48, 'c', 300);
	LEAVE(49, 'b', 200);
	GO(50, 2, 1);
	GOEXIT(60, GOID = 2);
	assert_int_equal(f->last.parent_tree, 1);
	assert_int_equal(f->last.parent_goid, 1);
	LEAVE(70, 'a', 100, CLOSES);
	assert_string_equal(f->text, "c()b(w12w13)[W3:12 R13]s(w10)G[R10]|a(w11)[W3:12 R13 S11]|");
}

/* Beyond the limit waits have no line; the parts still have them. */
static void test_too_many_waits(void **state)
{
	struct fixture *f = *state;
	uint32_t count = CALLTREE_MAX_WAITS + 5;

	ENTER(0, 'a', 100, OPENS);
	for (uint32_t i = 0; i < count; i++) {
		STATE(20 * i, STATE_RUNNING, STATE_SYSCALL);
		STATE(20 * i + 10, STATE_SYSCALL, STATE_RUNNING);
	}
	LEAVE(20 * count, 'a', 100, CLOSES);
	if (f->last.num_waits)
		assert_int_equal(f->last.num_waits, CALLTREE_MAX_WAITS);
	else
		assert_int_equal(f->first.num_waits, CALLTREE_MAX_WAITS);
	assert_int_equal(f->last.waits_left_out + f->first.waits_left_out, 5);
	assert_int_equal(f->last.lost, 0);
}

/* Beyond the limit a part is added to one of its state, or the tree says that it lost something. */
static void test_no_room_for_parts(void **state)
{
	struct calltree trees = {.total_parts = MAX_TOTAL_PARTS};
	struct owner owner = {0};
	struct call call = {0};
	struct part syscall = {.ns = 5, .state = STATE_SYSCALL};
	struct part wait = {.ns = 7, .state = STATE_WAITING, .reason = 1};

	parts_add(&trees, &owner, &call, &syscall);
	assert_int_equal(call.num_parts, 0);
	assert_int_equal(owner.tree.lost, 1);
	trees.total_parts--;
	parts_add(&trees, &owner, &call, &wait);
	wait.reason = 2;
	parts_add(&trees, &owner, &call, &wait);
	assert_int_equal(call.num_parts, 1);
	assert_int_equal(call.parts[0].ns, 14);
	assert_int_equal(call.parts[0].reason, 1);
	assert_int_equal(owner.tree.lost, 1);
	parts_free(&trees, &owner, &call);
	assert_int_equal(trees.total_parts, MAX_TOTAL_PARTS - 1);
	assert_int_equal(owner.num_parts, 0);
}

int main(void)
{
#define TEST(name)           cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_STREAMING(name) cmocka_unit_test_setup_teardown(name, setup_streaming, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_sums),
		TEST(test_no_cpu),
		TEST(test_still_running),
		TEST(test_late_mark),
		TEST(test_reasons),
		TEST(test_cut_by_frames),
		TEST(test_wait_spans_close),
		TEST(test_event_shows_it_runs),
		TEST(test_lost_changes),
		TEST(test_time_goes_back),
		TEST(test_many_kinds),
		cmocka_unit_test_setup_teardown(test_without_states, setup_without_states,
						teardown),
		TEST(test_waker),
		TEST(test_open_wait),
		TEST(test_open_wait_of_process),
		TEST_STREAMING(test_streaming),
		TEST(test_too_many_waits),
		TEST_STREAMING(test_too_many_waits),
		cmocka_unit_test(test_no_room_for_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
