/* SPDX-License-Identifier: MIT */
/* test_live.c - calls as they happen, as text: lines of goroutines that go on at once, to the column. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "fake_output.h"
#include "filter/shallow.h"

#define CALLER_VA   (0x9000 + 47)
#define CALLER_TEXT "net/http.HandlerFunc.ServeHTTP+47 /go/server.go:2122\n"
#define BAR_CALLS   "main.handleBar+50 /home/me/main.go:20\n"
#define BAR_ENDS    "} main.handleBar+192 /home/me/main.go:20\n"
#define WRITE_ENDS  "} net/http.(*response).Write+192 /home/me/main.go:21\n"
#define CHANGE      " ------------------------------------- "

static size_t num_checked; /* bytes of the output, by assert_written() */

static void start_with(struct fake_output *fake, struct output_options options)
{
	options.live = true;
	num_checked = 0;
	assert_int_equal(fake_output_start_with(fake, "graph", options), 0);
}

static void start(struct fake_output *fake)
{
	start_with(fake, (struct output_options){});
}

/* What was written since the last one. */
static void assert_written(struct fake_output *fake, const char *expected)
{
	const char *text = fake_output_text(fake);

	assert_string_equal(text + num_checked, expected);
	num_checked = strlen(text);
}

static void stop(struct fake_output *fake)
{
	assert_written(fake, "");
	fake_output_stop(fake);
}

/* main.handleBar, and Write, called by it. */
static void enter_of(struct fake_output *fake, uint64_t goid, uint32_t pid, uint32_t depth)
{
	fake_enter_of(fake, 1, goid, pid, depth, depth, depth ? 0x1000 + 50 : CALLER_VA);
}

static void leave_of(struct fake_output *fake, uint64_t goid, uint32_t pid, uint32_t depth)
{
	fake_leave_of(fake, 1, goid, pid, depth, depth);
}

static void tick(struct fake_output *fake)
{
	feed_tick(fake->trees, fake->now_ns);
	output_tick(fake->out, fake->now_ns);
}

/* Each line is there when its record is. */
static void test_at_once(void **state)
{
	struct fake_output fake;

	start(&fake);
	fake_enter(&fake, 411402, 0, 0, CALLER_VA);
	assert_written(&fake,
		       "    34) 17 16:08:05.411402             main.handleBar() { " CALLER_TEXT);
	fake_enter(&fake, 10, 1, 1, 0x1000 + 50);
	assert_written(
		&fake,
		"    34) 17 16:08:05.411412               net/http.(*response).Write() { " BAR_CALLS);
	fake_leave(&fake, 600, 1, 1);
	assert_written(&fake, "    34) 17 16:08:05.412012 000.000600    " WRITE_ENDS);
	fake_leave(&fake, 100, 0, 0);
	assert_written(&fake, "    34) 17 16:08:05.412112 000.000710  " BAR_ENDS);
	stop(&fake);
}

static void test_goroutines(void **state)
{
	struct fake_output fake;

	start(&fake);
	enter_of(&fake, 34, 0, 0);
	enter_of(&fake, 7, 0, 0);
	leave_of(&fake, 7, 0, 0);
	enter_of(&fake, 7, 0, 0);
	enter_of(&fake, 1234567, 0, 0);
	leave_of(&fake, 34, 0, 0);
	assert_written(
		&fake,
		"    34) 17 16:08:05.000001             main.handleBar() { " CALLER_TEXT CHANGE
		"goroutine 34 => goroutine 7\n"
		"     7) 17 16:08:05.000002             main.handleBar() { " CALLER_TEXT
		"     7) 17 16:08:05.000003 000.000001  " BAR_ENDS
		"     7) 17 16:08:05.000004             main.handleBar() { " CALLER_TEXT
		" -------------------------------------- goroutine 7 => goroutine 1234567\n"
		"1234567) 17 16:08:05.000005             main.handleBar() { " CALLER_TEXT
		" -------------------------------------- goroutine 1234567 => goroutine 34\n"
		"     34) 17 16:08:05.000006 000.000005  " BAR_ENDS);
	stop(&fake);
}

