/* SPDX-License-Identifier: MIT */
/* test_text.c - escaping, times, durations and sizes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"

#define SECOND 1000000000ull

static void assert_escaped(const char *text, const char *expected)
{
	size_t len = strlen(text);
	_cleanup_free_ char *escaped = text_escape(text, len);

	assert_non_null(escaped);
	assert_string_equal(escaped, expected);
	assert_int_equal(text_is_clean(text, len), strcmp(text, expected) == 0);
}

static void test_escape_keeps(void **state)
{
	assert_escaped("", "");
	assert_escaped("net/http.(*conn).serve", "net/http.(*conn).serve");
	assert_escaped("main.F[go.shape.struct { X int; Y \"a\\b\" }]",
		       "main.F[go.shape.struct { X int; Y \"a\\b\" }]");
	/* 2, 3 and 4 bytes: middle dot, euro sign, an emoji */
	assert_escaped("a\xc2\xb7"
		       "b \xe2\x82\xac \xf0\x9f\x98\x80",
		       "a\xc2\xb7"
		       "b \xe2\x82\xac \xf0\x9f\x98\x80");
}

static void test_escape_controls(void **state)
{
	assert_escaped("a\nb\tc\x1b[0m\x7f", "a\\x0ab\\x09c\\x1b[0m\\x7f");
	/* C1: CSI as one character */
	assert_escaped("\xc2\x9b"
		       "31m",
		       "\\xc2\\x9b31m");
	/* RIGHT-TO-LEFT OVERRIDE, LINE SEPARATOR, BOM, a tag */
	assert_escaped("\xe2\x80\xae|\xe2\x80\xa8|\xef\xbb\xbf|\xf3\xa0\x81\x81",
		       "\\xe2\\x80\\xae|\\xe2\\x80\\xa8|\\xef\\xbb\\xbf|\\xf3\\xa0\\x81\\x81");
}

static void test_escape_invalid(void **state)
{
	/* alone, overlong, a surrogate, beyond U+10FFFF, cut short */
	assert_escaped("\x80", "\\x80");
	assert_escaped("\xc0\xaf", "\\xc0\\xaf");
	assert_escaped("\xe0\x80\xaf", "\\xe0\\x80\\xaf");
	assert_escaped("\xed\xa0\x80", "\\xed\\xa0\\x80");
	assert_escaped("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");
	assert_escaped("x\xe2\x82", "x\\xe2\\x82");
	assert_escaped("\xe2\x82z", "\\xe2\\x82z");
	assert_escaped("\xff\xfe", "\\xff\\xfe");
}

static void test_escape_length(void **state)
{
	_cleanup_free_ char *escaped = text_escape("a\0b", 3);
	_cleanup_free_ char *part = text_escape("\xe2\x82\xac", 2);

	assert_string_equal(escaped, "a\\x00b");
	assert_string_equal(part, "\\xe2\\x82");
	assert_null(text_escape("", SIZE_MAX / 2));
}

static void test_utf8_length(void **state)
{
	assert_int_equal(text_utf8_length("", 0), 0);
	assert_int_equal(text_utf8_length("\0", 1), 1);
	assert_int_equal(text_utf8_length("\xc2\xb7", 2), 2);
	assert_int_equal(text_utf8_length("\xc2\xb7", 1), 0);
	assert_int_equal(text_utf8_length("\xef\xbf\xbf", 3), 3);
	assert_int_equal(text_utf8_length("\xf4\x8f\xbf\xbf", 4), 4);
	assert_int_equal(text_utf8_length("\xf5\x80\x80\x80", 4), 0);
}

static void assert_time(const char *zone, uint64_t realtime_ns, const char *expected)
{
	char text[TEXT_TIME_SIZE];

	setenv("TZ", zone, 1);
	tzset();
	assert_int_equal(text_format_time(text, realtime_ns), strlen(expected));
	assert_string_equal(text, expected);
}

static void test_time(void **state)
{
	assert_time("UTC0", 0, "01 00:00:00.000000");
	assert_time("UTC0", 1792253285411402999, "17 16:08:05.411402");
	assert_time("XXX-5:30", 1792253285411402999, "17 21:38:05.411402");
	assert_time("UTC0", 1709164800 * SECOND - 1, "28 23:59:59.999999");
	assert_time("UTC0", UINT64_MAX, "21 23:34:33.709551");
}

static void test_number(void **state)
{
	char text[TEXT_NUMBER_SIZE], expected[TEXT_NUMBER_SIZE + 1];
	uint64_t power = 1;

	for (int i = 0; i < 20; i++, power *= 10) {
		for (uint64_t value = power - 1; value <= power + 1; value++) {
			int len = snprintf(expected, sizeof(expected), "%" PRIu64, value);
			assert_int_equal(text_format_number(text, value), len);
			assert_memory_equal(text, expected, len);
		}
	}
	assert_int_equal(text_format_number(text, UINT64_MAX), 20);
	assert_memory_equal(text, "18446744073709551615", 20);
}

static void assert_duration(uint64_t ns, const char *expected)
{
	char text[TEXT_DURATION_SIZE];

	assert_int_equal(text_format_duration(text, ns), strlen(expected));
	assert_string_equal(text, expected);
}

