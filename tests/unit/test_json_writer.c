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

static const struct name function = {
	.text = "main.\"f\"", .json = "\"main.\\\"f\\\"\"", .len = 8, .json_len = 12};
static const struct name file = {.text = "/a\\b", .json = "\"/a\\\\b\"", .len = 4, .json_len = 7};

static void assert_place(struct fixture *fixture, struct place place, const char *expected)
{
	struct json_writer json = json_begin(&fixture->writer);
	size_t len = strlen(expected);

	json_place_function(&json, &place);
	json_member_open(&json, "in", '{');
	json_place_in_function(&json, &place);
	json_close(&json, '}');
	json_member_open(&json, "all", '{');
	json_place(&json, &place);
	json_close(&json, '}');
	json_end(&json);
	writer_flush(&fixture->writer);
	assert_int_equal(fixture->size, len);
	assert_memory_equal(fixture->text, expected, len);
	rewind(fixture->writer.file);
}

static void test_places(void **state)
{
	assert_place(*state,
		     (struct place){.function = &function, .file = &file, .offset = 16, .line = 7},
		     "{\"function\":\"main.\\\"f\\\"\","
		     "\"in\":{\"offset\":16,\"file\":\"/a\\\\b\",\"line\":7},"
		     "\"all\":{\"function\":\"main.\\\"f\\\"\",\"offset\":16,"
		     "\"file\":\"/a\\\\b\",\"line\":7}}\n");
	assert_place(*state, (struct place){.file = &file, .va = 0x1010, .line = 7},
		     "{\"function\":\"0x1010 /a\\\\b:7\","
		     "\"in\":{\"offset\":0,\"file\":\"/a\\\\b\",\"line\":7},"
		     "\"all\":{\"offset\":0,\"file\":\"/a\\\\b\",\"line\":7}}\n");
	assert_place(*state, (struct place){.module = &file, .offset = 0x1234},
		     "{\"function\":\"/a\\\\b+0x1234\",\"in\":{\"offset\":4660},"
		     "\"all\":{\"module\":\"/a\\\\b\",\"offset\":4660}}\n");
	assert_place(*state, (struct place){.module = &file},
		     "{\"function\":\"/a\\\\b\",\"in\":{},"
		     "\"all\":{\"module\":\"/a\\\\b\"}}\n");
	assert_place(*state, (struct place){0},
		     "{\"function\":\"?\",\"in\":{\"offset\":0},\"all\":{\"offset\":0}}\n");
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
