/* SPDX-License-Identifier: MIT */
/* test_values_text.c - values between the brackets of a call: in files, on a terminal, in JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "fake_output.h"
#include "screen.h"

/* A number and a text. */
#define TWO_BYTES (sizeof(uint64_t) + sizeof(struct captured_text) + VALUES_STRING_SIZE)
union two {
	struct captured captured;
	uint8_t room[sizeof(struct captured) + TWO_BYTES];
};

#define PATTERN "f(n=%bx:s64, s=+0(%ax):string)"

static struct value_lists lists_of(const char *pattern)
{
	struct value_lists lists = {};

	assert_null(value_lists_add(&lists, &arch_x86_64, pattern, value_list_begin(pattern)));
	return lists;
}

static void fill(union two *two, int64_t number, const char *text)
{
	const struct captured_text head = {.length = strlen(text), .got = (uint32_t)strlen(text)};
	uint8_t *slots = two->captured.bytes;

	*two = (union two){.captured = {.size = TWO_BYTES, .states = {VALUE_WHOLE, VALUE_WHOLE}}};
	memcpy(slots, &number, sizeof(number));
	memcpy(slots + sizeof(number), &head, sizeof(head));
	memcpy(slots + sizeof(number) + sizeof(head), text, strlen(text));
}

/* A tree of one call, that call with an end. */
static void write_tree(struct fake_output *fake, struct call *call)
{
	struct step steps[] = {{0, STEP_ENTRY}, {0, STEP_EXIT}};
	struct tree tree = {.number = 1,
			    .goid = 34,
			    .pid = 812,
			    .calls = call,
			    .steps = steps,
			    .num_calls = 1,
			    .num_steps = 2};
	struct calltree_sink sink = output_sink(fake->out);

	if (sink.call_ended)
		sink.call_ended(sink.context, &tree, call);
	if (sink.tree_ended)
		sink.tree_ended(sink.context, &tree);
}

static struct call call_with(union two *two)
{
	struct call call = fake_handle_bar();

	call.captured = &two->captured;
	return call;
}

/* The first line that has "main.handleBar". */
static const char *line_of(const char *text)
{
	static char line[1024];
	const char *begin = strstr(text, "main.handleBar");

	assert_non_null(begin);
	snprintf(line, sizeof(line), "%.*s", (int)strcspn(begin, "\n"), begin);
	return line;
}

static void test_file(void **state)
{
	struct value_lists lists = lists_of(PATTERN);
	struct output_options options = {.values = &lists, .caller = CALLER_OFF};
	struct fake_output fake;
	union two two;
	struct call call;

	fill(&two, -7, "/bar?\x1b\"");
	call = call_with(&two);
	assert_int_equal(fake_output_start_with(&fake, "graph", options), 0);
	write_tree(&fake, &call);
	assert_string_equal(line_of(fake_output_text(&fake)),
			    "main.handleBar(n=-7, s=\"/bar?\\x1b\\\"\") {");
	fake_output_stop(&fake);

	options.leaf = true;
	two.captured.states[1] = VALUE_NIL;
	two.captured.states[0] = VALUE_UNKNOWN;
	assert_int_equal(fake_output_start_with(&fake, "graph", options), 0);
	write_tree(&fake, &call);
	assert_string_equal(line_of(fake_output_text(&fake)), "main.handleBar(n=?, s=nil);");
	fake_output_stop(&fake);

	call.captured = NULL;
	call.values_left_out = true;
	assert_int_equal(fake_output_start_with(&fake, "graph", options), 0);
	write_tree(&fake, &call);
	assert_string_equal(line_of(fake_output_text(&fake)), "main.handleBar(...);");
	fake_output_stop(&fake);
	value_lists_destroy(&lists);
}

/* What no list is known of is not shown. */
static void test_no_list(void **state)
{
	struct fake_output fake;
	union two two;
	struct call call;

	fill(&two, 7, "x");
	two.captured.list = 1;
	call = call_with(&two);
	assert_int_equal(
		fake_output_start_with(&fake, "graph",
				       (struct output_options){.caller = CALLER_OFF, .leaf = true}),
		0);
	write_tree(&fake, &call);
	assert_string_equal(line_of(fake_output_text(&fake)), "main.handleBar();");
	fake_output_stop(&fake);
}

