/* SPDX-License-Identifier: MIT */
/* test_graph_follow.c - goroutines started inside trees in text for people, to the column. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "fake_output.h"

#define CALLER_VA   (0x9000 + 47)
#define WORKER_VA   0xb000
#define CALLER_TEXT "net/http.HandlerFunc.ServeHTTP+47 /go/server.go:2122"
#define GO_VA       (0x1000 + 88)
#define GO_TEXT     "main.handleBar+88 /home/me/main.go:20"
#define ENTRY_LINE  "17 16:08:05.000000             main.handleBar() { " CALLER_TEXT "\n"
#define EXIT_LINE   "17 16:08:05.523311 000.523311  } main.handleBar+192 /home/me/main.go:20"

static const struct output_options with_states = {
	.run = {.states = true, .min_wait_ns = 1, .follow = true}};

static int setup(void **state)
{
	return fake_output_setup(state, "graph", with_states);
}

/* Goroutine 41, started by goroutine 34, calls Write and ends. */
struct worker {
	struct call calls[2];
	struct step steps[5];
	struct wait wait;
	struct start start;
	struct tree tree;
};

static void worker_init(struct worker *worker)
{
	*worker = (struct worker){
		.calls = {{.start_ns = 100000,
			   .end_ns = 400000,
			   .caller_va = GO_VA,
			   .start_va = WORKER_VA,
			   .entry_site = CALLTREE_NO_SITE,
			   .end = CALL_GOEXIT},
			  {.start_ns = 200000,
			   .end_ns = 300000,
			   .caller_va = WORKER_VA + 20,
			   .entry_site = 2,
			   .exit_site = 3,
			   .depth = 1,
			   .end = CALL_RETURN}},
		.steps = {{0, STEP_ENTRY}, {1, STEP_ENTRY}, {1, STEP_EXIT}, {0, STEP_EXIT}},
	};
	worker->tree = (struct tree){.number = 2,
				     .root = 1,
				     .goid = 41,
				     .calls = worker->calls,
				     .num_calls = 2,
				     .steps = worker->steps,
				     .num_steps = 4,
				     .parent_tree = 1,
				     .parent_goid = 34};
}

#define WORKER_TEXT(indent)                                                                        \
	"17 16:08:05.000200             " indent "  net/http.(*response).Write() {"                \
	" main.worker+20 /go/server.go:1\n"                                                        \
	"17 16:08:05.000300 000.000100  " indent "  } net/http.(*response).Write+192"              \
	" /home/me/main.go:21   run 0.1ms\n"                                                       \
	"17 16:08:05.000400 000.000300  " indent "} main.worker [goroutine exit]   run 0.3ms\n"

/* main.handleBar, inside which goroutine 41 was started. */
static void write_parent(struct fake_output *fake, uint64_t root, struct start start)
{
	struct call call = fake_handle_bar();
	struct step steps[] = {{0, STEP_ENTRY}, {0, STEP_START}, {0, STEP_EXIT}};
	struct tree tree = {.number = root,
			    .root = root,
			    .goid = 34,
			    .calls = &call,
			    .num_calls = 1,
			    .steps = steps,
			    .num_steps = 3,
			    .starts = &start,
			    .num_starts = 1};

	fake_end_tree(fake, &tree);
}

static const struct start start_of_worker = {
	.time_ns = 100000, .goid = 41, .start_va = WORKER_VA, .go_va = GO_VA};

static void test_started(void **state)
{
	struct fake_output *fake = *state;
	struct start start = start_of_worker;
	struct worker worker;

	worker_init(&worker);
	worker.tree.lost = 2;
	start.tree = &worker.tree;
	write_parent(fake, 1, start);
	assert_string_equal(fake_output_text(fake),
			    "\n" ENTRY_LINE "17 16:08:05.000100               go main.worker() {"
			    " [goroutine 41] " GO_TEXT
			    "\n" WORKER_TEXT("  ") "                                 (2 events "
						   "lost in this tree)\n" EXIT_LINE
						   "   run 523.3ms\n");
	assert_int_equal(output_num_trees(fake->out), 1);
}

