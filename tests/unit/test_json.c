/* SPDX-License-Identifier: MIT */
/* test_json.c - one JSON object a call: names, order and when it is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <yajl/yajl_tree.h>

#include "fake_output.h"

#define CALLER_VA (0x9000 + 47)

static int setup(void **state)
{
	return fake_output_setup(state, "json", (struct output_options){});
}

/* Every line is one valid object, which strict UTF-8 checking of the parser implies. */
static void assert_json_lines(const char *text)
{
	_cleanup_free_ char *copy = strdup(text);
	char *rest = copy, *line;

	assert_non_null(copy);
	assert_true(!*text || text[strlen(text) - 1] == '\n');
	while ((line = strsep(&rest, "\n")) && *line) {
		char error[256] = "";
		yajl_val value = yajl_tree_parse(line, error, sizeof(error));
		assert_string_equal(error, "");
		assert_true(YAJL_IS_OBJECT(value));
		yajl_tree_free(value);
	}
}

static void test_folded(void **state)
{
	struct fake_output *fake = *state;
	struct calltree_sink sink = output_sink(fake->out);
	struct call call = fake_handle_bar();
	const struct tree tree = {.number = 1};

	sink.call_ended(sink.context, &tree, &call);
	assert_null(strstr(fake_output_text(fake), "folded"));
	call.folded_calls = 17;
	call.folded_ns = 1234567000;
	sink.call_ended(sink.context, &tree, &call);
	assert_json_lines(fake_output_text(fake));
	assert_non_null(
		strstr(fake_output_text(fake), ",\"folded\":{\"calls\":17,\"ns\":1234567000}}\n"));
}

static void test_probes_off(void **state)
{
	struct fake_output *fake = *state;

	fake_enter(fake, 1, 0, 0, CALLER_VA);
	fake_enter(fake, 1, 1, 1, CALLER_VA);
	fake_record(fake, 2, (struct facts){.kind = RECORD_GAP});
	fake_record(fake, 30, (struct facts){.kind = RECORD_GAP_END});
	fake_leave(fake, 1, 1, 1);
	assert_null(strstr(fake_output_text(fake), "probes_off_ns"));
	fake_leave(fake, 1, 0, 0);
	assert_json_lines(fake_output_text(fake));
	assert_non_null(
		strstr(fake_output_text(fake), "\"incomplete\":true,\"probes_off_ns\":30000}\n"));
}

/* Of trees that begin from then on. */
static void test_one_in(void **state)
{
	struct fake_output *fake = *state;

	fake_enter(fake, 1, 0, 0, CALLER_VA);
	fake_record(fake, 2, (struct facts){.kind = RECORD_ONE_IN, .one_in = 8});
	fake_leave(fake, 1, 0, 0);
	assert_null(strstr(fake_output_text(fake), "one_in"));
	fake_enter(fake, 1, 0, 0, CALLER_VA);
	fake_leave(fake, 1, 0, 0);
	assert_json_lines(fake_output_text(fake));
	assert_non_null(strstr(fake_output_text(fake), ",\"one_in\":8}\n"));
}

static void test_probes(void **state)
{
	struct fake_output *fake = *state;
	struct calltree_sink sink = output_sink(fake->out);
	struct call call = fake_handle_bar();
	const struct tree tree = {.number = 1};

	call.probe_ns = 5000;
	sink.call_ended(sink.context, &tree, &call);
	assert_json_lines(fake_output_text(fake));
	assert_non_null(strstr(fake_output_text(fake), ",\"probe_ns\":5000,"));
}

/* Of each call, the wall clock of its beginning. */
static void test_wall_clock_is_set(void **state)
{
	struct fake_output *fake = *state;

	fake_enter(fake, 1, 0, 0, CALLER_VA);
	fake_set_wall_clock(&fake->clock, 2000, 3600);
	fake_enter(fake, 1, 1, 1, 0x1000 + 50);
	fake_leave(fake, 1, 1, 1);
	fake_leave(fake, 1, 0, 0);
	assert_non_null(strstr(fake_output_text(fake),
			       "\"start_ns\":1792256885000002000,\"duration_ns\":1000,"));
	assert_non_null(
		strstr(fake_output_text(fake),
		       "\"start_ns\":1792253285000001000,\"duration_ns\":3000,\"self_ns\":2000,"));
}

static void test_call(void **state)
{
	struct fake_output *fake = *state;

	fake_enter(fake, 411402, 0, 0, CALLER_VA);
	fake_enter(fake, 10, 1, 1, 0x1000 + 50);
	assert_string_equal(fake_output_text(fake), "");
	fake_leave(fake, 20, 1, 1);
	assert_string_equal(fake_output_text(fake),
			    "{\"pid\":812,\"tid\":815,\"goid\":34,\"tree\":1,\"call\":2,"
			    "\"parent\":1,\"depth\":1,"
			    "\"function\":\"net/http.(*response).Write\","
			    "\"start_ns\":1792253285411412000,\"duration_ns\":20000,"
			    "\"self_ns\":20000,"
			    "\"caller\":{\"function\":\"main.handleBar\",\"offset\":50,"
			    "\"file\":\"/home/me/main.go\",\"line\":20},"
			    "\"return\":{\"offset\":192,\"file\":\"/home/me/main.go\",\"line\":21},"
			    "\"end\":\"return\"}\n");
	fake_leave(fake, 1, 0, 0);
	assert_non_null(strstr(fake_output_text(fake),
			       "\"caller\":{\"function\":\"net/http.HandlerFunc.ServeHTTP\","
			       "\"offset\":47,\"file\":\"/go/server.go\",\"line\":2122}"));
	assert_json_lines(fake_output_text(fake));
	assert_int_equal(output_num_trees(fake->out), 1);
}

