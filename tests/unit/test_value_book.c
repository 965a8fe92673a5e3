/* SPDX-License-Identifier: MIT */
/* test_value_book.c - values' types and lists out of a recording, of which any may be a lie; and what is noted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "gofuncgraph/record.h"
#include "output/typed_json.h"
#include "recording/value_book.h"
#include "recording/value_lists.h"
#include "recording/value_notes.h"
#include "values/go_visit.h"

static uint64_t number_of(void *context, struct go_type *type)
{
	return type->id;
}

static void put_type(struct bytes *bytes, const struct go_type *type)
{
	bytes_put_number(bytes, VALUE_NOTE_TYPE);
	bytes_put_number(bytes, type->id);
	bytes_put_number(bytes, type->kind);
	bytes_put_number(bytes, 0);
	bytes_put_number(bytes, type->size);
	bytes_put_text(bytes, type->name);
}

/* One value of this type, and its pieces. */
static void put_list(struct bytes *bytes, struct go_type *type, const struct typed_piece *pieces,
		     size_t num_pieces)
{
	struct go_variable variable = {.name = "", .type = type};
	struct typed_value value = {.name = "v", .type = type, .variable = &variable};
	struct typed_list typed = {.values = &value, .num_values = 1, .num_pieces = num_pieces};
	struct value_list list = {.typed = &typed};

	memcpy(typed.pieces, pieces, num_pieces * sizeof(*pieces));
	bytes_put_number(bytes, VALUE_NOTE_LIST);
	value_list_write(&list, bytes, number_of, NULL);
}

static bool is_read(struct value_book *book, struct bytes *bytes)
{
	struct cursor cursor = cursor_of(bytes->data, bytes->size);
	bool is_good;

	assert_non_null(book);
	assert_false(bytes->failed);
	is_good = value_book_read(book, &cursor);
	bytes_destroy(bytes);
	return is_good;
}

/* ---- pieces ---- */

static void test_sizes_of_pieces(void **state)
{
	static const struct {
		uint8_t role;
		bool is_text;
		uint16_t size;
		bool is_good;
	} rows[] = {
		{TYPED_TEXT, true, VALUE_MAX_SIZE, true},
		{TYPED_TEXT, true, VALUE_MAX_SIZE + 1, false},
		{TYPED_TEXT, false, UINT16_MAX, false},
		{TYPED_DATA_TEXT, true, VALUE_MAX_SIZE, true},
		{TYPED_DATA_TEXT, true, VALUE_MAX_SIZE + 1, false},
		{TYPED_CHAN, false, 16, true},
		{TYPED_CHAN, false, 15, false},
		{TYPED_CHAN, true, 16, false},
		{TYPED_CODE, false, 8, true},
		{TYPED_CODE, false, 7, false},
		{TYPED_CODE, true, 8, false},
		{TYPED_MAP, false, TYPED_MAP_SIZE, true},
		{TYPED_MAP, false, 7, false},
		{TYPED_MAP, true, TYPED_MAP_SIZE, false},
		{TYPED_ELEMENTS, true, 4000, true},
		{TYPED_ROOT, false, 16, true},
		{TYPED_ROOT, true, 16, false},
	};
	struct go_type type = {.kind = GO_STRING, .size = 16, .name = "string", .id = 1};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct typed_piece pieces[] = {
			{.role = TYPED_ROOT, .size = 16},
			{.role = rows[i].role,
			 .is_text = rows[i].is_text,
			 .size = rows[i].size,
			 .at = 24},
		};
		struct value_book *book = value_book_new();
		struct bytes bytes = {};

		put_type(&bytes, &type);
		put_list(&bytes, &type, pieces, 2);
		if (is_read(book, &bytes) != rows[i].is_good)
			fail_msg("role %u, %u bytes", rows[i].role, rows[i].size);
		assert_true(!value_book_lists(book)->items[0].typed == !rows[i].is_good);
		value_book_free(book);
	}
}