static void test_count(void **state)
{
	const struct {
		uint64_t number;
		const char *text;
	} cases[] = {{0, "0"},
		     {999, "999"},
		     {1000, "1,000"},
		     {300412, "300,412"},
		     {UINT64_MAX, "18,446,744,073,709,551,615"}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(text_count(cases[i].number).text, cases[i].text);
	assert_string_equal(text_counted(0, "tree is", "trees are").text, "0 trees are");
	assert_string_equal(text_counted(1, "tree is", "trees are").text, "1 tree is");
	assert_string_equal(text_counted(1204, "tree is", "trees are").text, "1,204 trees are");
}

static void test_duration(void **state)
{
	assert_duration(0, "000.000000");
	assert_duration(999, "000.000000");
	assert_duration(523311999, "000.523311");
	assert_duration(999 * SECOND + 999999999, "999.999999");
	assert_duration(1000 * SECOND, "1000.000000");
	assert_duration(UINT64_MAX, "18446744073.709551");
}

static void assert_amount(uint64_t ns, const char *expected)
{
	char text[TEXT_AMOUNT_SIZE];

	assert_int_equal(text_format_amount(text, ns), strlen(expected));
	assert_string_equal(text, expected);
}

static void test_amount(void **state)
{
	assert_amount(0, "0.0us");
	assert_amount(99, "0.0us");
	assert_amount(499, "0.4us");
	assert_amount(99999, "99.9us");
	assert_amount(100000, "0.1ms");
	assert_amount(522899999, "522.8ms");
	assert_amount(SECOND - 1, "999.9ms");
	assert_amount(SECOND, "1.000s");
	assert_amount(1523999999, "1.523s");
	assert_amount(100 * SECOND - 1, "99.999s");
	assert_amount(100 * SECOND, "100s");
	assert_amount(UINT64_MAX, "18446744073s");
}

static void test_parse_duration(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} good[] = {
		{"10s", 10 * SECOND},
		{"5", 5 * SECOND},
		{"0.25", SECOND / 4},
		{"1m30s", 90 * SECOND},
		{"250ms", 250000000},
		{"1.5h", 5400 * SECOND},
		{"100us", 100000},
		{"100\xc2\xb5s", 100000},
		{"7ns", 7},
		{"1h2m3s4ms5us6ns", 3723004005006},
		{"0.000000001", 1},
		{"1.99999999999999999999999999s", 1999999999},
		{"9223372036854775807ns", INT64_MAX},
		{"2562047h", SECOND * 3600 * 2562047},
	};
	static const char *const bad[] = {
		"",
		"s",
		"-1s",
		"+1s",
		" 1s",
		"1s ",
		"1x",
		"1m30",
		"1.s",
		".5s",
		"1e3s",
		"0",
		"0s",
		"0ms",
		"1,5",
		"0x1",
		"1 s",
		"1sm",
		"0.1ns",
		"1.2.3s",
		"9223372036854775808ns",
		"2562048h",
		"18446744073709551616ns",
		"5124096h",
		"18446744073709551615ns1ns",
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		uint64_t ns = 0;
		_cleanup_error_ struct error *err = text_parse_duration(good[i].text, &ns);
		assert_null(err);
		assert_true(ns == good[i].ns);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint64_t ns = 42;
		_cleanup_error_ struct error *err = text_parse_duration(bad[i], &ns);
		assert_non_null(err);
		assert_non_null(strstr(error_message(err), bad[i]));
		assert_int_equal(ns, 42);
	}
}

static void test_parse_size(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} good[] = {
		{"65536", 65536},   {"1", 1},
		{"512K", 524288},   {"512k", 524288},
		{"16M", 1 << 24},   {"1G", 1u << 30},
		{"1T", 1ull << 40}, {"16777215T", 0xffffff0000000000},
	};
	static const char *const bad[] = {"",
					  "K",
					  "-1",
					  "0",
					  "0M",
					  "1KB",
					  "1P",
					  "1 K",
					  "1.5M",
					  "16777216T",
					  "18446744073709551616"};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		uint64_t bytes = 0;
		_cleanup_error_ struct error *err = text_parse_size(good[i].text, &bytes);
		assert_null(err);
		assert_true(bytes == good[i].bytes);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint64_t bytes = 42;
		_cleanup_error_ struct error *err = text_parse_size(bad[i], &bytes);
		assert_non_null(err);
		assert_int_equal(bytes, 42);
	}
}

static void test_parse_count(void **state)
{
	uint64_t count = 0;

	assert_null(text_parse_count("1", 10, &count));
	assert_int_equal(count, 1);
	assert_null(text_parse_count("0010", 10, &count));
	assert_int_equal(count, 10);

	static const char *const bad[] = {"", "0", "11", "-1", "1 ", "1k", "99999999999999999999"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		_cleanup_error_ struct error *err = text_parse_count(bad[i], 10, &count);
		assert_non_null(err);
		assert_int_equal(count, 10);
	}
}

static void test_hex_digit(void **state)
{
	static const char digits[] = "0123456789abcdef";

	for (int byte = -128; byte < 128; byte++) {
		const char *found =
			byte ? strchr(digits, byte >= 'A' && byte <= 'F' ? byte + 32 : byte) : NULL;

		assert_int_equal(text_hex_digit((char)byte), found ? found - digits : -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escape_keeps),   cmocka_unit_test(test_escape_controls),
		cmocka_unit_test(test_escape_invalid), cmocka_unit_test(test_escape_length),
		cmocka_unit_test(test_utf8_length),    cmocka_unit_test(test_time),
		cmocka_unit_test(test_number),         cmocka_unit_test(test_duration),
		cmocka_unit_test(test_parse_duration), cmocka_unit_test(test_parse_size),
		cmocka_unit_test(test_parse_count),    cmocka_unit_test(test_amount),
		cmocka_unit_test(test_hex_digit),      cmocka_unit_test(test_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
