/* SPDX-License-Identifier: MIT */
/*
 * writer.h - buffered writing that remembers its first error and never loses bytes to a signal
 * (stdio drops what write(2) was interrupted at).
 */
#ifndef GOFUNCGRAPH_OUTPUT_WRITER_H
#define GOFUNCGRAPH_OUTPUT_WRITER_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

#define WRITER_SIZE 65536

struct writer {
	FILE *file; /* not owned */
	int errnum; /* of the first error; nothing is written after it */
	size_t used;
	char buffer[WRITER_SIZE];
};

void writer_flush(struct writer *writer);

/* The error that was met, NULL: none. `what`: "the trees". */
struct error *writer_error(const struct writer *writer, const char *what);

/* The general case of writer_put(): flushes as needed. */
void writer_put_slowly(struct writer *writer, const char *text, size_t len);

static inline void writer_put(struct writer *writer, const char *text, size_t len)
{
	if (len > WRITER_SIZE - writer->used) {
		writer_put_slowly(writer, text, len);
		return;
	}
	memcpy(writer->buffer + writer->used, text, len);
	writer->used += len;
}

/* Where `len` bytes, at most WRITER_SIZE, can be put; then `used` is to be raised. */
static inline char *writer_room(struct writer *writer, size_t len)
{
	if (len > WRITER_SIZE - writer->used)
		writer_flush(writer);
	return writer->buffer + writer->used;
}

static inline void writer_puts(struct writer *writer, const char *text)
{
	writer_put(writer, text, strlen(text));
}

void writer_put_spaces(struct writer *writer, size_t count);

#endif
