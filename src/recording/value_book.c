/* SPDX-License-Identifier: MIT */
/* value_book.c - what calls' values are, out of a recording; see value_book.h. */
#include "recording/value_book.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/hash.h"
#include "recording/value_lists.h"
#include "recording/value_notes.h"
#include "types/go_types.h"

/* More is not believed. */
#define MAX_TYPES   (1u << 20)
#define MAX_ANSWERS (1u << 20)

struct book_type {
	struct go_type *type; /* NULL: it was lost */
	bool is_inside; /* what is inside was written down */
};

struct value_book {
	struct go_types *types;
	struct book_type *by_number; /* from 1 */
	size_t num_types, capacity;
	struct hash answers; /* of struct answer */
	struct value_lists lists;
};

struct answer {
	struct hash_key key; /* va, enum value_note_kind */
	struct go_type *type;
	const char *function;
};

/* ---- being asked ---- */

static const struct answer *find(const struct value_book *book, enum value_note_kind kind,
				 uint64_t va)
{
	return hash_find(&book->answers, (struct hash_key){va, kind});
}

static struct go_type *type_at(void *context, uint64_t va)
{
	const struct answer *answer = find(context, VALUE_NOTE_TYPE_AT, va);

	return answer ? answer->type : NULL;
}

static struct go_type *interface_type(void *context, uint64_t va)
{
	const struct answer *answer = find(context, VALUE_NOTE_INTERFACE, va);

	return answer ? answer->type : NULL;
}

static struct go_type *type_in(void *context, uint64_t va, struct go_type *shape)
{
	const struct answer *answer = find(context, VALUE_NOTE_TYPE_IN, va);

	return answer ? answer->type : NULL;
}

static const char *function(void *context, uint64_t va)
{
	const struct answer *answer = find(context, VALUE_NOTE_FUNCTION, va);

	return answer ? answer->function : NULL;
}

/* It was filled in when it was read. */
static bool complete(struct go_types *types, void *context, struct go_type *type)
{
	const struct value_book *book = context;

	return book->by_number[type->id - 1].is_inside;
}

static const struct go_type_source source = {complete};

/* ---- types ---- */

static struct go_type *type_of(void *context, uint64_t number)
{
	const struct value_book *book = context;

	return number && number <= book->num_types ? book->by_number[number - 1].type : NULL;
}

static bool make_room(struct value_book *book, struct cursor *cursor, uint64_t number)
{
	cursor->failed |= !number || number > MAX_TYPES;
	if (cursor->failed)
		return false;
	if (!array_reserve(&book->by_number, &book->capacity, number, sizeof(*book->by_number)))
		return cursor_need(cursor, NULL);
	while (book->num_types < number)
		book->by_number[book->num_types++] = (struct book_type){};
	return true;
}

static const char *take_text(struct value_book *book, struct cursor *cursor)
{
	_cleanup_free_ char *text = cursor_text(cursor);
	const char *kept = text ? go_types_text(book->types, text) : NULL;

	if (text)
		cursor_need(cursor, kept);
	return kept;
}

static void take_type(struct value_book *book, struct cursor *cursor)
{
	uint64_t number = cursor_number(cursor), kind = cursor_number(cursor);
	uint64_t flags = cursor_number(cursor), size = cursor_number(cursor);
	const char *name = take_text(book, cursor);
	struct go_type *type;
	bool is_new;

	cursor->failed |= kind > GO_INTERFACE;
	if (!make_room(book, cursor, number))
		return;
	type = go_types_get(book->types, &source, book, number, &is_new);
	if (!cursor_need(cursor, type))
		return;
	cursor->failed |= !is_new;
	if (cursor->failed)
		return;
	type->kind = (uint8_t)kind;
	type->is_named = flags & VALUE_NOTE_IS_NAMED;
	type->has_methods = flags & VALUE_NOTE_HAS_METHODS;
	type->size = size;
	type->name = name;
	book->by_number[number - 1].type = type;
}

static void take_fields(struct value_book *book, struct cursor *cursor, struct go_type *type)
{
	size_t count = cursor_count(cursor);

	if (cursor->failed)
		return;
	type->fields = go_types_alloc(book->types, count * sizeof(*type->fields));
	cursor_need(cursor, type->fields);
	for (size_t i = 0; i < count && !cursor->failed; i++) {
		struct go_field *field = &type->fields[i];

		field->name = take_text(book, cursor);
		field->type = type_of(book, cursor_number(cursor));
		field->offset = cursor_number(cursor);
		field->is_embedded = cursor_number(cursor);
	}
	type->num_fields = cursor->failed ? 0 : count;
}

