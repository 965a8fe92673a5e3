/* SPDX-License-Identifier: MIT */
/*
 * value_notes.h - what calls' values are, written down while records pass, so that they can be read later
 * without the binary (value_book.h): the lists of values, their types, and what addresses in them lead to.
 *
 * A block of values is a list of
 *
 *     VALUE_NOTE_TYPE       number, kind, flags, size, name
 *     VALUE_NOTE_INSIDE     number; types of elements and keys, length, fields: of one that is complete
 *     VALUE_NOTE_TYPE_AT    va, type
 *     VALUE_NOTE_INTERFACE  va, type
 *     VALUE_NOTE_FUNCTION   va, name; "": unknown
 *     VALUE_NOTE_LIST       a list; those of a plan in their order
 *     VALUE_NOTE_DICTIONARY the piece with the dictionary of the list before it, and words in that: one a value, 0: none
 *     VALUE_NOTE_TYPE_IN    va, type
 *
 * Types have numbers from 1, and 0 is none.
 */
#ifndef RECORDING_VALUE_NOTES_H
#define RECORDING_VALUE_NOTES_H

#include "base/bytes.h"
#include "base/error.h"
#include "gofuncgraph/record.h"
#include "values/list.h"

enum value_note_kind {
	VALUE_NOTE_TYPE = 1,
	VALUE_NOTE_INSIDE,
	VALUE_NOTE_TYPE_AT,
	VALUE_NOTE_INTERFACE,
	VALUE_NOTE_FUNCTION,
	VALUE_NOTE_LIST,
	VALUE_NOTE_DICTIONARY,
	VALUE_NOTE_TYPE_IN,
};

enum value_note_flags {
	VALUE_NOTE_IS_NAMED = 1 << 0,
	VALUE_NOTE_HAS_METHODS = 1 << 1,
};

struct value_notes;

/* The lists, all of one binary, are not owned; NULL: there are none. Error: out of memory. */
struct error *value_notes_new(const struct value_lists *lists, struct value_notes **notes);
void value_notes_free(struct value_notes *notes); /* NULL is fine */

/* Looks at all that anybody may look at who prints this record's values. */
void value_notes_take_record(struct value_notes *notes, const struct record *record);

/* What was written down since it was asked last; good until the next record. Empty: nothing. */
const struct bytes *value_notes_take(struct value_notes *notes);

#endif
