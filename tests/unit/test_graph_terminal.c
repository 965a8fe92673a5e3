/* SPDX-License-Identifier: MIT */
/* test_graph_terminal.c - call trees on a terminal: what is left out when it is narrow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "fake_output.h"
#include "screen.h"

#define CALLER_VA (0x9000 + 47)

/* A terminal, and an output that writes to it. */
struct terminal {
	struct fake_output fake;
	struct screen screen;
};

static void terminal_start(struct terminal *terminal, unsigned short width,
			   struct output_options options)
{
	options.file = screen_open(&terminal->screen, width);
	assert_int_equal(fake_output_start_with(&terminal->fake, "graph", options), 0);
}

/* What was written; then all is closed. */
static const char *terminal_stop(struct terminal *terminal)
{
	fake_output_text(&terminal->fake);
	screen_read(&terminal->screen);
	fake_output_stop(&terminal->fake);
	screen_close(&terminal->screen);
	return terminal->screen.text;
}

/* A call inside of main.handleBar that waits. */
static void feed(struct fake_output *fake)
{
	fake_enter(fake, 411402, 0, 0, CALLER_VA);
	fake_enter(fake, 10, 1, 1, 0x1000 + 50);
	fake_record(fake, 10,
		    (struct facts){.kind = RECORD_STATE,
				   .old_state = STATE_RUNNING,
				   .new_state = STATE_WAITING});
	fake_record(fake, 500,
		    (struct facts){.kind = RECORD_STATE,
				   .old_state = STATE_WAITING,
				   .new_state = STATE_RUNNABLE});
	fake_record(fake, 100,
		    (struct facts){.kind = RECORD_STATE,
				   .old_state = STATE_RUNNABLE,
				   .new_state = STATE_RUNNING});
	fake_leave(fake, 20, 1, 1);
	fake_leave(fake, 80, 0, 0);
}

static void assert_screen(unsigned short width, struct output_options options, const char *expected)
{
	struct terminal terminal;

	options.color = COLOR_NEVER;
	terminal_start(&terminal, width, options);
	feed(&terminal.fake);
	assert_string_equal(terminal_stop(&terminal), expected);
}

static void test_wide(void **state)
{
	assert_screen(
		200, (struct output_options){},
		"\n"
		"17 16:08:05.411402              main.handleBar() {"
		" http.HandlerFunc.ServeHTTP+47 server.go:2122\n"
		"17 16:08:05.411412                net/http.(*response).Write() {"
		" main.handleBar+50 main.go:20\n"
		"17 16:08:05.412042 000.000630 !   } net/http.(*response).Write+192 main.go:21\n"
		"17 16:08:05.412122 000.000720 ! } main.handleBar+192 main.go:20\n");
}

static void test_styles(void **state)
{
	assert_screen(
		0, (struct output_options){.caller = CALLER_FULL},
		"\n"
		"17 16:08:05.411402              main.handleBar() {"
		" net/http.HandlerFunc.ServeHTTP+47 /go/server.go:2122\n"
		"17 16:08:05.411412                net/http.(*response).Write() {"
		" main.handleBar+50 /home/me/main.go:20\n"
		"17 16:08:05.412042 000.000630 !   } net/http.(*response).Write+192 /home/me/main.go:21\n"
		"17 16:08:05.412122 000.000720 ! } main.handleBar+192 /home/me/main.go:20\n");
	assert_screen(120, (struct output_options){.caller = CALLER_OFF},
		      "\n"
		      "17 16:08:05.411402              main.handleBar() {\n"
		      "17 16:08:05.411412                net/http.(*response).Write() {\n"
		      "17 16:08:05.412042 000.000630 !   } net/http.(*response).Write\n"
		      "17 16:08:05.412122 000.000720 ! } main.handleBar\n");
}