static const char *on_terminal(unsigned short width, struct value_lists *lists, struct call *call)
{
	static char shown[1024];
	struct fake_output fake;
	struct screen screen;
	struct output_options options = {.values = lists, .color = COLOR_NEVER, .leaf = true};

	options.file = screen_open(&screen, width);
	assert_int_equal(fake_output_start_with(&fake, "graph", options), 0);
	write_tree(&fake, call);
	fake_output_text(&fake);
	screen_read(&screen);
	snprintf(shown, sizeof(shown), "%s", line_of(screen.text));
	fake_output_stop(&fake);
	screen_close(&screen);
	return shown;
}

/* What is too long is the caller's file first, then texts, then the caller. */
static void test_terminal(void **state)
{
	struct value_lists lists = lists_of(PATTERN);
	union two two;
	struct call call;

	fill(&two, 7, "/a/path/of/no/more/than/fifty/bytes");
	call = call_with(&two);
	assert_string_equal(on_terminal(200, &lists, &call),
			    "main.handleBar(n=7, s=\"/a/path/of/no/more/than/fifty/bytes\");"
			    " http.HandlerFunc.ServeHTTP+47 server.go:2122");
	assert_string_equal(on_terminal(135, &lists, &call),
			    "main.handleBar(n=7, s=\"/a/path/of/no/more/than/\"...+11);"
			    " http.HandlerFunc.ServeHTTP+47 server.go:2122");
	assert_string_equal(on_terminal(90, &lists, &call),
			    "main.handleBar(n=7, s=\"/a/path/of/no/more/than/\"...+11);");
	assert_string_equal(on_terminal(70, &lists, &call),
			    "main.handleBar(n=7, s=\"/a/path/of/no/mor…");
	value_lists_destroy(&lists);
}

static void test_json(void **state)
{
	struct value_lists lists = lists_of(
		"f(n=%bx:s64, s=+0(%ax):string, x=%ax:x8, b=%ax:bool, f=%ax:f64, u=%dx:u8)");
	const struct value_list *list = &lists.items[0];
	union {
		struct captured head;
		uint8_t room[sizeof(struct captured) + 512];
	} captured = {.head = {.size = 512,
			       .states = {VALUE_WHOLE, VALUE_WHOLE, VALUE_WHOLE, VALUE_WHOLE,
					  VALUE_WHOLE, VALUE_UNREADABLE}}};
	struct captured_text text = {.length = 1000, .got = 3};
	uint64_t number = (uint64_t)-7, one = 1, nan = 0x7ff8000000000001;
	struct call call = fake_handle_bar();
	struct fake_output fake;

	memcpy(captured.head.bytes + list->specs[0].at, &number, 8);
	memcpy(captured.head.bytes + list->specs[1].at, &text, sizeof(text));
	memcpy(captured.head.bytes + list->specs[1].at + sizeof(text), "a\"\n", 3);
	memcpy(captured.head.bytes + list->specs[2].at, &number, 8);
	memcpy(captured.head.bytes + list->specs[3].at, &one, 8);
	memcpy(captured.head.bytes + list->specs[4].at, &nan, 8);
	call.captured = &captured.head;
	assert_int_equal(
		fake_output_start_with(&fake, "json", (struct output_options){.values = &lists}),
		0);
	write_tree(&fake, &call);
	assert_non_null(strstr(
		fake_output_text(&fake),
		",\"args\":[{\"expr\":\"n=%bx:s64\",\"value\":-7},"
		"{\"expr\":\"s=+0(%ax):string\",\"value\":\"a\\\"\\n\",\"state\":\"truncated\"},"
		"{\"expr\":\"x=%ax:x8\",\"value\":\"0xf9\"},"
		"{\"expr\":\"b=%ax:bool\",\"value\":true},"
		"{\"expr\":\"f=%ax:f64\",\"value\":\"NaN\"},"
		"{\"expr\":\"u=%dx:u8\",\"value\":null,\"state\":\"unreadable\"}],"));
	fake_output_stop(&fake);

	call.captured = NULL;
	call.values_left_out = true;
	assert_int_equal(
		fake_output_start_with(&fake, "json", (struct output_options){.values = &lists}),
		0);
	write_tree(&fake, &call);
	assert_non_null(strstr(fake_output_text(&fake), ",\"args_left_out\":true,"));
	assert_null(strstr(fake_output_text(&fake), "\"args\""));
	fake_output_stop(&fake);
	value_lists_destroy(&lists);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_no_list),
		cmocka_unit_test(test_terminal),
		cmocka_unit_test(test_json),
	};

	setenv("TERM", "xterm", 1);
	use_utc();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
