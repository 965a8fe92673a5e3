/* SPDX-License-Identifier: MIT */
#include "output/json_reading.h"

#include <string.h>

bool json_is_next(const struct json_reading *reading, char c)
{
	return reading->at < reading->end && *reading->at == c;
}

bool json_take(struct json_reading *reading, char c)
{
	if (!json_is_next(reading, c))
		return false;
	reading->at++;
	return true;
}

/* ---- texts ---- */

static unsigned take_hex(struct json_reading *reading)
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
static void put_unicode(struct json_reading *reading, struct bytes *text)
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

static void put_escaped(struct json_reading *reading, struct bytes *text)
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

void json_take_text(struct json_reading *reading, struct bytes *text)
{
	if (!json_take(reading, '"'))
		reading->failed = true;
	while (!reading->failed && !json_take(reading, '"')) {
		const char *from = reading->at;

		while (reading->at < reading->end && *reading->at != '"' && *reading->at != '\\')
			reading->at++;
		bytes_put(text, from, (size_t)(reading->at - from));
		if (json_take(reading, '\\'))
			put_escaped(reading, text);
		else if (reading->at == reading->end)
			reading->failed = true;
	}
}

void json_take_word(struct json_reading *reading, char word[JSON_WORD_SIZE])
{
	size_t size = 0;

	while (reading->at < reading->end && !strchr(",]}", *reading->at) &&
	       size < JSON_WORD_SIZE - 1)
		word[size++] = *reading->at++;
	word[size] = '\0';
	reading->failed |= !size;
}

static void skip_text(struct json_reading *reading)
{
	reading->at++;
	while (reading->at < reading->end && *reading->at != '"')
		reading->at += *reading->at == '\\' && reading->end - reading->at > 1 ? 2 : 1;
}

const char *json_skip_nested(struct json_reading *reading, size_t *size)
{
	const char *begin = reading->at;
	unsigned open = 0;

	for (; reading->at < reading->end; reading->at++) {
		if (*reading->at == '"')
			skip_text(reading);
		else if (strchr("{[", *reading->at))
			open++;
		else if (strchr("}]", *reading->at) && !--open)
			break;
		if (reading->at == reading->end)
			break;
	}
	if (!json_take(reading, '}') && !json_take(reading, ']'))
		reading->failed = true;
	*size = (size_t)(reading->at - begin);
	return begin;
}