/* Where the time went stands before the place, and is left out after it. */
static void test_parts(void **state)
{
	struct output_options options = {.run = {.states = true, .min_wait_ns = 1000},
					 .caller = CALLER_FULL};

	assert_screen(130, options,
		      "\n"
		      "17 16:08:05.411402              main.handleBar() {"
		      " net/http.HandlerFunc.ServeHTTP+47 /go/server.go:2122\n"
		      "17 16:08:05.411412                net/http.(*response).Write() {"
		      " main.handleBar+50 /home/me/main.go:20\n"
		      "17 16:08:05.411922 000.000500       ~ waiting\n"
		      "17 16:08:05.412022 000.000100       ~ runnable\n"
		      "17 16:08:05.412042 000.000630 !   } net/http.(*response).Write+192"
		      "   waiting 0.5ms  runnable 0.1ms  run 30.0us   main.go:21\n"
		      "17 16:08:05.412122 000.000720 ! } main.handleBar+192"
		      "   waiting 0.5ms  run 0.1ms  runnable 0.1ms   /home/me/main.go:20\n");
	assert_screen(
		80, options,
		"\n"
		"16:08:05.411402              main.handleBar() { server.go:2122\n"
		"16:08:05.411412                http.(*response).Write() { main.go:20\n"
		"16:08:05.411922 000.000500       ~ waiting\n"
		"16:08:05.412022 000.000100       ~ runnable\n"
		"16:08:05.412042 000.000630 !   } http.(*response).Write   waiting 0.5ms  …\n"
		"16:08:05.412122 000.000720 ! } main.handleBar   waiting 0.5ms  run 0.1ms  …\n");
	assert_screen(40, options,
		      "\n"
		      "16:08:05.411402              main.handl…\n"
		      "16:08:05.411412                http.(*r…\n"
		      "16:08:05.411922 000.000500       ~ wait…\n"
		      "16:08:05.412022 000.000100       ~ runn…\n"
		      "16:08:05.412042 000.000630 !   } http.(…\n"
		      "16:08:05.412122 000.000720 ! } main.han…\n");
}

static const char *show_generic(struct terminal *terminal, unsigned short width)
{
	terminal_start(terminal, width, (struct output_options){.color = COLOR_NEVER});
	fake_enter(&terminal->fake, 411402, 0, 0, 0x1600 + 50);
	fake_enter(&terminal->fake, 10, 3, 1, 0);
	fake_leave(&terminal->fake, 10, 3, 1);
	fake_leave(&terminal->fake, 10, 0, 0);
	return terminal_stop(terminal);
}

/* Whose method it is, and which one, says more than the types that it is made for. */
static void test_generic(void **state)
{
	struct terminal terminal;

	assert_string_equal(
		show_generic(&terminal, 130),
		"\n"
		"17 16:08:05.411402              main.handleBar() {"
		" main.(*Cache[go.shape.[]uint8,go.shape.*uint8]).Get+50 main.go:23\n"
		"17 16:08:05.411412                main.(*Cache[go.shape.[]uint8,go.shape.*uint8]).Get() { ?\n"
		"17 16:08:05.411422 000.000010     }"
		" main.(*Cache[go.shape.[]uint8,go.shape.*uint8]).Get+192 main.go:23\n"
		"17 16:08:05.411432 000.000030 + } main.handleBar+192 main.go:20\n");
	assert_string_equal(
		show_generic(&terminal, 84),
		"\n"
		"16:08:05.411402              main.handleBar() { main.(*Cache[...]).Get+50 main.go:23\n"
		"16:08:05.411412                main.(*Cache[...]).Get() { ?\n"
		"16:08:05.411422 000.000010     } main.(*Cache[...]).Get+192 main.go:23\n"
		"16:08:05.411432 000.000030 + } main.handleBar+192 main.go:20\n");
}

/* Half of the room behind the columns is for the call itself. */
static void test_depth(void **state)
{
	struct terminal terminal;
	char *text;

	terminal_start(&terminal, 80, (struct output_options){.color = COLOR_NEVER});
	for (unsigned depth = 0; depth < 22; depth++)
		fake_enter(&terminal.fake, 1, depth > 0, depth, CALLER_VA);
	for (unsigned depth = 22; depth--;)
		fake_leave(&terminal.fake, 1, depth > 0, depth);
	text = (char *)terminal_stop(&terminal);
	assert_non_null(strstr(text, "\n16:08:05.000022                                       "
				     "http.(*response).Write() {"));
	for (char *line; (line = strsep(&text, "\n"));)
		assert_true(strlen(line) <= 80);
}

