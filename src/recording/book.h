/* SPDX-License-Identifier: MIT */
/* book.h - names as they were written down (notes.h): a source of names (names/name_source.h). */
#ifndef RECORDING_BOOK_H
#define RECORDING_BOOK_H

#include "goroutines/unwind.h"
#include "names/name_source.h"
#include "base/bytes.h"

struct book;

/* `own`: not owned. NULL: out of memory. */
struct book *book_new(uint16_t machine, struct own_code own);
void book_free(struct book *book); /* NULL is fine */

/* A block of names. False: it is none, or there is no memory; what came before it stays. */
bool book_read(struct book *book, struct cursor *cursor);

/* What was never asked before is unknown. The book must outlive it. */
struct name_source book_names(const struct book *book);
struct unwind_code book_code(const struct book *book);

#endif
