/* SPDX-License-Identifier: MIT */
/*
 * error.h - errors are values: made where the cause is known, passed up untouched, printed once.
 *
 * A function that can fail returns `struct error *`: NULL on success, else an error that the caller
 * owns. The message is a whole sentence without a full stop: what was tried, why it failed, what to
 * do.
 */
#ifndef GOFUNCGRAPH_ERROR_H
#define GOFUNCGRAPH_ERROR_H

#include <stddef.h>

#include "base/cleanup.h"

struct error;

/* Never NULL: without memory the one static out-of-memory error is returned. */
struct error *error_new(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same with ": " and the text of errnum (an errno value) behind it. */
struct error *error_errno(int errnum, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The same about a text that the user wrote: the byte at `at` is wrong, or what begins there. */
struct error *error_in_text(const char *text, size_t at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

struct error *error_out_of_memory(void);

/* Puts "format: " before err's message; takes err. */
struct error *error_prefix(struct error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

const char *error_message(const struct error *err);

/* The text that it is about, and the place in that; NULL: none. */
const char *error_text(const struct error *err, size_t *at);

void error_free(struct error *err); /* NULL is fine */

static inline void cleanup_error(struct error **err)
{
	error_free(*err);
}
#define _cleanup_error_ _cleanup_(cleanup_error)

#endif
