/* SPDX-License-Identifier: MIT */
/* perfetto_json.c - numbers of members: protos/perfetto/trace/track_event/debug_annotation.proto. */
#include "output/perfetto_json.h"

#include <stdlib.h>
#include <string.h>

#include "base/protobuf.h"

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

struct reading {
	const char *at, *end;
	unsigned nesting;
	bool failed; /* nothing more is taken */
};

static bool is_next(const struct reading *reading, char c)
{
	return reading->at < reading->end && *reading->at == c;
}

static bool take(struct reading *reading, char c)
{
	if (!is_next(reading, c))
		return false;
	reading->at++;
	return true;
}

/* ---- texts ---- */

static unsigned take_hex(struct reading *reading)
{
	unsigned code = 0;

	for (int i = 0; i < 4 && reading->at < reading->end; i++) {
		char c = *reading->at++;

		code = code << 4 | (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return code & 0xffff;
}

static void put_utf8(struct bytes *text, unsigned code)
{
	uint8_t utf8[4];
	size_t size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

	for (size_t i = size; i-- > 1; code >>= 6)
		utf8[i] = (uint8_t)(0x80 | (code & 0x3f));
	utf8[0] = (uint8_t)(size == 1 ? code : (0xf0 << (4 - size) & 0xff) | code);
	bytes_put(text, utf8, size);
}

/* Behind "\u". What is beyond 16 bits is in two halves. */
static void put_unicode(struct reading *reading, struct bytes *text)
{
	unsigned code = take_hex(reading), low;

	if (code >= 0xd800 && code < 0xdc00 && reading->end - reading->at >= 6 &&
	    !memcmp(reading->at, "\\u", 2)) {
		reading->at += 2;
		low = take_hex(reading);
		code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
	}
	if (code >= 0xd800 && code < 0xe000)
		code = 0xfffd;
	/* Perfetto would take it for the end of the text: the picture of it is shown. */
	put_utf8(text, code ?: 0x2400);
}

static void put_escaped(struct reading *reading, struct bytes *text)
{
	static const char names[] = "bfnrt", codes[] = "\b\f\n\r\t";
	const char *name;
	char c;

	if (reading->at == reading->end)
		return;
	c = *reading->at++;
	name = c ? strchr(names, c) : NULL;
	if (c == 'u')
		put_unicode(reading, text);
	else
		bytes_put(text, name ? &codes[name - names] : &c, 1);
}

static void take_text(struct reading *reading, struct bytes *text)
{
	if (!take(reading, '"'))
		reading->failed = true;
	while (!reading->failed && !take(reading, '"')) {
		const char *from = reading->at;

		while (reading->at < reading->end && *reading->at != '"' && *reading->at != '\\')
			reading->at++;
		bytes_put(text, from, (size_t)(reading->at - from));
		if (take(reading, '\\'))
			put_escaped(reading, text);
		else if (reading->at == reading->end)
			reading->failed = true;
	}
}

static void put_text(struct reading *reading, struct bytes *annotation, unsigned member)
{
	struct bytes text = {};

	take_text(reading, &text);
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
static void put_word(struct reading *reading, struct bytes *annotation)
{
	char word[64];
	size_t size = 0;

	while (reading->at < reading->end && !strchr(",]}", *reading->at) &&
	       size < sizeof(word) - 1)
		word[size++] = *reading->at++;
	word[size] = '\0';
	reading->failed |= !size;
	if (!strcmp(word, "true") || !strcmp(word, "false"))
		protobuf_number(annotation, ANNOTATION_BOOL, *word == 't');
	else if (!strcmp(word, "null"))
		protobuf_text(annotation, ANNOTATION_TEXT, word);
	else
		put_number(annotation, word);
}

/* ---- objects and arrays ---- */

static void put_value(struct reading *reading, struct bytes *annotation);

static void put_member(struct reading *reading, struct bytes *message, unsigned member,
		       bool has_name)
{
	struct bytes annotation = {};

	if (has_name) {
		put_text(reading, &annotation, ANNOTATION_NAME);
		reading->failed |= !take(reading, ':');
	}
	if (!reading->failed)
		put_value(reading, &annotation);
	protobuf_message(message, member, &annotation);
	bytes_destroy(&annotation);
}

/* Up to the bracket that closes it. */
static void put_members(struct reading *reading, struct bytes *message, unsigned member, char close)
{
	if (reading->nesting++ >= PERFETTO_JSON_MAX_NESTING)
		reading->failed = true;
	while (!reading->failed && !take(reading, close)) {
		put_member(reading, message, member, close == '}');
		if (!take(reading, ',') && !is_next(reading, close))
			reading->failed = true;
	}
	reading->nesting--;
}

/* Behind its bracket. What is empty is told as a text, for the same reason as null. */
static void put_nested(struct reading *reading, struct bytes *annotation, unsigned member,
		       const char *brackets)
{
	if (take(reading, brackets[1]))
		protobuf_text(annotation, ANNOTATION_TEXT, brackets);
	else
		put_members(reading, annotation, member, brackets[1]);
}

static void put_value(struct reading *reading, struct bytes *annotation)
{
	if (take(reading, '{'))
		put_nested(reading, annotation, ANNOTATION_MEMBER, "{}");
	else if (take(reading, '['))
		put_nested(reading, annotation, ANNOTATION_ELEMENT, "[]");
	else if (is_next(reading, '"'))
		put_text(reading, annotation, ANNOTATION_TEXT);
	else
		put_word(reading, annotation);
}

void perfetto_put_json(struct bytes *message, unsigned member, const char *json, size_t size)
{
	struct reading reading = {.at = json, .end = json + size};

	if (take(&reading, '{'))
		put_members(&reading, message, member, '}');
}
