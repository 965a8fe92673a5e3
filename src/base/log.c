/* SPDX-License-Identifier: MIT */
/* log.c - messages for the user; see log.h. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/status_line.h"
#include "base/terminal.h"
#include "base/text.h"

/* A terminal of less breaks lines by itself. */
#define LEAST_COLUMNS 20

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

/* Where a line of a terminal ends between two words, the next one begins with that. */
#define NEXT_LINE "\n  "

/* A number and its % are one. */
static bool may_break(const char *at)
{
	return at[0] == ' ' && at[1] != '%';
}

/* How many bytes of the text stay on a line of so many columns: whole words, one at least. */
static size_t whole_words(const char *text, size_t columns)
{
	size_t taken, len = strlen(text), fits = terminal_fit(text, len, columns, &taken);
	size_t cut = fits;

	if (fits == len)
		return len;
	while (cut && !may_break(text + cut))
		cut--;
	return cut ?: fits + strcspn(text + fits, " ");
}

/* NULL: out of memory. The caller frees it. */
static char *break_lines(const char *text, size_t columns)
{
	size_t room = columns, size;
	char *lines = NULL;
	FILE *out = open_memstream(&lines, &size);

	while (out && *text) {
		size_t len = whole_words(text, room);
		fwrite(text, 1, len, out);
		text += len;
		if (*text) /* a space */
			text++;
		if (*text)
			fputs(NEXT_LINE, out);
		room = columns - strlen("  ");
	}
	if (out && fclose(out)) {
		free(lines);
		lines = NULL;
	}
	return lines;
}

static void put_line(const char *kind, const char *text)
{
	size_t columns = terminal_width(STDERR_FILENO);
	_cleanup_free_ char *line = NULL, *lines = NULL;

	if (asprintf(&line, "gofuncgraph-c: %s%s", kind, text) < 0)
		line = NULL;
	if (line && columns >= LEAST_COLUMNS)
		lines = break_lines(line, columns);
	/* One call, so that lines of several threads or processes do not mix. */
	fprintf(stderr, "%s\n", lines ?: line ?: "gofuncgraph-c: out of memory for a message");
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
	put_line(kind, clean ?: "out of memory for a message");
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

/* Nothing in it moves the cursor, and each character takes one column. Returns that of `at`. */
static int flatten(char *text, size_t at)
{
	int columns = 0;
	size_t to = 0;

	for (size_t i = 0, length; text[i]; i += length) {
		length = text_utf8_length(text + i, strlen(text + i));
		columns += i < at;
		if (length && text_is_clean(text + i, length)) {
			memmove(text + to, text + i, length);
			to += length;
		} else {
			length = length ?: 1;
			text[to++] = '?';
		}
	}
	text[to] = '\0';
	return columns;
}

void log_failure(const struct error *err)
{
	size_t at;
	const char *text = error_text(err, &at);
	_cleanup_free_ char *flat = text ? strdup(text) : NULL;
	int column = flat ? flatten(flat, at) : 0;

	log_error("%s", error_message(err));
	if (flat)
		fprintf(stderr, "  %s\n  %*s^\n", flat, column, "");
}
