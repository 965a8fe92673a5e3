/* SPDX-License-Identifier: MIT */
/* test_value.c - captured bytes as text and JSON, whatever they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "values/value.h"

/* One value of a list of one, and room for what was captured of it. */
struct one {
	struct value_lists lists;
	union {
		struct captured head;
		uint8_t room[sizeof(struct captured) + VALUES_LARGE_BYTES];
	} captured;
};

static void one_start(struct one *one, const char *value)
{
	char pattern[128];

	memset(one, 0, sizeof(*one));
	snprintf(pattern, sizeof(pattern), "f(%s)", value);
	assert_null(value_lists_add(&one->lists, &arch_x86_64, pattern, 1));
	one->captured.head.size = one->lists.items[0].fetch.size;
	one->captured.head.states[0] = VALUE_WHOLE;
}

static void one_stop(struct one *one)
{
	value_lists_destroy(&one->lists);
}

static struct value one_read(const struct one *one)
{
	return value_read(&one->lists.items[0], &one->captured.head, one->captured.head.size, 0);
}

/* As text, and "/" and as JSON, with its state. */
static const char *one_show(const struct one *one)
{
	static char text[VALUE_TEXT_SIZE + VALUE_JSON_SIZE + 64];
	struct value value = one_read(one);
	char *end = text, word[VALUE_WORD_SIZE];

	if (value_is_text(&value)) {
		end += value_put_text(&value, SIZE_MAX, end);
		*end++ = '/';
		end += value_put_json_text(&value, end);
	} else {
		end += value_put_word(&value, word);
		memcpy(text, word, (size_t)(end - text));
		if (!value_word_is_json(&value))
			end += sprintf(end, "/text");
	}
	if (value_state_name(&value))
		end += sprintf(end, "/%s", value_state_name(&value));
	*end = '\0';
	return text;
}

