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

#include "base/cleanup.h"

struct error;

/* Never NULL: without memory the one static out-of-memory error is returned. */
struct error *error_new(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same with ": " and the text of errnum (an errno value) behind it. */
struct error *error_errno(int errnum, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

struct error *error_out_of_memory(void);

/* Puts "format: " before err's message; takes err. */
struct error *error_prefix(struct error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

const char *error_message(const struct error *err);

void error_free(struct error *err); /* NULL is fine */

static inline void cleanup_error(struct error **err)
{
	error_free(*err);
}
#define _cleanup_error_ _cleanup_(cleanup_error)

#endif
