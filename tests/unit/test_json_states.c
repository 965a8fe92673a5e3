/* SPDX-License-Identifier: MIT */
/* test_json_states.c - states, waits and followed goroutines in JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "fake_output.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MS           1000000ull

static const struct output_options with_states = {
	.run = {.states = true, .min_wait_ns = 1, .follow = true}};

static int setup(void **state)
{
	return fake_output_setup(state, "json", with_states);
}

/* Hands a call on, as the calltree does. */
static void end_call(struct fake_output *fake, const struct tree *tree, const struct call *call)
{
	struct calltree_sink sink = output_sink(fake->out);

	sink.call_ended(sink.context, tree, call);
}

static const struct tree tree_of_34 = {.number = 1, .root = 1, .goid = 34, .pid = 812};

/* A call of 100 ms, whose object ends in that. */
static void assert_call(struct fake_output *fake, struct call call, const char *expected)
{
	size_t before = strlen(fake_output_text(fake));
	_cleanup_free_ char *line = NULL;

	call.number = 1;
	call.end_ns = 100 * MS;
	call.tid = 815;
	call.end = CALL_PANIC;
	end_call(fake, &tree_of_34, &call);
	assert_true(
		asprintf(&line,
			 "{\"pid\":812,\"tid\":815,\"goid\":34,\"tree\":1,\"call\":1,\"depth\":0,"
			 "\"function\":\"main.handleBar\",\"start_ns\":1792253285000000000,"
			 "\"duration_ns\":100000000,\"self_ns\":100000000,\"end\":\"panic\",%s}\n",
			 expected) > 0);
	assert_string_equal(fake_output_text(fake) + before, line);
}

static void test_states(void **state)
{
	struct part parts[] = {
		{.ns = 2 * MS, .state = STATE_WAITING, .reason = 2},
		{.ns = 1 * MS, .state = STATE_RUNNABLE},
		{.ns = 10 * MS, .state = STATE_WAITING, .reason = 1},
		{.ns = 3 * MS, .state = STATE_SYSCALL},
		{.ns = 4, .state = STATE_PREEMPTED},
		{.ns = 5, .state = STATE_WAITING, .reason = 5}, /* "sleep", as 1 */
		{.ns = 0, .state = STATE_COPYSTACK},
	};

	assert_call(*state, (struct call){.parts = parts, .num_parts = COUNT(parts)},
		    "\"states_ns\":{\"running\":83999991,\"syscall\":3000000,\"preempted\":4,"
		    "\"runnable\":1000000,"
		    "\"waiting\":{\"sleep\":10000005,\"chan receive\":2000000}}");
	assert_call(*state, (struct call){0}, "\"states_ns\":{\"running\":100000000}");
}

static void test_odd_states(void **state)
{
	struct part parts[] = {
		{.ns = 1, .state = STATE_WAITING, .reason = 200},
		{.ns = 2, .state = STATE_WAITING, .reason = 3},
		{.ns = 3, .state = STATE_WAITING, .reason = 6},
		{.ns = 4, .state = STATE_RUNNABLE},
		{.ns = UINT64_MAX, .state = 77},
	};

	assert_call(*state, (struct call){.parts = parts, .num_parts = COUNT(parts)},
		    "\"states_ns\":{\"running\":0,\"state 77\":99999990,\"runnable\":4,"
		    "\"waiting\":{\"runnable\":3,\"odd\\\\x0a\":2,\"unknown\":1}}");
}

static void test_waits(void **state)
{
	struct wait waits[] = {
		{.start_ns = 1000,
		 .end_ns = 3000,
		 .state = STATE_WAITING,
		 .reason = 2,
		 .by_goid = 41,
		 .by_stack = {0xa000 + 5, 0xb000 + 120}},
		{.start_ns = 4000, .end_ns = 5000, .state = STATE_SYSCALL},
		{.start_ns = 5000, .end_ns = 5001, .state = STATE_WAITING, .by_goid = 42},
		{.start_ns = 6000, .end_ns = 7000, .state = 77, .is_open = true, .by_goid = 42},
	};

	assert_call(*state,
		    (struct call){.waits = waits, .num_waits = COUNT(waits), .waits_left_out = 9},
		    "\"states_ns\":{\"running\":100000000},\"waits\":["
		    "{\"end_ns\":1792253285000003000,\"duration_ns\":2000,\"state\":\"waiting\","
		    "\"reason\":\"chan receive\",\"woken_by\":{\"goid\":41,"
		    "\"function\":\"main.worker\",\"offset\":120,\"file\":\"/go/server.go\","
		    "\"line\":2122}},"
		    "{\"end_ns\":1792253285000005000,\"duration_ns\":1000,\"state\":\"syscall\"},"
		    "{\"end_ns\":1792253285000005001,\"duration_ns\":1,\"state\":\"waiting\","
		    "\"reason\":\"unknown\",\"woken_by\":{\"goid\":42}},"
		    "{\"end_ns\":1792253285000007000,\"duration_ns\":1000,"
		    "\"state\":\"state 77\",\"open\":true}],\"waits_left_out\":9");
}

