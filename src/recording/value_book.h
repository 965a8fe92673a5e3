/* SPDX-License-Identifier: MIT */
/*
 * value_book.h - what calls' values are, as it was written down (value_notes.h). Any bytes may be in there:
 * what is handed on is as safe as what is made of a binary.
 */
#ifndef RECORDING_VALUE_BOOK_H
#define RECORDING_VALUE_BOOK_H

#include "base/bytes.h"
#include "values/list.h"

struct value_book;

struct value_book *value_book_new(void); /* NULL: out of memory */
void value_book_free(struct value_book *book); /* NULL is fine */

/* A block of values. False: it is none, or there is no memory; what came before it stays. */
bool value_book_read(struct value_book *book, struct cursor *cursor);

/* Those that were read by now; owned by the book. */
const struct value_lists *value_book_lists(const struct value_book *book);

#endif
