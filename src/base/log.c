/* SPDX-License-Identifier: MIT */
/* log.c - messages for the user; see log.h. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/status_line.h"
#include "base/text.h"

/* The one switch of the process: set once, while the command line is read. */
static bool verbose;

void log_set_verbose(bool on)
{
	verbose = on;
}

bool log_is_verbose(void)
{
	return verbose;
}

static void log_line(const char *kind, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

static void log_line(const char *kind, const char *format, va_list args)
{
	_cleanup_free_ char *text = NULL;

	status_line_give_way();
	if (vasprintf(&text, format, args) < 0) {
		text = NULL;
		fputs("gofuncgraph-c: out of memory for a message\n", stderr);
		return;
	}
	_cleanup_free_ char *clean = text_escape(text, strlen(text));
	/* One call, so that lines of several threads or processes do not mix. */
	fprintf(stderr, "gofuncgraph-c: %s%s\n", kind,
		clean ? clean : "out of memory for a message");
}

void log_info(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line("", format, args);
	va_end(args);
}

void log_verbose(const char *format, ...)
{
	va_list args;

	if (!verbose)
		return;
	va_start(args, format);
	log_line("", format, args);
	va_end(args);
}

void log_warning(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line("warning: ", format, args);
	va_end(args);
}

void log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line("", format, args);
	va_end(args);
}