static void take_inside(struct value_book *book, struct cursor *cursor)
{
	uint64_t number = cursor_number(cursor);
	struct go_type *type = type_of(book, number);

	cursor->failed |= !type || book->by_number[number - 1].is_inside;
	if (cursor->failed)
		return;
	type->elem = type_of(book, cursor_number(cursor));
	type->key = type_of(book, cursor_number(cursor));
	type->length = cursor_number(cursor);
	take_fields(book, cursor, type);
	book->by_number[number - 1].is_inside = !cursor->failed;
}

/* ---- what addresses lead to ---- */

/* The first answer to a question stays: it may have been handed out. */
static void take_answer(struct value_book *book, struct cursor *cursor, enum value_note_kind kind)
{
	struct answer *answer = calloc(1, sizeof(*answer));

	cursor->failed |= book->answers.count >= MAX_ANSWERS;
	if (!cursor_need(cursor, answer) || cursor->failed) {
		free(answer);
		return;
	}
	answer->key = (struct hash_key){cursor_number(cursor), kind};
	if (kind == VALUE_NOTE_FUNCTION)
		answer->function = take_text(book, cursor);
	else
		answer->type = type_of(book, cursor_number(cursor));
	if (answer->function && !*answer->function)
		answer->function = NULL;
	if (cursor->failed || hash_find(&book->answers, answer->key)) {
		free(answer);
	} else if (!hash_add(&book->answers, &answer->key)) {
		free(answer);
		cursor_need(cursor, NULL);
	}
}

/* ---- lists ---- */

/* Their numbers are in records: one that is none has its place, too. */
static void take_list(struct value_book *book, struct cursor *cursor)
{
	struct value_list *list;
	struct error *err = value_lists_next(&book->lists, &list);
	const struct value_list_types types = {
		.context = book,
		.type_of = type_of,
		.types = book->types,
		.source = {book, type_at, interface_type, function, type_in},
	};

	if (!err)
		value_list_read(cursor, &types, list);
	else if (book->lists.count > UINT16_MAX)
		cursor->failed = true;
	else
		cursor_need(cursor, NULL);
	error_free(err);
}

/* Of the last list. */
static void take_dictionary(struct value_book *book, struct cursor *cursor)
{
	size_t count = book->lists.count;

	cursor->failed |= !count || !book->lists.items[count - 1].typed;
	if (!cursor->failed)
		value_list_read_dictionary(cursor, book->types, book->lists.items[count - 1].typed);
}

/* ---- all ---- */

struct value_book *value_book_new(void)
{
	struct value_book *book = calloc(1, sizeof(*book));

	if (book)
		book->types = go_types_new();
	if (book && !book->types)
		free(take_pointer(book));
	return book;
}

void value_book_free(struct value_book *book)
{
	if (!book)
		return;
	value_lists_destroy(&book->lists);
	hash_free_items(&book->answers);
	go_types_free(book->types);
	free(book->by_number);
	free(book);
}

static bool read_one(struct value_book *book, struct cursor *cursor)
{
	uint64_t kind = cursor_number(cursor);

	switch (kind) {
	case VALUE_NOTE_TYPE:
		take_type(book, cursor);
		break;
	case VALUE_NOTE_INSIDE:
		take_inside(book, cursor);
		break;
	case VALUE_NOTE_TYPE_AT:
	case VALUE_NOTE_INTERFACE:
	case VALUE_NOTE_FUNCTION:
	case VALUE_NOTE_TYPE_IN:
		take_answer(book, cursor, kind);
		break;
	case VALUE_NOTE_LIST:
		take_list(book, cursor);
		break;
	case VALUE_NOTE_DICTIONARY:
		take_dictionary(book, cursor);
		break;
	default:
		cursor->failed = true;
	}
	return !cursor->failed;
}

bool value_book_read(struct value_book *book, struct cursor *cursor)
{
	while (!cursor_is_at_end(cursor))
		if (!read_one(book, cursor))
			return false;
	return true;
}

const struct value_lists *value_book_lists(const struct value_book *book)
{
	return &book->lists;
}
