/* SPDX-License-Identifier: MIT */
/*
 * log.h - messages for the user, on standard error, one line each, "gofuncgraph-c: " before it.
 * On a terminal they are broken between words.
 * Control characters in the formatted text are escaped: symbol and file names are hostile input.
 */
#ifndef GOFUNCGRAPH_LOG_H
#define GOFUNCGRAPH_LOG_H

#include <stdbool.h>

#include "base/error.h"

void log_set_verbose(bool verbose);
bool log_is_verbose(void);

void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_verbose(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What went wrong. Of an error_in_text() two lines more: the text, and a caret below the place. */
void log_failure(const struct error *err);

#endif
