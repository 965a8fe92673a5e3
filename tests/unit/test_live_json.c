/* SPDX-License-Identifier: MIT */
/* test_live_json.c - calls as they happen, as JSON: one object an event. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "fake_output.h"
#include "stream.h"

#define CALLER_VA (0x9000 + 47)

static void start_with(struct fake_output *fake, struct output_options options)
{
	options.live = true;
	assert_int_equal(fake_output_start_with(fake, "json", options), 0);
}

static void test_events(void **state)
{
	struct fake_output fake;

	start_with(&fake, (struct output_options){.run = {.states = true, .min_wait_ns = 1000}});
	fake_enter(&fake, 1, 0, 0, CALLER_VA);
	fake_enter(&fake, 1, 1, 1, 0x1000 + 50);
	assert_string_equal(
		fake_output_text(&fake),
		"{\"event\":\"entry\",\"time_ns\":1792253285000001000,\"pid\":812,\"tid\":815,"
		"\"goid\":34,\"tree\":1,\"call\":1,\"depth\":0,\"function\":\"main.handleBar\","
		"\"caller\":{\"function\":\"net/http.HandlerFunc.ServeHTTP\",\"offset\":47,"
		"\"file\":\"/go/server.go\",\"line\":2122}}\n"
		"{\"event\":\"entry\",\"time_ns\":1792253285000002000,\"pid\":812,\"tid\":815,"
		"\"goid\":34,\"tree\":1,\"call\":2,\"parent\":1,\"depth\":1,"
		"\"function\":\"net/http.(*response).Write\","
		"\"caller\":{\"function\":\"main.handleBar\",\"offset\":50,"
		"\"file\":\"/home/me/main.go\",\"line\":20}}\n");
	size_t shown = strlen(fake.text);
	fake_record(&fake, 1,
		    (struct facts){.kind = RECORD_STATE,
				   .lost = 2,
				   .old_state = STATE_RUNNING,
				   .new_state = STATE_WAITING,
				   .reason = 2});
	fake_record(&fake, 500,
		    (struct facts){.kind = RECORD_STATE,
				   .old_state = STATE_WAITING,
				   .new_state = STATE_RUNNING,
				   .reason = 2,
				   .has_origin = true,
				   .by_goid = 41,
				   .by_stack = {0xb000 + 119}});
	assert_string_equal(
		fake_output_text(&fake) + shown,
		"{\"event\":\"lost\",\"time_ns\":1792253285000503000,\"pid\":812,\"tid\":815,"
		"\"goid\":34,\"tree\":1,\"depth\":1,\"events\":2}\n"
		"{\"event\":\"wait\",\"time_ns\":1792253285000503000,\"pid\":812,\"goid\":34,"
		"\"tree\":1,\"call\":2,\"depth\":1,\"duration_ns\":500000,\"state\":\"waiting\","
		"\"reason\":\"chan receive\",\"woken_by\":{\"goid\":41,"
		"\"function\":\"main.worker\",\"offset\":119,\"file\":\"/go/server.go\","
		"\"line\":1}}\n");
	shown = strlen(fake.text);
	fake_leave(&fake, 1, 1, 1);
	assert_string_equal(
		fake_output_text(&fake) + shown,
		"{\"event\":\"exit\",\"time_ns\":1792253285000504000,\"pid\":812,\"tid\":815,"
		"\"goid\":34,\"tree\":1,\"call\":2,\"parent\":1,\"depth\":1,"
		"\"function\":\"net/http.(*response).Write\","
		"\"start_ns\":1792253285000002000,\"duration_ns\":502000,\"self_ns\":502000,"
		"\"caller\":{\"function\":\"main.handleBar\",\"offset\":50,"
		"\"file\":\"/home/me/main.go\",\"line\":20},"
		"\"return\":{\"offset\":192,\"file\":\"/home/me/main.go\",\"line\":21},"
		"\"end\":\"return\",\"incomplete\":true,"
		"\"states_ns\":{\"running\":2000,\"waiting\":{\"chan receive\":500000}}}\n");
	fake_output_stop(&fake);
}

static void test_open_wait(void **state)
{
	struct fake_output fake;

	start_with(&fake, (struct output_options){.run = {.states = true, .min_wait_ns = 1000}});
	fake_enter(&fake, 1, 0, 0, CALLER_VA);
	fake_record(&fake, 1,
		    (struct facts){.kind = RECORD_STATE,
				   .old_state = STATE_RUNNING,
				   .new_state = STATE_SYSCALL});
	feed_stop(fake.trees, fake.now_ns + 5000);
	assert_non_null(
		strstr(fake_output_text(&fake),
		       "\"depth\":0,\"duration_ns\":5000,\"state\":\"syscall\",\"open\":true}\n"
		       "{\"event\":\"exit\""));
	fake_output_stop(&fake);
}

static void test_started(void **state)
{
	struct fake_output fake;

	start_with(&fake, (struct output_options){.run = {.follow = true}});
	fake_enter(&fake, 1, 0, 0, CALLER_VA);
	fake_go(&fake, 1, 41);
	assert_non_null(
		strstr(fake_output_text(&fake),
		       "\"goid\":41,\"tree\":2,\"call\":1,\"depth\":0,\"function\":\"main.worker\","
		       "\"caller\":{\"function\":\"main.handleBar\",\"offset\":88,"
		       "\"file\":\"/home/me/main.go\",\"line\":20},"
		       "\"started_by\":{\"goid\":34,\"tree\":1}}\n"));
	fake_output_stop(&fake);
}

/* ---- the same as without --live ---- */

static char *print_stream(bool live)
{
	struct output_options options = {.run = {.states = true, .follow = true}, .live = live};
	struct fake_output fake;
	struct stream stream;

	stream_start(&stream);
	assert_int_equal(fake_output_start_with(&fake, "json", options), 0);
	for (size_t i = 0; i < 20000; i++)
		assert_null(calltree_feed(fake.trees, FACTS_RECORD(stream_next(&stream))));
	feed_stop(fake.trees, stream.now_ns);
	char *text = strdup(fake_output_text(&fake));
	fake_output_stop(&fake);
	return text;
}

/* The object of an exit is that of a call, with two members before; each call has begun before. */
static void test_same_calls(void **state)
{
	_cleanup_free_ char *calls = print_stream(false), *events = print_stream(true);
	char *next_call = calls, *next_event = events;
	size_t entries = 0, exits = 0;

	for (char *line; (line = strsep(&next_event, "\n")) && *line;) {
		entries += strncmp(line, "{\"event\":\"entry\"", 16) == 0;
		if (strncmp(line, "{\"event\":\"exit\"", 15) != 0)
			continue;
		assert_true(++exits <= entries);
		char *call = strsep(&next_call, "\n");
		assert_non_null(call);
		assert_string_equal(strstr(line, "\"pid\""), call + 1);
	}
	assert_string_equal(next_call, "");
	assert_int_equal(exits, entries);
	assert_true(exits > 3000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_open_wait),
		cmocka_unit_test(test_started),
		cmocka_unit_test(test_same_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