/* The pid is told from the first line of a second process on. A thread without a goroutine, too. */
static void test_processes(void **state)
{
	struct fake_output fake;

	start(&fake);
	enter_of(&fake, 34, 812, 0);
	enter_of(&fake, 34, 77, 0);
	enter_of(&fake, 5, 77, 0);
	enter_of(&fake, 0, 77, 0);
	leave_of(&fake, 34, 812, 0);
	assert_written(&fake,
		       "    34) 17 16:08:05.000001             main.handleBar() { " CALLER_TEXT
		       " ---------------------------------------- "
		       "goroutine 34 of process 812 => goroutine 34 of process 77\n"
		       "77     34) 17 16:08:05.000002             main.handleBar() { " CALLER_TEXT
		       " ---------------------------------------- goroutine 34 => goroutine 5\n"
		       "77      5) 17 16:08:05.000003             main.handleBar() { " CALLER_TEXT
		       " ---------------------------------------- goroutine 5 => thread 815\n"
		       "77   t815) 17 16:08:05.000004             main.handleBar() { " CALLER_TEXT
		       " ----------------------------------------- "
		       "thread 815 of process 77 => goroutine 34 of process 812\n"
		       "812     34) 17 16:08:05.000005 000.000004  " BAR_ENDS);
	stop(&fake);
}

/* An entry waits for what comes next, until time has passed at most. */
static void test_leaf(void **state)
{
	struct fake_output fake;

	start_with(&fake, (struct output_options){.leaf = true});
	fake_enter(&fake, 1, 0, 0, CALLER_VA);
	assert_written(&fake, "");
	fake_enter(&fake, 1, 1, 1, 0x1000 + 50);
	assert_written(&fake,
		       "    34) 17 16:08:05.000001             main.handleBar() { " CALLER_TEXT);
	fake_leave(&fake, 7, 1, 1);
	assert_written(
		&fake,
		"    34) 17 16:08:05.000009 000.000007    net/http.(*response).Write(); " BAR_CALLS);
	fake_enter(&fake, 1, 1, 1, 0x1000 + 50);
	tick(&fake);
	assert_written(
		&fake,
		"    34) 17 16:08:05.000010               net/http.(*response).Write() { " BAR_CALLS);
	fake_leave(&fake, 1, 1, 1);
	assert_written(&fake, "    34) 17 16:08:05.000011 000.000001    " WRITE_ENDS);
	fake_leave(&fake, 1, 0, 0);
	assert_written(&fake, "    34) 17 16:08:05.000012 000.000011  " BAR_ENDS);
	stop(&fake);
}

/* Lines stay in the order of time, so that another goroutine's comes in between. */
static void test_leaf_of_another(void **state)
{
	struct fake_output fake;

	start_with(&fake, (struct output_options){.leaf = true});
	enter_of(&fake, 34, 0, 0);
	enter_of(&fake, 7, 0, 0);
	leave_of(&fake, 7, 0, 0);
	leave_of(&fake, 34, 0, 0);
	assert_written(
		&fake,
		"    34) 17 16:08:05.000001             main.handleBar() { " CALLER_TEXT CHANGE
		"goroutine 34 => goroutine 7\n"
		"     7) 17 16:08:05.000003 000.000001  main.handleBar(); " CALLER_TEXT CHANGE
		"goroutine 7 => goroutine 34\n"
		"    34) 17 16:08:05.000004 000.000003  " BAR_ENDS);
	stop(&fake);
}

/* The same call of two processes is another one. */
static void test_leaf_of_another_process(void **state)
{
	struct fake_output fake;

	start_with(&fake, (struct output_options){.leaf = true});
	enter_of(&fake, 34, 77, 0);
	tick(&fake);
	enter_of(&fake, 34, 812, 0);
	leave_of(&fake, 34, 77, 0);
	leave_of(&fake, 34, 812, 0);
	assert_null(strstr(fake_output_text(&fake), "();"));
	fake_output_stop(&fake);
}

static void test_ends(void **state)
{
	struct fake_output fake;

	start_with(&fake, (struct output_options){.leaf = true});
	fake_enter(&fake, 1, 0, 0, CALLER_VA);
	fake_enter(&fake, 1, 1, 1, 0x1000 + 50);
	fake_record(&fake, 1, (struct facts){.kind = RECORD_UNWIND, .frame = 20});
	assert_written(
		&fake,
		"    34) 17 16:08:05.000001             main.handleBar() { " CALLER_TEXT
		"    34) 17 16:08:05.000003 000.000001    net/http.(*response).Write(); [panic] " BAR_CALLS);
	fake_record(&fake, 1, (struct facts){.kind = RECORD_GOEXIT, .flags = RECORD_CLOSES_TREE});
	assert_written(
		&fake,
		"    34) 17 16:08:05.000004 000.000003  } main.handleBar [goroutine exit]\n");
	fake_enter(&fake, 1, 0, 0, CALLER_VA);
	fake_enter(&fake, 1, 1, 1, 0x1000 + 50);
	feed_stop(fake.trees, fake.now_ns + 2000);
	output_end(fake.out, &(struct output_totals){.stop_ns = fake.now_ns + 2000});
	assert_written(
		&fake,
		"    34) 17 16:08:05.000005             main.handleBar() { " CALLER_TEXT
		"    34) 17 16:08:05.000008 000.000002    net/http.(*response).Write(); [still running] " BAR_CALLS
		"    34) 17 16:08:05.000008 000.000003  } main.handleBar [still running]\n");
	stop(&fake);
}

