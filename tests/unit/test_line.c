/* SPDX-License-Identifier: MIT */
/* test_line.c - lines that are never wider than a terminal, by columns and not by bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/terminal.h"
#include "output/line.h"

static void assert_line(size_t width, const char *one, const char *other, const char *expected)
{
	struct line line;

	line_begin(&line, width);
	line_puts(&line, one);
	line_puts(&line, other);
	line_end(&line);
	assert_int_equal(line.used, strlen(expected));
	assert_memory_equal(line.text, expected, line.used);
}

static void test_cut(void **state)
{
	assert_line(10, "01234", "56789", "0123456789");
	assert_line(10, "01234", "56789a", "012345678…");
	assert_line(10, "0123456789", "a", "012345678…");
	assert_line(10, "012345678", "9a", "012345678…");
	assert_line(10, "0123456789", "", "0123456789");
	assert_line(1, "01", "2", "…");
	/* What comes behind a cut is not put. */
	assert_line(3, "0123", "a", "01…");
	/* Two columns each: the second one would have half a column. */
	assert_line(4, "世界", "", "世界");
	assert_line(4, "世界", "a", "世…");
	assert_line(3, "世界", "", "世…");
	assert_line(5, "·é·", "é·é", "·é·é…");
	assert_line(2, "😀", "", "😀");
	assert_line(1, "😀", "", "…");
}

/* As many columns as there are at most, of four bytes each. */
static void test_longest(void **state)
{
	struct line line;

	line_begin(&line, 0);
	for (size_t i = 0; i < 2 * LINE_MAX_WIDTH; i++)
		line_puts(&line, "𝔸");
	assert_true(line.is_cut);
	line_end(&line);
	assert_int_equal(line.used, (LINE_MAX_WIDTH - 1) * 4 + strlen("…"));
	assert_memory_equal(line.text + line.used - strlen("𝔸…"), "𝔸…", strlen("𝔸…"));
}

static void test_style(void **state)
{
	struct line line;
	const char *expected = "\x1b[1m012…\x1b[0m";

	/* Its end is cut off, and put again. */
	line_begin(&line, 4);
	line_style(&line, "\x1b[1m");
	line_puts(&line, "0123");
	line_style(&line, LINE_PLAIN);
	line_puts(&line, "4");
	line_style(&line, "\x1b[31m");
	line_end(&line);
	assert_int_equal(line.used, strlen(expected));
	assert_memory_equal(line.text, expected, line.used);
	/* Styles take no columns. */
	line_begin(&line, 1);
	line_style(&line, "\x1b[1m");
	line_puts(&line, "0");
	line_style(&line, LINE_PLAIN);
	assert_false(line.is_cut);
}

static void test_columns(void **state)
{
	size_t columns;

	assert_int_equal(terminal_fit("a世b", 5, 10, &columns), 5);
	assert_int_equal(columns, 4);
	assert_int_equal(terminal_fit("a世b", 5, 2, &columns), 1);
	assert_int_equal(columns, 1);
	/* A sequence that is cut off, and bytes that are none. */
	assert_int_equal(terminal_fit("a世", 3, 10, &columns), 3);
	assert_int_equal(columns, 3);
	assert_int_equal(terminal_fit("\xff\xff", 2, 10, &columns), 2);
	assert_int_equal(columns, 2);
	assert_int_equal(terminal_width(-1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_style),
		cmocka_unit_test(test_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
