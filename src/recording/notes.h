/* SPDX-License-Identifier: MIT */
/*
 * notes.h - answers of a source of names, written down while records pass, so that the same questions can
 * be asked later, without the binary (book.h).
 *
 * A block of names is a list of answers, each in full where it is needed first:
 *
 *     NOTE_FUNC       va, size (0: there is none), how far behind the function's begin, name
 *     NOTE_LINE       va, file, line
 *     NOTE_OUTERMOST  va, how far from there
 *     NOTE_INLINED    va, how many; of each its name, and how far from there it is called
 *     NOTE_REASON     number, text
 *     NOTE_MODULE     number, name, va
 *     NOTE_CODE       va, enum code_flags (0: there is no code), how far behind the function's begin, how
 *                     much of the stack it has there
 *
 * Texts have numbers from 1, and 0 is none: twice the number, and 1 more where the text itself follows.
 */
#ifndef RECORDING_NOTES_H
#define RECORDING_NOTES_H

#include "goroutines/unwind.h"
#include "names/names.h"
#include "base/bytes.h"

enum note_kind {
	NOTE_FUNC = 1,
	NOTE_LINE,
	NOTE_OUTERMOST,
	NOTE_INLINED,
	NOTE_REASON,
	NOTE_MODULE,
	NOTE_CODE,
	NOTE_KINDS,
};

enum code_flags { CODE_IS_THERE = 1, CODE_IS_BOTTOM = 2, CODE_IS_INJECTED = 4 };

struct notes;

/* The source and the code (NULL: it is of no interest) are copied; what these look things up in is not owned.
 * Error: out of memory. */
struct error *notes_new(const struct name_source *source, const struct unwind_code *code,
			const struct name_site *sites, size_t num_sites, struct notes **notes);
void notes_free(struct notes *notes); /* NULL is fine */

/* Asks all that anybody may ask for who prints this record. */
void notes_take_record(struct notes *notes, const struct record *record);

/* What was written down since it was asked last; good until the next record. Empty: nothing. */
const struct bytes *notes_take(struct notes *notes);

#endif