/* A goroutine inside a goroutine, which left by a `ret`, and waited. */
static void test_generations(void **state)
{
	struct fake_output *fake = *state;
	struct start start = start_of_worker;
	struct worker child, grandchild;

	worker_init(&child);
	worker_init(&grandchild);
	child.start = start;
	child.start.depth = 1;
	child.start.tree = &grandchild.tree;
	child.tree.starts = &child.start;
	child.wait = (struct wait){
		.start_ns = 200000, .end_ns = 300000, .depth = 1, .state = STATE_SYSCALL};
	child.tree.waits = &child.wait;
	child.calls[0].end = CALL_RETURN;
	child.calls[0].exit_site = 1;
	child.steps[1] = (struct step){0, STEP_START};
	child.steps[2] = (struct step){0, STEP_WAIT};
	child.steps[3] = (struct step){0, STEP_EXIT};
	grandchild.tree.goid = 42;
	start.tree = &child.tree;
	write_parent(fake, 1, start);
	assert_string_equal(
		fake_output_text(fake),
		"\n" ENTRY_LINE "17 16:08:05.000100               go main.worker() {"
		" [goroutine 41] " GO_TEXT "\n"
		"17 16:08:05.000100                   go main.worker() {"
		" [goroutine 42] " GO_TEXT
		"\n" WORKER_TEXT("      ") "17 16:08:05.000300 000.000100        ~ syscall\n"
					   "17 16:08:05.000400 000.000300    } main.handleBar+192"
					   " /home/me/main.go:20   run 0.3ms\n" EXIT_LINE
					   "   run 523.3ms\n");
}

/* Without its tree, or with one that could not be kept from its beginning. */
static void test_started_without_calls(void **state)
{
	struct fake_output *fake = *state;
	struct start start = start_of_worker;
	struct worker worker;

	write_parent(fake, 1, start);
	assert_string_equal(fake_output_text(fake),
			    "\n" ENTRY_LINE "17 16:08:05.000100               go main.worker()"
			    " [goroutine 41, still running] " GO_TEXT "\n" EXIT_LINE
			    "   run 523.3ms\n");

	size_t before = strlen(fake_output_text(fake));
	worker_init(&worker);
	worker.tree.num_steps = 0;
	worker.tree.waits_left_out = 1;
	worker.tree.left_out = 2;
	start.tree = &worker.tree;
	start.start_va = WORKER_VA + 1; /* in a function, but not its beginning */
	start.go_va = 0;
	write_parent(fake, 1, start);
	assert_string_equal(
		fake_output_text(fake) + before,
		"\n" ENTRY_LINE "17 16:08:05.000100               go 0xb001()"
		" [goroutine 41] ?\n"
		"                                 (1 more wait in this tree left out)\n"
		"                                 (2 more calls in this tree left out)\n" EXIT_LINE
		"   run 523.3ms\n");
}

#define LATE_ENTRY                                                                                 \
	"17 16:08:05.000100             go main.worker() { [goroutine 41, started by"              \
	" goroutine 34] " GO_TEXT "\n"

static void test_handed_on_late(void **state)
{
	struct fake_output *fake = *state;
	struct worker worker;

	worker_init(&worker);
	fake_end_tree(fake, &worker.tree);
	assert_string_equal(fake_output_text(fake), "\n" LATE_ENTRY WORKER_TEXT(""));
	assert_int_equal(output_num_trees(fake->out), 0);
}

/* Followed trees do not count, and go with the tree that they descend from. */
static void test_limit(void **state)
{
	struct output_options options = with_states;
	struct fake_output fake;
	struct worker worker;
	size_t length;

	options.max_trees = 1;
	assert_int_equal(fake_output_start_with(&fake, "graph", options), 0);
	worker_init(&worker);
	worker.tree.root = 3;
	write_parent(&fake, 3, start_of_worker);
	assert_int_equal(output_num_trees(fake.out), 1);
	length = strlen(fake_output_text(&fake));
	write_parent(&fake, 4, start_of_worker);
	worker.tree.root = 4;
	fake_end_tree(&fake, &worker.tree);
	assert_int_equal(strlen(fake_output_text(&fake)), length);

	worker.tree.root = 3;
	worker.tree.parent_tree = 17; /* another goroutine started by it */
	fake_end_tree(&fake, &worker.tree);
	assert_string_equal(fake_output_text(&fake) + length, "\n" LATE_ENTRY WORKER_TEXT(""));
	assert_int_equal(output_num_trees(fake.out), 1);
	fake_output_stop(&fake);
}

