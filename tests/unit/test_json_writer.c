/* SPDX-License-Identifier: MIT */
/* test_json_writer.c - what is printed is what yajl makes of the same, byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <yajl/yajl_gen.h>

#include "output/json_writer.h"

struct fixture {
	char *text;
	size_t size;
	struct writer writer;
	yajl_gen gen;
};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	*state = fixture;
	fixture->writer.file = open_memstream(&fixture->text, &fixture->size);
	fixture->gen = yajl_gen_alloc(NULL);
	return !fixture->writer.file || !fixture->gen;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	fclose(fixture->writer.file);
	free(fixture->text);
	yajl_gen_free(fixture->gen);
	free(fixture);
	return 0;
}

static void gen_text(yajl_gen gen, const char *text)
{
	assert_int_equal(yajl_gen_string(gen, (const unsigned char *)text, strlen(text)), 0);
}

/* A line of ours, which has a newline, is yajl's. */
static void assert_as_yajl(struct fixture *fixture)
{
	const unsigned char *expected;
	size_t len;

	writer_flush(&fixture->writer);
	assert_int_equal(yajl_gen_get_buf(fixture->gen, &expected, &len), 0);
	assert_int_equal(fixture->size, len + 1);
	assert_memory_equal(fixture->text, expected, len);
	assert_int_equal(fixture->text[len], '\n');
}

static void assert_texts(struct fixture *fixture, const char *key, const char *text)
{
	struct json_writer json = json_begin(&fixture->writer);

	json_text_key(&json, key);
	json_text(&json, text);
	json_end(&json);
	yajl_gen_map_open(fixture->gen);
	gen_text(fixture->gen, key);
	gen_text(fixture->gen, text);
	yajl_gen_map_close(fixture->gen);
	assert_as_yajl(fixture);
	rewind(fixture->writer.file);
	yajl_gen_reset(fixture->gen, NULL);
	yajl_gen_clear(fixture->gen);
}

static void test_texts(void **state)
{
	char text[4] = "";

	/* Each byte alone, first and last; 0x80 and more only as UTF-8. */
	for (int byte = 1; byte < 0x80; byte++) {
		text[0] = (char)byte;
		text[1] = '\0';
		assert_texts(*state, text, text);
		text[1] = 'x';
		text[2] = (char)byte;
		assert_texts(*state, text, text);
	}
	assert_texts(*state, "", "");
	assert_texts(*state, "\xc2\xb7 \xf0\x9f\x98\x80", "main.(*\xce\xbc/x)\\\"\\");
}

/* Longer than what is buffered, all of which becomes longer. */
static void test_long_text(void **state)
{
	char *text = malloc(2 * WRITER_SIZE + 1);

	assert_non_null(text);
	memset(text, '\x1f', 2 * WRITER_SIZE);
	text[2 * WRITER_SIZE] = '\0';
	assert_texts(*state, "k", text);
	free(text);
}

static void test_structure(void **state)
{
	struct fixture *fixture = *state;
	struct json_writer json = json_begin(&fixture->writer);
	yajl_gen gen = fixture->gen;

	json_member_number(&json, "zero", 0);
	json_member_open(&json, "empty", '{');
	json_close(&json, '}');
	json_member_open(&json, "list", '[');
	for (uint64_t i = 0; i < 2; i++) {
		json_open(&json, '{');
		json_member_number(&json, "i", i);
		json_member_true(&json, "yes");
		json_close(&json, '}');
	}
	json_close(&json, ']');
	json_member_number(&json, "all", INT64_MAX);
	json_end(&json);

	yajl_gen_map_open(gen);
	gen_text(gen, "zero");
	yajl_gen_integer(gen, 0);
	gen_text(gen, "empty");
	yajl_gen_map_open(gen);
	yajl_gen_map_close(gen);
	gen_text(gen, "list");
	yajl_gen_array_open(gen);
	for (long long i = 0; i < 2; i++) {
		yajl_gen_map_open(gen);
		gen_text(gen, "i");
		yajl_gen_integer(gen, i);
		gen_text(gen, "yes");
		yajl_gen_bool(gen, 1);
		yajl_gen_map_close(gen);
	}
	yajl_gen_array_close(gen);
	gen_text(gen, "all");
	yajl_gen_integer(gen, INT64_MAX);
	yajl_gen_map_close(gen);
	assert_as_yajl(fixture);
}

/* ---- places ---- */

static void assert_place(struct fixture *fixture, struct known_place *known, const char *expected)
{
	struct json_writer json = json_begin(&fixture->writer);
	const struct place *place = &known->place;

	assert_non_null(known);
	for (int i = 0; i < 2; i++) {
		json_key(&json, "whole");
		json_whole_place(&json, place);
		json_place_function(&json, place);
		json_key(&json, "in");
		json_place_in_function(&json, place);
		json_member_open(&json, "members", '{');
		json_place_members(&json, place);
		json_close(&json, '}');
	}
	json_end(&json);
	writer_flush(&fixture->writer);
	size_t len = strlen(expected);
	assert_int_equal(fixture->size, 2 * len + 2);
	assert_memory_equal(fixture->text, "{", 1);
	assert_memory_equal(fixture->text + 1, expected, len - 1);
	assert_memory_equal(fixture->text + len + 1, expected, len - 1);
	rewind(fixture->writer.file);
	place_free(known);
}

static void test_places(void **state)
{
	const struct gobin_func func = {.name = "main.\"f\"", .va = 0x1000};
	const struct gobin_func nameless = {.va = 0x1000};

	assert_place(*state, place_new(0x1010, &func, (struct gobin_line){"/a\\b", 7}),
		     "\"whole\":{\"function\":\"main.\\\"f\\\"\",\"offset\":16,\"file\":\"/a\\\\b\",\"line\":7},"
		     "\"function\":\"main.\\\"f\\\"\","
		     "\"in\":{\"offset\":16,\"file\":\"/a\\\\b\",\"line\":7},"
		     "\"members\":{\"function\":\"main.\\\"f\\\"\",\"offset\":16,\"file\":\"/a\\\\b\",\"line\":7},");
	assert_place(*state, place_new(0x1010, &nameless, (struct gobin_line){"/f", 0}),
		     "\"whole\":{\"offset\":0,\"file\":\"/f\"},\"function\":\"0x1010 /f\","
		     "\"in\":{\"offset\":0,\"file\":\"/f\"},"
		     "\"members\":{\"offset\":0,\"file\":\"/f\"},");
	assert_place(*state, place_new_in_module("libc", 0x1234),
		     "\"whole\":{\"module\":\"libc\",\"offset\":4660},\"function\":\"libc+0x1234\","
		     "\"in\":{\"module\":\"libc\",\"offset\":4660},"
		     "\"members\":{\"module\":\"libc\",\"offset\":4660},");
	assert_place(*state, place_new_in_module("libc", 0),
		     "\"whole\":{\"module\":\"libc\"},\"function\":\"libc\","
		     "\"in\":{\"module\":\"libc\"},\"members\":{\"module\":\"libc\"},");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_texts),
		TEST(test_long_text),
		TEST(test_structure),
		TEST(test_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
