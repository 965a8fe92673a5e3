/* SPDX-License-Identifier: MIT */
/* error.c - errors as values; see error.h. */
#include "base/error.h"

#include <stdarg.h>
#include <stddef.h>
#include <string.h>

struct error {
	char *message;
	char *text; /* see error_in_text(); or NULL */
	size_t at;
};

/* The one error that needs no memory. Never freed, never written to. */
static struct error out_of_memory = {.message = (char *)"out of memory"};

/* Takes the message; NULL: there was no memory for it. */
static struct error *error_take(char *message)
{
	if (!message)
		return &out_of_memory;
	struct error *err = malloc(sizeof(*err));
	if (!err) {
		free(message);
		return &out_of_memory;
	}
	*err = (struct error){.message = message};
	return err;
}

static char *format_message(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

static char *format_message(const char *format, va_list args)
{
	char *message;

	return vasprintf(&message, format, args) < 0 ? NULL : message;
}

/* "first: second" */
static char *join(const char *first, const char *second)
{
	char *joined;

	return asprintf(&joined, "%s: %s", first, second) < 0 ? NULL : joined;
}

struct error *error_new(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	char *message = format_message(format, args);
	va_end(args);
	return error_take(message);
}

struct error *error_errno(int errnum, const char *format, ...)
{
	char buffer[128];
	va_list args;

	va_start(args, format);
	_cleanup_free_ char *message = format_message(format, args);
	va_end(args);
	if (!message)
		return &out_of_memory;
	/* Not strerror(): its buffer is shared between threads. */
	return error_take(join(message, strerror_r(errnum, buffer, sizeof(buffer))));
}

struct error *error_in_text(const char *text, size_t at, const char *format, ...)
{
	struct error *err;
	va_list args;

	va_start(args, format);
	err = error_take(format_message(format, args));
	va_end(args);
	if (err != &out_of_memory) {
		/* Without memory for it the message is worth telling. */
		err->text = strdup(text);
		err->at = at;
	}
	return err;
}

struct error *error_out_of_memory(void)
{
	return &out_of_memory;
}

struct error *error_prefix(struct error *err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	_cleanup_free_ char *prefix = format_message(format, args);
	va_end(args);

	char *joined = prefix ? join(prefix, err->message) : NULL;
	/* Without memory for more words the cause alone is worth more than "out of memory". */
	if (!joined)
		return err;
	if (err == &out_of_memory)
		return error_take(joined);
	free(err->message);
	err->message = joined;
	return err;
}

const char *error_message(const struct error *err)
{
	return err->message;
}

const char *error_text(const struct error *err, size_t *at)
{
	*at = err->at;
	return err->text;
}

void error_free(struct error *err)
{
	if (!err || err == &out_of_memory)
		return;
	free(err->message);
	free(err->text);
	free(err);
}