/* by_goid: who made the change. */
static void change_state(struct fake_output *fake, uint64_t us, uint64_t goid, uint8_t old_state,
			 uint8_t new_state, uint64_t by_goid)
{
	struct facts change = {.reason = 2,
			       .kind = RECORD_STATE,
			       .has_origin = true,
			       .old_state = old_state,
			       .new_state = new_state,
			       .by_goid = by_goid,
			       .by_stack = {0xa000 + 5, WORKER_VA + 120}};

	fake_feed(fake, us, goid, &change);
}

/* From records on: it starts goroutine 41 and waits for it. */
static void test_events(void **state)
{
	struct fake_output *fake = *state;

	fake_enter(fake, 0, 0, 0, CALLER_VA);
	fake_go(fake, 100, 41);
	change_state(fake, 100, 34, STATE_RUNNING, STATE_WAITING, 34);
	change_state(fake, 100, 41, STATE_RUNNABLE, STATE_RUNNING, 0);
	change_state(fake, 200, 34, STATE_WAITING, STATE_RUNNABLE, 41);
	fake_record(fake, 100, (struct facts){.kind = RECORD_GOEXIT, .goid = 41});
	change_state(fake, 100, 34, STATE_RUNNABLE, STATE_RUNNING, 0);
	fake_leave(fake, 100, 0, 0);
	feed_tick(fake->trees, fake->now_ns);
	assert_string_equal(
		fake_output_text(fake),
		"\n" ENTRY_LINE
		"17 16:08:05.000100               go main.worker() { [goroutine 41] " GO_TEXT "\n"
		"17 16:08:05.000300 000.000200      ~ runnable\n"
		"17 16:08:05.000600 000.000500    } main.worker [goroutine exit]"
		"   run 0.3ms  runnable 0.2ms\n"
		"17 16:08:05.000500 000.000300    ~ chan receive, woken by goroutine 41 in"
		" main.worker+120 /go/server.go:2122\n"
		"17 16:08:05.000700 000.000200    ~ runnable\n"
		"17 16:08:05.000800 000.000800  } main.handleBar+192 /home/me/main.go:20"
		"   run 0.3ms  chan receive 0.3ms  runnable 0.2ms\n");
}

/* The function that a goroutine is started with has probes: one entry line for both. */
static void test_traced_itself(void **state)
{
	struct fake_output *fake = *state;

	fake_enter(fake, 0, 0, 0, CALLER_VA);
	fake_go(fake, 100, 41);
	fake_record(fake, 0,
		    (struct facts){.kind = RECORD_ENTRY, .goid = 41, .site = 2, .frame = 16});
	fake_record(fake, 100,
		    (struct facts){.kind = RECORD_RETURN, .goid = 41, .site = 3, .frame = 16});
	fake_record(fake, 0, (struct facts){.kind = RECORD_GOEXIT, .goid = 41});
	fake_leave(fake, 100, 0, 0);
	assert_string_equal(
		fake_output_text(fake),
		"\n" ENTRY_LINE "17 16:08:05.000100               go net/http.(*response).Write() {"
		" [goroutine 41] " GO_TEXT "\n"
		"17 16:08:05.000200 000.000100    } net/http.(*response).Write+192"
		" /home/me/main.go:21   run 0.1ms\n"
		"17 16:08:05.000300 000.000300  } main.handleBar+192 /home/me/main.go:20"
		"   run 0.3ms\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fake_output_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_started),
		TEST(test_generations),
		TEST(test_started_without_calls),
		TEST(test_handed_on_late),
		cmocka_unit_test(test_limit),
		TEST(test_events),
		TEST(test_traced_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
