/* SPDX-License-Identifier: MIT */
/* value_notes.c - what calls' values are is written down; see value_notes.h. */
#include "recording/value_notes.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/hash.h"
#include "base/numbers.h"
#include "recording/open_dictionaries.h"
#include "recording/value_lists.h"
#include "types/go_types.h"
#include "values/go_dictionary.h"
#include "values/go_visit.h"

struct value_notes {
	size_t num_lists;
	struct typed_source source; /* of all lists */
	struct typed_list *
		*noted; /* by list: as it is, but asks by way of what is below; or NULL */
	const struct value_list *lists; /* not owned */
	struct open_dictionaries *open_dictionaries; /* of calls whose results need them */
	struct bytes results; /* a copy of what was captured, which knows its dictionary */
	const struct go_types *types; /* NULL: there are no typed values */
	struct numbers numbers; /* of types, by their addresses */
	/* Those that were not complete when they were looked at last. */
	struct go_type **open;
	size_t num_open, open_capacity;
	size_t num_complete; /* of `types`, then */
	struct hash asked; /* questions: va, enum value_note_kind */
	struct bytes bytes, taken;
};

/* ---- types ---- */

static void put_type(struct bytes *bytes, const struct go_type *type, uint64_t number)
{
	bytes_put_number(bytes, VALUE_NOTE_TYPE);
	bytes_put_number(bytes, number);
	bytes_put_number(bytes, type->kind);
	bytes_put_number(bytes, (type->is_named ? VALUE_NOTE_IS_NAMED : 0) |
					(type->has_methods ? VALUE_NOTE_HAS_METHODS : 0));
	bytes_put_number(bytes, type->size);
	bytes_put_text(bytes, type->name);
}

/* Is written down when it is met first. */
static uint64_t number_of(struct value_notes *notes, struct go_type *type)
{
	uint64_t number;
	bool is_new;

	if (!type)
		return 0;
	if (!array_reserve(&notes->open, &notes->open_capacity, notes->num_open + 1,
			   sizeof(struct go_type *)) ||
	    !numbers_of(&notes->numbers, (struct hash_key){(uintptr_t)type, 0}, &number, &is_new)) {
		notes->bytes.failed = true;
		return 0;
	}
	number++; /* 0: no type */
	if (is_new) {
		notes->open[notes->num_open++] = type;
		put_type(&notes->bytes, type, number);
	}
	return number;
}

/* Notes come one behind the other: what a note names is met before it begins. */
static void put_inside(struct value_notes *notes, struct go_type *type)
{
	struct bytes *bytes = &notes->bytes;

	number_of(notes, type->elem);
	number_of(notes, type->key);
	for (size_t i = 0; i < type->num_fields; i++)
		number_of(notes, type->fields[i].type);
	bytes_put_number(bytes, VALUE_NOTE_INSIDE);
	bytes_put_number(bytes, number_of(notes, type));
	bytes_put_number(bytes, number_of(notes, type->elem));
	bytes_put_number(bytes, number_of(notes, type->key));
	bytes_put_number(bytes, type->length);
	bytes_put_number(bytes, type->num_fields);
	for (size_t i = 0; i < type->num_fields; i++) {
		const struct go_field *field = &type->fields[i];

		bytes_put_text(bytes, field->name);
		bytes_put_number(bytes, number_of(notes, field->type));
		bytes_put_number(bytes, field->offset);
		bytes_put_number(bytes, field->is_embedded);
	}
}

/* Those that were met first, or completed, since the last time. */
static void look_at_types(struct value_notes *notes, size_t first)
{
	size_t kept = first;

	if (go_types_num_complete(notes->types) != notes->num_complete)
		first = kept = 0;
	notes->num_complete = go_types_num_complete(notes->types);
	/* What is inside is met meanwhile, and is added at the end. */
	for (size_t i = first; i < notes->num_open && !notes->bytes.failed; i++) {
		struct go_type *type = notes->open[i];

		if (go_type_is_complete(type))
			put_inside(notes, type);
		else
			notes->open[kept++] = type;
	}
	notes->num_open = kept;
}

/* ---- being asked ---- */

/* True: it was not asked before. What has no answer is not noted, as that is what no note says. */
static bool is_new(struct value_notes *notes, enum value_note_kind kind, uint64_t va)
{
	return hash_note(&notes->asked, (struct hash_key){va, kind});
}

static struct go_type *note_type(struct value_notes *notes, enum value_note_kind kind, uint64_t va,
				 struct go_type *type)
{
	if (!type || !is_new(notes, kind, va))
		return type;
	number_of(notes, type);
	bytes_put_number(&notes->bytes, kind);
	bytes_put_number(&notes->bytes, va);
	bytes_put_number(&notes->bytes, number_of(notes, type));
	return type;
}

static struct go_type *type_at(void *context, uint64_t va)
{
	struct value_notes *notes = context;

	return note_type(notes, VALUE_NOTE_TYPE_AT, va,
			 notes->source.type_at(notes->source.context, va));
}

static struct go_type *interface_type(void *context, uint64_t va)
{
	struct value_notes *notes = context;

	return note_type(notes, VALUE_NOTE_INTERFACE, va,
			 notes->source.interface_type(notes->source.context, va));
}

static struct go_type *type_in(void *context, uint64_t va, struct go_type *shape)
{
	struct value_notes *notes = context;