/* ---- more of it than anybody can look at ---- */

static void test_endless_array(void **state)
{
	static const char *const names[] = {"", "opaque"};
	static const struct typed_piece root = {.role = TYPED_ROOT};
	static struct writer writer;

	for (size_t i = 0; i < 2; i++) {
		struct go_type elem = {.kind = GO_OPAQUE, .name = names[i], .id = 1};
		struct go_type array = {.kind = GO_ARRAY, .name = "[]opaque", .id = 2};
		struct captured captured = {};
		struct json_writer json = {.writer = &writer};
		struct value_book *book = value_book_new();
		struct bytes bytes = {};
		const struct typed_list *typed;
		char *text;
		size_t size;

		put_type(&bytes, &elem);
		put_type(&bytes, &array);
		bytes_put_number(&bytes, VALUE_NOTE_INSIDE);
		bytes_put_number(&bytes, array.id);
		bytes_put_number(&bytes, elem.id);
		bytes_put_number(&bytes, 0);
		bytes_put_number(&bytes, UINT64_MAX);
		bytes_put_number(&bytes, 0);
		put_list(&bytes, &array, &root, 1);
		assert_true(is_read(book, &bytes));
		typed = value_book_lists(book)->items[0].typed;
		go_visit(typed, &captured);
		writer = (struct writer){.file = open_memstream(&text, &size)};
		assert_non_null(writer.file);
		typed_json_put(&json, typed, &captured);
		writer_flush(&writer);
		fclose(writer.file);
		assert_non_null(strstr(text, "null,null"));
		free(text);
		value_book_free(book);
	}
}

/* ---- notes ---- */

/* That is known of 1 alone. */
static struct go_type *type_at(void *context, uint64_t va)
{
	static struct go_type known = {.kind = GO_INT, .size = 8, .name = "int"};

	return va == 1 ? &known : NULL;
}

static size_t noted_of(struct value_notes *notes, uint64_t word)
{
	const uint64_t words[3] = {word};
	union {
		struct record_entry_values at;
		char room[sizeof(struct record_entry_values) + sizeof(words)];
	} record = {};
	struct record *header = &record.at.entry.entry.at.header;

	*header = (struct record){.kind = RECORD_ENTRY, .size = sizeof(record)};
	record.at.values.size = sizeof(words);
	record.at.values.states[0] = VALUE_WHOLE;
	memcpy(record.room + sizeof(record.at), words, sizeof(words));
	value_notes_take_record(notes, header);
	return value_notes_take(notes)->size;
}

/* Words that may be anything are asked of: those that are nothing leave nothing behind. */
static void test_no_answer(void **state)
{
	struct go_type type = {.kind = GO_STRING, .size = 16, .name = "string"};
	struct go_piece place = {.size = 16, .place = GO_ON_STACK};
	struct go_variable variable = {
		.name = "", .type = &type, .pieces = &place, .num_pieces = 1, .is_inferred = true};
	struct typed_value value = {.name = "v", .type = &type, .variable = &variable};
	struct typed_list typed = {.values = &value,
				   .num_values = 1,
				   .pieces = {{.role = TYPED_ROOT, .size = 16}},
				   .num_pieces = 1,
				   .dictionary.piece = TYPED_NONE,
				   .source = {.interface_type = type_at}};
	struct value_list list = {.typed = &typed};
	const struct value_lists lists = {.items = &list, .count = 1};
	struct value_notes *notes;

	assert_null(value_notes_new(&lists, &notes));
	value_notes_take(notes);
	assert_int_equal(noted_of(notes, 5), 0);
	assert_int_not_equal(noted_of(notes, 1), 0);
	assert_int_equal(noted_of(notes, 1), 0);
	value_notes_free(notes);
}

/* ---- results of generic functions ---- */