/* Waits at their end, in place. */
static void test_waits(void **state)
{
	struct fake_output fake;

	start_with(&fake, (struct output_options){.run = {.states = true, .min_wait_ns = 100000}});
	fake_enter(&fake, 1, 0, 0, CALLER_VA);
	fake_record(&fake, 1,
		    (struct facts){.kind = RECORD_STATE,
				   .old_state = STATE_RUNNING,
				   .new_state = STATE_WAITING,
				   .reason = 2});
	assert_written(&fake,
		       "    34) 17 16:08:05.000001             main.handleBar() { " CALLER_TEXT);
	fake_record(&fake, 500,
		    (struct facts){.kind = RECORD_STATE,
				   .old_state = STATE_WAITING,
				   .new_state = STATE_RUNNABLE,
				   .reason = 2,
				   .has_origin = true,
				   .by_goid = 41});
	assert_written(
		&fake,
		"    34) 17 16:08:05.000502 000.000500    ~ chan receive, woken by goroutine 41\n");
	fake_record(&fake, 1,
		    (struct facts){.kind = RECORD_STATE,
				   .old_state = STATE_RUNNABLE,
				   .new_state = STATE_RUNNING});
	fake_leave(&fake, 1, 0, 0);
	assert_written(
		&fake,
		"    34) 17 16:08:05.000504 000.000503  } main.handleBar+192 /home/me/main.go:20"
		"   run 2.0us  chan receive 0.5ms  runnable 1.0us\n");
	stop(&fake);
}

/* What was lost is told where it was noticed, once. */
static void test_lost(void **state)
{
	struct fake_output fake;

	start(&fake);
	fake_enter(&fake, 1, 0, 0, CALLER_VA);
	fake_record(&fake, 1,
		    (struct facts){.kind = RECORD_ENTRY,
				   .lost = 3,
				   .site = 2,
				   .frame = 32,
				   .caller_va = 0x1000 + 50});
	fake_leave(&fake, 1, 1, 1);
	feed_lost(fake.trees, 812, 34, 0, 1);
	assert_written(
		&fake,
		"    34) 17 16:08:05.000001             main.handleBar() { " CALLER_TEXT
		"    34)                                  (3 events lost)\n"
		"    34) 17 16:08:05.000002               net/http.(*response).Write() { " BAR_CALLS
		"    34) 17 16:08:05.000003 000.000001    " WRITE_ENDS);
	fake_leave(&fake, 1, 0, 0);
	assert_written(&fake, "    34)                                  (1 event lost)\n"
			      "    34) 17 16:08:05.000004 000.000003  " BAR_ENDS);
	stop(&fake);
}

static void test_taken_off(void **state)
{
	struct fake_output fake;

	start(&fake);
	fake_enter(&fake, 1, 0, 0, CALLER_VA);
	fake_record(&fake, 1, (struct facts){.kind = RECORD_TAKEN_OFF, .site = 2});
	fake_leave(&fake, 1, 0, 0);
	assert_written(
		&fake,
		"    34) 17 16:08:05.000001             main.handleBar() { " CALLER_TEXT
		"    34) 17 16:08:05.000003 000.000002  " BAR_ENDS
		"    34)                                (1 function left out, called too often)\n");
	stop(&fake);
}

/* A goroutine that was started in a tree has lines of its own, and is no leaf. */
static void test_follow(void **state)
{
	struct fake_output fake;

	start_with(&fake, (struct output_options){.leaf = true, .run = {.follow = true}});
	fake_enter(&fake, 1, 0, 0, CALLER_VA);
	fake_go(&fake, 1, 41);
	assert_written(
		&fake,
		"    34) 17 16:08:05.000001             main.handleBar() { " CALLER_TEXT CHANGE
		"goroutine 34 => goroutine 41\n"
		"    41) 17 16:08:05.000002             go main.worker() {"
		" [goroutine 41, started by goroutine 34] main.handleBar+88 /home/me/main.go:20\n");
	fake_leave(&fake, 1, 0, 0);
	assert_written(&fake, CHANGE "goroutine 41 => goroutine 34\n"
				     "    34) 17 16:08:05.000003 000.000002  " BAR_ENDS);
	fake_record(&fake, 1, (struct facts){.kind = RECORD_GOEXIT, .goid = 41});
	assert_written(&fake, CHANGE
		       "goroutine 34 => goroutine 41\n"
		       "    41) 17 16:08:05.000004 000.000002  } main.worker [goroutine exit]\n");
	stop(&fake);
}

