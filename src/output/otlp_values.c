/* SPDX-License-Identifier: MIT */
/*
 * otlp_values.c - values and labels of a call as attributes, one each: what JSON has by name (json_call.h), as numbers,
 * words and texts where collectors have such, and as JSON what has parts.
 */
#include <errno.h>
#include <stdlib.h>

#include "otlp/attribute.h"
#include "output/json_call.h"
#include "output/json_reading.h"
#include "output/otlp_attributes.h"

enum { SPAN_ATTRIBUTE = 9 };

#define KEY_SIZE 256

static void put_word(struct bytes *span, const char *key, const char *word)
{
	char *end;

	errno = 0;
	long long number = strtoll(word, &end, 10);
	bool is_number = !*end && !errno;
	double real = strtod(word, &end);

	if (!strcmp(word, "true") || !strcmp(word, "false"))
		attribute_bool(span, SPAN_ATTRIBUTE, key, *word == 't');
	else if (is_number)
		attribute_number(span, SPAN_ATTRIBUTE, key, (uint64_t)number);
	/* Numbers that are too large for that keep their digits. */
	else if (!*end && strpbrk(word, ".e"))
		attribute_real(span, SPAN_ATTRIBUTE, key, real);
	else
		attribute_string(span, SPAN_ATTRIBUTE, key, word);
}

static void put_text(struct bytes *span, const char *key, struct json_reading *reading)
{
	struct bytes text = {};

	json_take_text(reading, &text);
	attribute_text(span, SPAN_ATTRIBUTE, key, text.data ? (const char *)text.data : "",
		       text.size);
	span->failed |= text.failed;
	bytes_destroy(&text);
}

static void put_value(struct bytes *span, const char *key, struct json_reading *reading)
{
	char word[JSON_WORD_SIZE];
	const char *nested;
	size_t size;

	if (json_is_next(reading, '"')) {
		put_text(span, key, reading);
	} else if (json_is_next(reading, '{') || json_is_next(reading, '[')) {
		nested = json_skip_nested(reading, &size);
		attribute_text(span, SPAN_ATTRIBUTE, key, nested, size);
	} else {
		json_take_word(reading, word);
		put_word(span, key, word);
	}
}

/* The name of a member, behind that of what it is in. */
static void take_key(struct json_reading *reading, const char *above, char key[KEY_SIZE])
{
	struct bytes name = {};
	size_t size;

	json_take_text(reading, &name);
	size = (size_t)snprintf(key, KEY_SIZE, "%s.%.*s", above, (int)name.size,
				name.data ? (const char *)name.data : "");
	/* A key that was cut in a character is no UTF-8. */
	if (size >= KEY_SIZE)
		key[value_without_cut_character(key, KEY_SIZE - 1)] = '\0';
	reading->failed |= name.failed || !json_take(reading, ':');
	bytes_destroy(&name);
}

/* The members of an object, and of objects in it; those have none that are put apart. */
static void put_members(struct bytes *span, const char *above, struct json_reading *reading)
{
	bool is_outer = !reading->nesting++;
	char key[KEY_SIZE];

	reading->failed |= !json_take(reading, '{');
	while (!reading->failed && !json_take(reading, '}')) {
		take_key(reading, above, key);
		if (!reading->failed && is_outer && json_is_next(reading, '{'))
			put_members(span, key, reading);
		else if (!reading->failed)
			put_value(span, key, reading);
		if (!json_take(reading, ',') && !json_is_next(reading, '}'))
			reading->failed = true;
	}
}

void otlp_put_values(struct output *out, struct bytes *span, const struct call *call)
{
	struct json_writer json = {.writer = &out->writer};
	struct json_reading reading = {};
	_cleanup_free_ char *text = NULL;
	size_t size = 0;

	if (!json_has_values(call))
		return;
	out->writer.file = open_memstream(&text, &size);
	if (!out->writer.file)
		return;
	json_open(&json, '{');
	json_named_values(out, &json, call);
	json_close(&json, '}');
	writer_flush(&out->writer);
	fclose(take_pointer(out->writer.file));
	reading.at = text;
	reading.end = text + size;
	put_members(span, "gofuncgraph", &reading);
}
