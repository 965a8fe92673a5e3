/* SPDX-License-Identifier: MIT */
/* perfetto_json.c - numbers of members: protos/perfetto/trace/track_event/debug_annotation.proto. */
#include "output/perfetto_json.h"

#include <stdlib.h>
#include <string.h>

#include "base/protobuf.h"
#include "output/json_reading.h"

enum {
	ANNOTATION_BOOL = 2,
	ANNOTATION_UINT = 3,
	ANNOTATION_INT = 4,
	ANNOTATION_DOUBLE = 5,
	ANNOTATION_TEXT = 6,
	ANNOTATION_NAME = 10,
	ANNOTATION_MEMBER = 11,
	ANNOTATION_ELEMENT = 12,
};

static void put_text(struct json_reading *reading, struct bytes *annotation, unsigned member)
{
	struct bytes text = {};

	json_take_text(reading, &text);
	protobuf_message(annotation, member, &text);
	bytes_destroy(&text);
}

/* ---- numbers and words ---- */

static void put_number(struct bytes *annotation, const char *word)
{
	bool is_negative = *word == '-';
	double real = strtod(word, NULL);
	uint64_t bits;

	if (!word[strspn(word + is_negative, "0123456789") + is_negative]) {
		if (is_negative)
			protobuf_number(annotation, ANNOTATION_INT,
					(uint64_t)strtoll(word, NULL, 10));
		else
			protobuf_number(annotation, ANNOTATION_UINT, strtoull(word, NULL, 10));
		return;
	}
	memcpy(&bits, &real, sizeof(bits));
	protobuf_fixed64(annotation, ANNOTATION_DOUBLE, bits);
}

/* What is nothing, null, is told as a word: an argument without a value would not be there. */
static void put_word(struct json_reading *reading, struct bytes *annotation)
{
	char word[JSON_WORD_SIZE];

	json_take_word(reading, word);
	if (!strcmp(word, "true") || !strcmp(word, "false"))
		protobuf_number(annotation, ANNOTATION_BOOL, *word == 't');
	else if (!strcmp(word, "null"))
		protobuf_text(annotation, ANNOTATION_TEXT, word);
	else
		put_number(annotation, word);
}

/* ---- objects and arrays ---- */

static void put_value(struct json_reading *reading, struct bytes *annotation);

static void put_member(struct json_reading *reading, struct bytes *message, unsigned member,
		       bool has_name)
{
	struct bytes annotation = {};

	if (has_name) {
		put_text(reading, &annotation, ANNOTATION_NAME);
		reading->failed |= !json_take(reading, ':');
	}
	if (!reading->failed)
		put_value(reading, &annotation);
	protobuf_message(message, member, &annotation);
	bytes_destroy(&annotation);
}

/* Up to the bracket that closes it. */
static void put_members(struct json_reading *reading, struct bytes *message, unsigned member,
			char close)
{
	if (reading->nesting++ >= PERFETTO_JSON_MAX_NESTING)
		reading->failed = true;
	while (!reading->failed && !json_take(reading, close)) {
		put_member(reading, message, member, close == '}');
		if (!json_take(reading, ',') && !json_is_next(reading, close))
			reading->failed = true;
	}
	reading->nesting--;
}

/* Behind its bracket. What is empty is told as a text, for the same reason as null. */
static void put_nested(struct json_reading *reading, struct bytes *annotation, unsigned member,
		       const char *brackets)
{
	if (json_take(reading, brackets[1]))
		protobuf_text(annotation, ANNOTATION_TEXT, brackets);
	else
		put_members(reading, annotation, member, brackets[1]);
}

static void put_value(struct json_reading *reading, struct bytes *annotation)
{
	if (json_take(reading, '{'))
		put_nested(reading, annotation, ANNOTATION_MEMBER, "{}");
	else if (json_take(reading, '['))
		put_nested(reading, annotation, ANNOTATION_ELEMENT, "[]");
	else if (json_is_next(reading, '"'))
		put_text(reading, annotation, ANNOTATION_TEXT);
	else
		put_word(reading, annotation);
}

void perfetto_put_json(struct bytes *message, unsigned member, const char *json, size_t size)
{
	struct json_reading reading = {.at = json, .end = json + size};

	if (json_take(&reading, '{'))
		put_members(&reading, message, member, '}');
}