static void test_followed(void **state)
{
	struct tree tree = {.number = 9,
			    .root = 7,
			    .goid = 41,
			    .pid = 812,
			    .parent_tree = 7,
			    .parent_goid = 34};
	struct call call = {.end_ns = 1000,
			    .entry_site = CALLTREE_NO_SITE,
			    .start_va = 0xb000,
			    .caller_va = 0x1000 + 88,
			    .tid = 815,
			    .end = CALL_GOEXIT};
	struct fake_output *fake = *state;

	end_call(fake, &tree, &call);
	assert_string_equal(
		fake_output_text(fake),
		"{\"pid\":812,\"tid\":815,\"goid\":41,\"tree\":9,\"call\":0,\"depth\":0,"
		"\"function\":\"main.worker\",\"start_ns\":1792253285000000000,"
		"\"duration_ns\":1000,\"self_ns\":1000,\"caller\":{\"function\":\"main.handleBar\","
		"\"offset\":88,\"file\":\"/home/me/main.go\",\"line\":20},"
		"\"started_by\":{\"goid\":34,\"tree\":7},\"end\":\"goexit\","
		"\"states_ns\":{\"running\":1000}}\n");

	tree.parent_tree = 0;
	call.entry_site = 2; /* its function is traced itself */
	end_call(fake, &tree, &call);
	assert_non_null(
		strstr(fake_output_text(fake), "\"function\":\"net/http.(*response).Write\","));
	assert_non_null(strstr(fake_output_text(fake), "\"started_by\":{\"goid\":34},"));

	/* Any other call of it has none; an unknown function is its address. */
	size_t before = strlen(fake_output_text(fake));
	call.entry_site = 0;
	call.start_va = 0;
	end_call(fake, &tree, &call);
	assert_null(strstr(fake_output_text(fake) + before, "started_by"));
	call.entry_site = CALLTREE_NO_SITE;
	call.start_va = 0xb001;
	end_call(fake, &tree, &call);
	assert_non_null(strstr(fake_output_text(fake), "\"function\":\"0xb001\","));
}

/* Followed trees take numbers, but do not count. */
static void test_limit(void **state)
{
	struct output_options options = with_states;
	struct call call = {.end = CALL_PANIC};
	struct tree trees[] = {
		{.number = 1, .root = 1},
		{.number = 2, .root = 1, .parent_tree = 1},
		{.number = 3, .root = 2},
		{.number = 4, .root = 3},
		{.number = 5, .root = 2, .parent_tree = 3},
		{.number = 6, .root = 3, .parent_tree = 4},
		{.number = 7, .parent_goid = 17}, /* a goroutine with no tree that is known */
	};
	static const char *const numbers[] = {"\"tree\":1,", "\"tree\":2,", "\"tree\":3,",
					      "\"tree\":4,", "\"tree\":5,", "\"tree\":6,",
					      "\"tree\":7,"};
	struct fake_output fake;

	options.max_trees = 2;
	assert_int_equal(fake_output_start_with(&fake, "json", options), 0);
	struct calltree_sink sink = output_sink(fake.out);
	for (size_t i = 0; i < COUNT(trees); i++) {
		sink.call_ended(sink.context, &trees[i], &call);
		sink.tree_ended(sink.context, &trees[i]);
		bool is_written = strstr(fake_output_text(&fake), numbers[i]) != NULL;
		assert_int_equal(is_written, trees[i].root == 1 || trees[i].root == 2);
	}
	assert_int_equal(output_num_trees(fake.out), 2);
	fake_output_stop(&fake);
}

/* The same, from records on. */
static void test_limit_of_events(void **state)
{
	struct output_options options = with_states;
	struct fake_output fake;

	options.max_trees = 2;
	assert_int_equal(fake_output_start_with(&fake, "json", options), 0);
	for (int i = 0; i < 3; i++) {
		fake_enter(&fake, 1, 0, 0, 0);
		fake_go(&fake, 1, 41);
		fake_record(&fake, 1, (struct facts){.kind = RECORD_GOEXIT, .goid = 41});
		fake_leave(&fake, 1, 0, 0);
	}
	const char *text = fake_output_text(&fake);
	assert_non_null(strstr(text, "\"goid\":34,\"tree\":3,"));
	assert_non_null(strstr(text, "\"goid\":41,\"tree\":4,"));
	assert_non_null(strstr(text, "\"started_by\":{\"goid\":34,\"tree\":3}"));
	assert_null(strstr(text, "\"tree\":5,"));
	assert_null(strstr(text, "\"tree\":6,"));
	assert_int_equal(output_num_trees(fake.out), 2);
	fake_output_stop(&fake);
}

static void test_sink(void **state)
{
	struct fake_output *fake = *state;
	struct calltree_sink sink = output_sink(fake->out);

	assert_true(sink.states);
	assert_int_equal(sink.min_wait_ns, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fake_output_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_states),
		TEST(test_odd_states),
		TEST(test_waits),
		TEST(test_followed),
		TEST(test_sink),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_limit_of_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