/* Ends that are no return have no "return"; what is not known is left out. */
static void test_ends(void **state)
{
	struct fake_output *fake = *state;

	fake_enter(fake, 1, 0, 0, 0);
	fake_record(fake, 1, (struct facts){.kind = RECORD_GOEXIT});
	fake_enter(fake, 1, 0, 0, 0x7fffffff0000);
	feed_lost_end(fake->trees, 812, 34, 0, 1, fake->now_ns);
	assert_string_equal(
		fake_output_text(fake),
		"{\"pid\":812,\"tid\":815,\"goid\":34,\"tree\":1,\"call\":1,\"depth\":0,"
		"\"function\":\"main.handleBar\",\"start_ns\":1792253285000001000,"
		"\"duration_ns\":1000,\"self_ns\":1000,\"end\":\"goexit\"}\n"
		"{\"pid\":812,\"tid\":815,\"goid\":34,\"tree\":2,\"call\":1,\"depth\":0,"
		"\"function\":\"main.handleBar\",\"start_ns\":1792253285000003000,"
		"\"duration_ns\":0,\"self_ns\":0,\"end\":\"lost\",\"incomplete\":true}\n");
}

static void test_end_names(void **state)
{
	struct fake_output *fake = *state;

	fake_enter(fake, 1, 0, 0, 0);
	fake_enter(fake, 1, 1, 1, 0);
	fake_record(fake, 1, (struct facts){.kind = RECORD_TAIL_CALL, .site = 3, .frame = 32});
	fake_enter(fake, 1, 1, 1, 0);
	fake_leave(fake, 1, 0, 0);
	fake_enter(fake, 1, 0, 0, 0);
	fake_record(fake, 1, (struct facts){.kind = RECORD_UNWIND, .flags = RECORD_CLOSES_TREE});
	fake_enter(fake, 1, 0, 0, 0);
	fake_record(fake, 1, (struct facts){.kind = RECORD_PROCESS_EXIT});
	fake_enter(fake, 1, 0, 0, 0);
	feed_stop(fake->trees, fake->now_ns);

	const char *text = fake_output_text(fake);
	assert_non_null(strstr(text, "\"return\":{\"offset\":192,\"file\":\"/home/me/main.go\","
				     "\"line\":21},\"end\":\"tail_call\"}\n"));
	assert_non_null(strstr(text, "\"end\":\"left\"}\n"));
	assert_non_null(strstr(text, "\"end\":\"panic\"}\n"));
	assert_non_null(strstr(text, "\"end\":\"return\"}\n"));
	assert_non_null(strstr(text, "\"end\":\"process_exit\"}\n"));
	assert_non_null(strstr(text, "\"end\":\"running\"}\n"));
	assert_json_lines(text);
}

static void test_hostile(void **state)
{
	struct fake_output *fake = *state;
	struct facts largest = {.kind = RECORD_ENTRY,
				.goid = UINT64_MAX,
				.pid = UINT32_MAX,
				.site = UINT32_MAX,
				.caller_va = UINT64_MAX,
				.flags = RECORD_OPENS_TREE};

	fake_enter(fake, 1, 2, 0, 0x1400 + 9);
	fake_leave(fake, 1, 2, 0);
	fake_record(fake, 1, largest);
	largest.kind = RECORD_RETURN;
	largest.flags = RECORD_CLOSES_TREE;
	fake_record(fake, 1, largest);

	const char *text = fake_output_text(fake);
	assert_non_null(strstr(text, "\"function\":\"main.\\\"odd\\\"\\\\x1b[\xc2\xb7\\\\xff\","));
	assert_non_null(strstr(text, "\"return\":{\"offset\":192},\"end\":\"return\"}\n"));
	assert_non_null(strstr(text, "{\"pid\":4294967295,\"tid\":815,"
				     "\"goid\":18446744073709551615,"));
	assert_json_lines(text);
}

/* The first trees that begin are written, to their end. */
static void test_limit(void **state)
{
	struct fake_output fake;

	assert_int_equal(fake_output_start(&fake, "json", 2), 0);
	fake_record(&fake, 1,
		    (struct facts){.kind = RECORD_ENTRY, .goid = 1, .flags = RECORD_OPENS_TREE});
	for (int i = 0; i < 3; i++) {
		fake_enter(&fake, 1, 1, 0, 0);
		fake_leave(&fake, 1, 1, 0);
	}
	assert_int_equal(output_num_trees(fake.out), 1);
	fake_record(&fake, 1, (struct facts){.kind = RECORD_GOEXIT, .goid = 1});
	assert_int_equal(output_num_trees(fake.out), 2);

	const char *text = fake_output_text(&fake);
	assert_non_null(strstr(text, "\"tree\":1,"));
	assert_non_null(strstr(text, "\"tree\":2,"));
	assert_null(strstr(text, "\"tree\":3,"));
	assert_json_lines(text);
	fake_output_stop(&fake);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fake_output_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_wall_clock_is_set),
		TEST(test_folded),
		TEST(test_probes),
		TEST(test_probes_off),
		TEST(test_one_in),
		TEST(test_call),
		TEST(test_ends),
		TEST(test_end_names),
		TEST(test_hostile),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