	return note_type(notes, VALUE_NOTE_TYPE_IN, va,
			 notes->source.type_in(notes->source.context, va, shape));
}

static const char *function(void *context, uint64_t va)
{
	struct value_notes *notes = context;
	const char *name = notes->source.function(notes->source.context, va);

	if (name && is_new(notes, VALUE_NOTE_FUNCTION, va)) {
		bytes_put_number(&notes->bytes, VALUE_NOTE_FUNCTION);
		bytes_put_number(&notes->bytes, va);
		bytes_put_text(&notes->bytes, name);
	}
	return name;
}

/* ---- lists ---- */

static uint64_t number_in(void *context, struct go_type *type)
{
	return number_of(context, type);
}

static void put_list(struct value_notes *notes, const struct value_list *list)
{
	const struct typed_list *typed = list->typed;

	for (size_t i = 0; typed && i < typed->num_values; i++)
		number_of(notes, typed->values[i].type);
	bytes_put_number(&notes->bytes, VALUE_NOTE_LIST);
	value_list_write(list, &notes->bytes, number_in, notes);
	if (!typed || typed->dictionary.piece == TYPED_NONE)
		return;
	bytes_put_number(&notes->bytes, VALUE_NOTE_DICTIONARY);
	value_list_write_dictionary(typed, &notes->bytes);
}

/* `typed`: of the list of this number, or NULL. */
static bool make_noted(struct value_notes *notes, size_t number, const struct typed_list *typed)
{
	struct typed_list *noted;

	if (!typed)
		return true;
	noted = notes->noted[number] = malloc(sizeof(*noted));
	if (!noted)
		return false;
	notes->source = typed->source;
	if (typed->num_values)
		notes->types = typed->values[0].type->types;
	*noted = *typed;
	noted->source = (struct typed_source){
		.context = notes,
		.type_at = typed->source.type_at ? type_at : NULL,
		.interface_type = typed->source.interface_type ? interface_type : NULL,
		.function = typed->source.function ? function : NULL,
		.type_in = typed->source.type_in ? type_in : NULL,
	};
	return true;
}

/* ---- all ---- */

struct error *value_notes_new(const struct value_lists *lists, struct value_notes **out)
{
	struct value_notes *notes = *out = calloc(1, sizeof(*notes));

	if (!notes)
		return error_out_of_memory();
	notes->num_lists = lists ? lists->count : 0;
	notes->lists = lists ? lists->items : NULL;
	notes->noted = calloc(notes->num_lists + 1, sizeof(*notes->noted));
	notes->open_dictionaries = open_dictionaries_new();
	if (!notes->noted || !notes->open_dictionaries)
		return error_out_of_memory();
	for (size_t i = 0; i < notes->num_lists; i++) {
		if (!make_noted(notes, i, lists->items[i].typed))
			return error_out_of_memory();
		put_list(notes, &lists->items[i]);
	}
	if (notes->types)
		look_at_types(notes, 0);
	return NULL;
}

void value_notes_free(struct value_notes *notes)
{
	if (!notes)
		return;
	for (size_t i = 0; notes->noted && i < notes->num_lists; i++)
		free(notes->noted[i]);
	free(notes->noted);
	free(notes->open_dictionaries);
	free(notes->open);
	numbers_clear(&notes->numbers);
	hash_free_items(&notes->asked);
	bytes_destroy(&notes->bytes);
	bytes_destroy(&notes->taken);
	bytes_destroy(&notes->results);
	free(notes);
}

/* ---- records ---- */

/* Of a call that begins: results are of types that its dictionary tells. */
static void expect_results(struct value_notes *notes, const struct record *record,
			   const struct captured *captured)
{
	uint64_t dictionary = notes->lists[captured->list].results
				      ? go_dictionary(notes->noted[captured->list], captured)
				      : 0;

	if (dictionary)
		open_dictionaries_put(notes->open_dictionaries, (const struct record_frame *)record,
				      dictionary);
}

/* As they are to be read: by the dictionary of their call, as far as it is known. */
static const struct captured *own_results(struct value_notes *notes, const struct record *record,
					  const struct captured *captured)
{
	const struct typed_list *typed = notes->noted[captured->list];
	uint64_t dictionary = typed->dictionary.piece == TYPED_NONE
				      ? 0
				      : open_dictionaries_find(notes->open_dictionaries,
							       (const struct record_frame *)record);

	if (!dictionary)
		return captured;
	bytes_clear(&notes->results);
	bytes_put(&notes->results, captured, captured_size(captured));
	if (notes->results.failed)
		return captured;
	go_dictionary_set(typed, (struct captured *)notes->results.data, dictionary);
	return (const struct captured *)notes->results.data;
}

void value_notes_take_record(struct value_notes *notes, const struct record *record)
{
	const struct captured *captured = record_captured(record);
	size_t num_open = notes->num_open;

	if (!captured || captured->list >= notes->num_lists || !notes->noted[captured->list])
		return;
	if (record->kind == RECORD_ENTRY)
		expect_results(notes, record, captured);
	else
		captured = own_results(notes, record, captured);
	go_visit(notes->noted[captured->list], captured);
	if (notes->types)
		look_at_types(notes, num_open);
}

const struct bytes *value_notes_take(struct value_notes *notes)
{
	struct bytes taken = notes->bytes;

	notes->bytes = notes->taken;
	notes->taken = taken;
	bytes_clear(&notes->bytes);
	return &notes->taken;
}
