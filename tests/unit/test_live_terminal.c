/* SPDX-License-Identifier: MIT */
/* test_live_terminal.c - calls as they happen, on a terminal: lines that fit, and colours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "fake_output.h"
#include "screen.h"

#define CALLER_VA (0x9000 + 47)

static void feed_two(struct fake_output *fake)
{
	fake_enter(fake, 1, 0, 0, CALLER_VA);
	fake_enter_of(fake, 1, 35, 0, 0, 0, CALLER_VA);
	fake_enter_of(fake, 1, 35, 0, 1, 1, 0x1000 + 50);
	fake_leave_of(fake, 1, 35, 0, 1, 1);
	fake_leave(fake, 150, 0, 0);
}

static void assert_screen(unsigned short width, enum color_use color, const char *expected)
{
	struct output_options options = {.color = color, .live = true};
	struct fake_output fake;
	struct screen screen;

	options.file = screen_open(&screen, width);
	assert_int_equal(fake_output_start_with(&fake, "graph", options), 0);
	feed_two(&fake);
	fake_output_text(&fake);
	assert_string_equal(screen_read(&screen), expected);
	fake_output_stop(&fake);
	screen_close(&screen);
}

static void test_terminal(void **state)
{
	assert_screen(120, COLOR_NEVER,
		      "    34) 17 16:08:05.000001              main.handleBar() {"
		      " http.HandlerFunc.ServeHTTP+47 server.go:2122\n"
		      " -------------------------------------- goroutine 34 => goroutine 35\n"
		      "    35) 17 16:08:05.000002              main.handleBar() {"
		      " http.HandlerFunc.ServeHTTP+47 server.go:2122\n"
		      "    35) 17 16:08:05.000003                net/http.(*response).Write() {"
		      " main.handleBar+50 main.go:20\n"
		      "    35) 17 16:08:05.000004 000.000001     } net/http.(*response).Write+192"
		      " main.go:21\n"
		      " -------------------------------------- goroutine 35 => goroutine 34\n"
		      "    34) 17 16:08:05.000154 000.000153 ! } main.handleBar+192 main.go:20\n");
	assert_screen(50, COLOR_NEVER,
		      "    34) 16:08:05.000001              main.handleB…\n"
		      " -------------------- goroutine 34 => goroutine 35\n"
		      "    35) 16:08:05.000002              main.handleB…\n"
		      "    35) 16:08:05.000003                http.(*res…\n"
		      "    35) 16:08:05.000004 000.000001     } http.(*r…\n"
		      " -------------------- goroutine 35 => goroutine 34\n"
		      "    34) 16:08:05.000154 000.000153 ! } main.handl…\n");
}

/* Goroutines differ in the colour of their column. */
static void test_color(void **state)
{
	assert_screen(
		60, COLOR_ALWAYS,
		"\x1b[34m    34) \x1b[0m16:08:05.000001              main.handleBar() {\n"
		"\x1b[2m ------------------------------ goroutine 34 => goroutine 35\x1b[0m\n"
		"\x1b[31m    35) \x1b[0m16:08:05.000002              main.handleBar() {\n"
		"\x1b[31m    35) \x1b[0m16:08:05.000003                http.(*response).Wri…\x1b[0m\n"
		"\x1b[31m    35) \x1b[0m16:08:05.000004 000.000001     } http.(*response).W…\x1b[0m\n"
		"\x1b[2m ------------------------------ goroutine 35 => goroutine 34\x1b[0m\n"
		"\x1b[34m    34) \x1b[0m16:08:05.000154 000.000153 ! } main.handleBar\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_terminal),
		cmocka_unit_test(test_color),
	};

	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	use_utc();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