static void test_numbers(void **state)
{
	static const struct {
		const char *type;
		uint64_t bits;
		const char *text;
	} rows[] = {
		{"u8", UINT64_MAX, "255"},
		{"u16", UINT64_MAX, "65535"},
		{"u32", UINT64_MAX, "4294967295"},
		{"u64", UINT64_MAX, "18446744073709551615"},
		{"s8", 0xff80, "-128"},
		{"s8", 0x7f, "127"},
		{"s16", 0x8000, "-32768"},
		{"s32", 0xffffffff, "-1"},
		{"s64", 1ull << 63, "-9223372036854775808"},
		{"x8", UINT64_MAX, "0xff/text"},
		{"x64", 0xdeadbeefcafe, "0xdeadbeefcafe/text"},
		{"bool", 0, "false"},
		{"bool", 1, "true"},
		{"bool", 0xff00, "false"},
		{"bool", 7, "7"},
		{"f64", 0x400c000000000000, "3.5"},
		{"f64", 0x3fb999999999999a, "0.1"},
		{"f64", 0x3ff0000000000001, "1.0000000000000002"},
		{"f64", 0x7fefffffffffffff, "1.7976931348623157e+308"},
		{"f64", 0x8000000000000000, "-0"},
		{"f64", 0x7ff8000000000001, "NaN/text"},
		{"f64", 0xfff0000000000000, "-Inf/text"},
		{"f32", 0x3dcccccd, "0.1"},
		{"f32", 0x7f800000, "+Inf/text"},
		{"f32", 0x00000001, "1.4013e-45"},
		{"c16", 0x6261, "\"ab\"/\"ab\""},
		{"c64", 0x006100, "\"\\x00a\"/\"\\u0000a\""},
		{"c8", 0, "\"\"/\"\""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct one one;
		char value[32];

		snprintf(value, sizeof(value), "%%ax:%s", rows[i].type);
		one_start(&one, value);
		memcpy(one.captured.head.bytes, &rows[i].bits, 8);
		if (strcmp(one_show(&one), rows[i].text))
			fail_msg("%s %llx: %s", rows[i].type, (unsigned long long)rows[i].bits,
				 one_show(&one));
		one_stop(&one);
	}
}

static void set_text(struct one *one, uint64_t length, uint32_t got, const char *bytes)
{
	struct captured_text head = {.length = length, .got = got};

	memcpy(one->captured.head.bytes, &head, sizeof(head));
	memcpy(one->captured.head.bytes + sizeof(head), bytes, strlen(bytes));
}

static void test_strings(void **state)
{
	static const struct {
		uint64_t length;
		uint32_t got;
		const char *bytes, *shown;
	} rows[] = {
		{0, 0, "", "\"\"/\"\""},
		{3, 3, "abc", "\"abc\"/\"abc\""},
		{6, 6, "\"\\\n\t\r\x01", "\"\\\"\\\\\\n\\t\\r\\x01\"/\"\\\"\\\\\\n\\t\\r\\u0001\""},
		{5, 5, "h\xc3\xa9\xff.", "\"h\xc3\xa9\\xff.\"/\"h\xc3\xa9\\uFFFD.\""},
		/* what moves the cursor or turns text around */
		{4, 4, "\x1b[1m", "\"\\x1b[1m\"/\"\\u001B[1m\""},
		{3, 3, "\xe2\x80\xae", "\"\\xe2\\x80\\xae\"/\"\\u202E\""},
		{2, 2, "\xc2\x9b", "\"\\xc2\\x9b\"/\"\\u009B\""},
		{4, 4, "\xf3\xa0\x80\x81", "\"\\xf3\\xa0\\x80\\x81\"/\"\\uDB40\\uDC01\""},
		/* not all of it */
		{1ull << 62, 3, "abc", "\"abc\"...+4611686018427387901/\"abc\"/truncated"},
		{UINT64_MAX, 0, "", "\"\"...+18446744073709551615/\"\"/truncated"},
		/* a character of which the rest is missing */
		{5, 4, "abc\xc3", "\"abc\"...+2/\"abc\"/truncated"},
		{9, 5, "ab\xf0\x9f\x98", "\"ab\"...+7/\"ab\"/truncated"},
		{9, 4, "ab\xc3\xa9", "\"ab\xc3\xa9\"...+5/\"ab\xc3\xa9\"/truncated"},
		{9, 3, "\x80\x80\x80",
		 "\"\\x80\\x80\\x80\"...+6/\"\\uFFFD\\uFFFD\\uFFFD\"/truncated"},
		/* more than there can be */
		{3, 100, "abcdef", "\"abc\"/\"abc\""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct one one;

		one_start(&one, "+0(%ax):string");
		set_text(&one, rows[i].length, rows[i].got, rows[i].bytes);
		if (strcmp(one_show(&one), rows[i].shown))
			fail_msg("row %zu: %s", i, one_show(&one));
		one_stop(&one);
	}
}

/* A text of so many bytes is as long as what is before its zeros, if all of it is there. */
static void test_chars(void **state)
{
	struct one one;

	one_start(&one, "+0(%ax):c64");
	set_text(&one, 8, 8, "abc");
	assert_string_equal(one_show(&one), "\"abc\"/\"abc\"");
	set_text(&one, 8, 2, "abc");
	assert_string_equal(one_show(&one), "\"ab\"...+6/\"ab\"/truncated");
	one_stop(&one);
}

static void test_states(void **state)
{
	static const char *const shown[] = {
		"?/unknown", "0", "0/truncated", "nil/nil", "unreadable/unreadable", "?/unknown"};

	for (size_t i = 0; i < 6; i++) {
		struct one one;

		one_start(&one, "+0(%ax):u8");
		one.captured.head.states[0] = i < 5 ? (uint8_t)i : 200;
		if (i == VALUE_TRUNCATED)
			assert_int_equal(one_read(&one).state, VALUE_TRUNCATED);
		else
			assert_string_equal(one_show(&one), shown[i]);
		one_stop(&one);
	}
}

/* Nothing behind what was captured is read: the record ends where its memory does. */
static void test_cut_off(void **state)
{
	struct one one;

	one_start(&one, "+0(%ax):string");
	for (size_t size = 0; size <= one.lists.items[0].fetch.size; size++) {
		struct captured *copy = malloc(sizeof(*copy) + size);
		struct value value;

		assert_non_null(copy);
		memset(copy, 0xff, sizeof(*copy) + size);
		copy->states[0] = VALUE_WHOLE;
		value = value_read(&one.lists.items[0], copy, size, 0);
		if (size < one.lists.items[0].fetch.size)
			assert_int_equal(value.state, VALUE_UNKNOWN);
		else
			assert_int_equal(value.size, VALUES_STRING_SIZE);
		free(copy);
	}
	one_stop(&one);
}

/* The widest of all fits. */
static void test_room(void **state)
{
	char text[VALUE_TEXT_SIZE], json[VALUE_JSON_SIZE];
	struct one one;
	struct value value;

	one_start(&one, "+0(%ax):string");
	memset(one.captured.head.bytes, 0xff, VALUES_LARGE_BYTES);
	value = one_read(&one);
	assert_true(value_put_text(&value, SIZE_MAX, text) < sizeof(text));
	assert_true(value_put_json_text(&value, json) <= sizeof(json));
	/* fewer of it, as on a terminal */
	set_text(&one, 10, 10, "0123456789");
	value = one_read(&one);
	assert_int_equal(value_put_text(&value, 4, text), strlen("\"0123\"...+6"));
	assert_memory_equal(text, "\"0123\"...+6", strlen("\"0123\"...+6"));
	one_stop(&one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers), cmocka_unit_test(test_strings),
		cmocka_unit_test(test_chars),   cmocka_unit_test(test_states),
		cmocka_unit_test(test_cut_off), cmocka_unit_test(test_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