/* --stack: above each first call. */
static void test_stack(void **state)
{
	struct stacks stacks = {};
	struct fake_output fake;
	struct facts stack = {.kind = RECORD_STACK,
			      .stack = 9,
			      .stack_end = STACK_BOTTOM,
			      .by_stack = {CALLER_VA, 0xb000 + 20}};

	assert_null(stacks_feed(&stacks, FACTS_RECORD(&stack)));
	start_with(&fake, (struct output_options){
				  .leaf = true, .stacks = &stacks, .run = {.stacks = true}});
	fake_record(&fake, 1,
		    (struct facts){.kind = RECORD_ENTRY,
				   .frame = 16,
				   .caller_va = CALLER_VA,
				   .flags = RECORD_OPENS_TREE,
				   .stack = 9});
	fake_leave(&fake, 1, 0, 0);
	assert_written(
		&fake,
		"    34)                                (goroutine 34 of process 812)\n"
		"    34)                                > main.worker /go/server.go:1\n"
		"    34)                                > net/http.HandlerFunc.ServeHTTP /go/server.go:2122\n"
		"    34) 17 16:08:05.000002 000.000001  main.handleBar(); " CALLER_TEXT);
	stop(&fake);
	stacks_clear(&stacks);
}

/* --limit: calls of the first trees that begin. */
static void test_limit(void **state)
{
	struct fake_output fake;

	start_with(&fake, (struct output_options){.max_trees = 1});
	enter_of(&fake, 34, 0, 0);
	enter_of(&fake, 7, 0, 0);
	leave_of(&fake, 7, 0, 0);
	assert_int_equal(output_num_trees(fake.out), 0);
	leave_of(&fake, 34, 0, 0);
	assert_int_equal(output_num_trees(fake.out), 1);
	assert_written(&fake,
		       "    34) 17 16:08:05.000001             main.handleBar() { " CALLER_TEXT
		       "    34) 17 16:08:05.000004 000.000003  " BAR_ENDS);
	stop(&fake);
}

/* ---- --depth ---- */

static void start_shallow(struct fake_output *fake, struct shallow *shallow, uint64_t depth)
{
	start_with(fake, (struct output_options){.leaf = true,
						 .run = {.states = true, .min_wait_ns = 1000}});
	calltree_free(fake->trees);
	*shallow = (struct shallow){.next = output_sink(fake->out), .depth = depth};
	struct calltree_sink sink = shallow_sink(shallow);
	assert_null(calltree_new(&sink, &fake->trees));
}

/* Write, called by handleBar, calls itself and waits. */
static void feed_deep(struct fake_output *fake)
{
	fake_enter(fake, 1, 0, 0, CALLER_VA);
	fake_enter(fake, 1, 1, 1, 0x1000 + 50);
	fake_enter(fake, 1, 1, 2, 0x1000 + 50);
	fake_record(fake, 1,
		    (struct facts){.kind = RECORD_STATE,
				   .old_state = STATE_RUNNING,
				   .new_state = STATE_WAITING,
				   .reason = 2});
	fake_record(fake, 9,
		    (struct facts){.kind = RECORD_STATE,
				   .old_state = STATE_WAITING,
				   .new_state = STATE_RUNNING,
				   .reason = 2,
				   .lost = 2});
	fake_leave(fake, 1, 1, 2);
	fake_leave(fake, 1, 1, 1);
	fake_leave(fake, 1, 0, 0);
}

static void test_depth(void **state)
{
	struct fake_output fake;
	struct shallow shallow;

	start_shallow(&fake, &shallow, 1);
	feed_deep(&fake);
	assert_written(&fake,
		       "    34) 17 16:08:05.000001             main.handleBar() { " CALLER_TEXT
		       "    34)                                  (2 events lost)\n"
		       "    34)                    000.000013    (2 calls folded)\n"
		       "    34) 17 16:08:05.000016 000.000015  } main.handleBar+192"
		       " /home/me/main.go:20   run 6.0us  chan receive 9.0us\n");
	stop(&fake);
	start_shallow(&fake, &shallow, 3);
	feed_deep(&fake);
	assert_null(strstr(fake_output_text(&fake), "folded"));
	assert_non_null(strstr(fake_output_text(&fake), "      ~ chan receive\n"));
	fake_output_stop(&fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_at_once),
		cmocka_unit_test(test_goroutines),
		cmocka_unit_test(test_processes),
		cmocka_unit_test(test_leaf),
		cmocka_unit_test(test_leaf_of_another),
		cmocka_unit_test(test_leaf_of_another_process),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_waits),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_taken_off),
		cmocka_unit_test(test_follow),
		cmocka_unit_test(test_stack),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_depth),
	};

	use_utc();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