static struct go_type *type_in(void *context, uint64_t va, struct go_type *shape)
{
	static struct go_type known = {.kind = GO_INT, .size = 8, .name = "main.number"};

	return va == 0x4008 ? &known : NULL;
}

/* What is noted of an entry or a return of the goroutine at this place; `dictionary`: 0: it is not known. */
static size_t noted_at(struct value_notes *notes, uint16_t kind, uint64_t goid, uint64_t dictionary)
{
	union {
		struct record_entry_values entry;
		struct record_frame_values exit;
		char room[sizeof(struct record_entry_values) + 32];
	} record = {};
	bool is_entry = kind == RECORD_ENTRY;
	struct captured *captured = is_entry ? &record.entry.values : &record.exit.values;
	size_t begin = is_entry ? sizeof(record.entry) : sizeof(record.exit);

	record.exit.at.header = (struct record){
		.kind = (uint8_t)kind, .size = sizeof(record), .pid = 7, .tid = 8, .goid = goid};
	record.exit.at.frame = 100;
	captured->list = !is_entry;
	captured->size = 32;
	captured->states[0] = dictionary ? VALUE_WHOLE : VALUE_UNKNOWN;
	captured->states[1] = VALUE_WHOLE;
	memcpy(record.room + begin, &dictionary, sizeof(dictionary));
	value_notes_take_record(notes, &record.exit.at.header);
	return value_notes_take(notes)->size;
}

/* Their return tells nothing of their types: the entry of the call at the same place does. */
static void test_results(void **state)
{
	struct go_type type = {.kind = GO_INT, .size = 8, .name = "int"};
	struct go_piece place = {.size = 8, .place = GO_ON_STACK};
	struct go_variable variable = {
		.name = "", .type = &type, .pieces = &place, .num_pieces = 1, .dictionary_word = 2};
	struct typed_value value = {.name = "r", .type = &type, .variable = &variable, .piece = 1};
	struct typed_list entry = {.pieces = {{.role = TYPED_DICTIONARY, .size = 8}},
				   .num_pieces = 1,
				   .source = {.type_in = type_in}};
	struct typed_list typed = {.values = &value,
				   .num_values = 1,
				   .pieces = {{.role = TYPED_DICTIONARY, .size = 8},
					      {.role = TYPED_ROOT, .at = 16, .size = 8}},
				   .num_pieces = 2,
				   .source = {.type_in = type_in}};
	struct value_list items[] = {{.typed = &entry, .results = 2}, {.typed = &typed}};
	const struct value_lists lists = {.items = items, .count = 2};
	struct value_book *book = value_book_new();
	struct value_notes *notes;
	struct cursor cursor;
	const struct bytes *bytes;

	assert_null(value_notes_new(&lists, &notes));
	bytes = value_notes_take(notes);
	cursor = cursor_of(bytes->data, bytes->size);
	assert_true(value_book_read(book, &cursor));
	assert_int_equal(value_book_lists(book)->items[0].typed->dictionary.piece, 0);
	assert_int_equal(value_book_lists(book)->items[1].typed->dictionary.piece, 0);
	/* Of a call whose entry was not seen, and of those whose dictionary is not known. */
	assert_int_equal(noted_at(notes, RECORD_RETURN, 1, 0), 0);
	assert_int_equal(noted_at(notes, RECORD_ENTRY, 1, 0), 0);
	assert_int_equal(noted_at(notes, RECORD_RETURN, 1, 0), 0);
	assert_int_equal(noted_at(notes, RECORD_ENTRY, 1, 0x4000), 0);
	assert_int_equal(noted_at(notes, RECORD_RETURN, 2, 0), 0);
	assert_int_not_equal(noted_at(notes, RECORD_RETURN, 1, 0), 0);
	assert_int_equal(noted_at(notes, RECORD_RETURN, 1, 0), 0);
	value_notes_free(notes);
	value_book_free(book);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes_of_pieces),
		cmocka_unit_test(test_endless_array),
		cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_results),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