/* A tree of half a second: a call in it of more than half, of a tenth, of less than a hundredth. */
static const char *const colored =
	"\n"
	"17 16:08:05.000001              \x1b[1mmain.handleBar\x1b[0m() { ?\n"
	"17 16:08:05.000002                \x1b[1mnet/http.(*response).Write\x1b[0m() { ?\n"
	"17 16:08:05.300002 \x1b[31m\x1b[1m000.300000\x1b[0m @   }"
	" \x1b[1mnet/http.(*response).Write+192\x1b[0m main.go:21\n"
	"17 16:08:05.300003                net/http.(*response).Write() { ?\n"
	"17 16:08:05.400003 \x1b[35m000.100000\x1b[0m *   } net/http.(*response).Write+192 main.go:21\n"
	"17 16:08:05.400004                net/http.(*response).Write() { ?\n"
	"17 16:08:05.401006 \x1b[2m000.001002\x1b[0m #   } net/http.(*response).Write+192 main.go:21\n"
	"17 16:08:05.401007                net/http.(*response).Write() { ?\n"
	"17 16:08:05.421007 000.020000 *   } net/http.(*response).Write+192 main.go:21\n"
	"17 16:08:05.501007 \x1b[1m000.501006\x1b[0m @ } \x1b[1mmain.handleBar+192\x1b[0m main.go:20\n";

static void feed_shares(struct fake_output *fake)
{
	static const unsigned us[] = {300000, 100000, 1002, 20000};

	fake_enter(fake, 1, 0, 0, 0);
	for (size_t i = 0; i < sizeof(us) / sizeof(us[0]); i++) {
		fake_enter(fake, 1, 1, 1, 0);
		fake_leave(fake, us[i], 1, 1);
	}
	fake_leave(fake, 80000, 0, 0);
}

static const char *show_shares(struct terminal *terminal, enum color_use color)
{
	terminal_start(terminal, 200, (struct output_options){.color = color});
	feed_shares(&terminal->fake);
	return terminal_stop(terminal);
}

static void test_color(void **state)
{
	struct terminal terminal;

	assert_string_equal(show_shares(&terminal, COLOR_AUTO), colored);
	assert_null(strchr(show_shares(&terminal, COLOR_NEVER), '\x1b'));
	setenv("NO_COLOR", "1", 1);
	assert_null(strchr(show_shares(&terminal, COLOR_AUTO), '\x1b'));
	assert_string_equal(show_shares(&terminal, COLOR_ALWAYS), colored);
	setenv("NO_COLOR", "", 1);
	assert_string_equal(show_shares(&terminal, COLOR_AUTO), colored);
	unsetenv("NO_COLOR");
	setenv("TERM", "dumb", 1);
	assert_null(strchr(show_shares(&terminal, COLOR_AUTO), '\x1b'));
	setenv("TERM", "xterm", 1);
}

/* What is no terminal has colours when it is told to, and then the lines of one. */
static void test_color_in_file(void **state)
{
	struct output_options options = {.color = COLOR_ALWAYS, .caller = CALLER_SHORT};
	struct fake_output fake;

	assert_int_equal(fake_output_start_with(&fake, "graph", options), 0);
	feed_shares(&fake);
	assert_string_equal(fake_output_text(&fake), colored);
	fake_output_stop(&fake);
	options.color = COLOR_AUTO;
	assert_int_equal(fake_output_start_with(&fake, "graph", options), 0);
	feed_shares(&fake);
	assert_null(strchr(fake_output_text(&fake), '\x1b'));
	assert_null(strchr(fake_output_text(&fake), '@'));
	fake_output_stop(&fake);
}

/* The marks of ftrace: longer than that, not as long. */
static void test_marks(void **state)
{
	static const struct {
		unsigned us;
		const char *expected;
	} marks[] = {{10, "000.000010   }"},      {11, "000.000011 + }"},
		     {101, "000.000101 ! }"},     {1001, "000.001001 # }"},
		     {10001, "000.010001 * }"},   {100001, "000.100001 @ }"},
		     {1000000, "001.000000 @ }"}, {1000001, "001.000001 $ }"}};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		struct terminal terminal;
		terminal_start(&terminal, 200, (struct output_options){.color = COLOR_NEVER});
		fake_enter(&terminal.fake, 1, 0, 0, 0);
		fake_leave(&terminal.fake, marks[i].us, 0, 0);
		assert_non_null(strstr(terminal_stop(&terminal), marks[i].expected));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wide),  cmocka_unit_test(test_styles),
		cmocka_unit_test(test_parts), cmocka_unit_test(test_depth),
		cmocka_unit_test(test_color), cmocka_unit_test(test_color_in_file),
		cmocka_unit_test(test_marks), cmocka_unit_test(test_generic),
	};

	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	use_utc();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
