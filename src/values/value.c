/* SPDX-License-Identifier: MIT */
/* value.c - see value.h. */
#include "values/value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_text.h"
#include "base/text.h"

/* ---- reading ---- */

/* The last character, if only its beginning is there, belongs to what is not. */
size_t value_without_cut_character(const char *text, size_t size)
{
	for (size_t back = 1; back <= 3 && back <= size; back++) {
		unsigned char byte = (unsigned char)text[size - back];

		if ((byte & 0xc0) == 0x80)
			continue;
		return byte >= (back == 1   ? 0xc2
				: back == 2 ? 0xe0
					    : 0xf0) &&
				       byte < 0xf5
			       ? size - back
			       : size;
	}
	return size;
}

static void read_text(struct value *value, const struct captured *captured)
{
	const struct value_spec *spec = value->spec;
	struct captured_text text;

	memcpy(&text, captured->bytes + spec->at, sizeof(text));
	value->text = (const char *)captured->bytes + spec->at + sizeof(text);
	value->size = text.got < spec->size ? text.got : spec->size;
	value->length = text.length;
	if (value->size > value->length)
		value->size = value->length;
	value->state = value->size == value->length ? VALUE_WHOLE : VALUE_TRUNCATED;
	if (value->state == VALUE_TRUNCATED)
		value->size = value_without_cut_character(value->text, value->size);
}

static struct value read_value(const struct value_spec *spec, const struct captured *captured,
			       size_t bytes, uint8_t state)
{
	struct value value = {.spec = spec, .state = state};
	size_t room = spec->is_text ? sizeof(struct captured_text) + spec->size : sizeof(uint64_t);

	if (value.state > VALUE_UNREADABLE || spec->at + room > bytes)
		value.state = VALUE_UNKNOWN;
	if (!value_state_is_there(value.state))
		return value;
	if (spec->is_text) {
		read_text(&value, captured);
	} else if (spec->kind == VALUE_CHARS) {
		value.text = (const char *)captured->bytes + spec->at;
		value.size = value.length = spec->size;
	} else {
		memcpy(&value.bits, captured->bytes + spec->at, spec->size);
	}
	/* A text of so many bytes is padded with zeros. */
	if (spec->kind == VALUE_CHARS && value.state == VALUE_WHOLE) {
		while (value.size && !value.text[value.size - 1])
			value.size--;
		value.length = value.size;
	}
	return value;
}

struct value value_read(const struct value_list *list, const struct captured *captured,
			size_t bytes, size_t index)
{
	return read_value(&list->specs[index], captured, bytes, captured->states[index]);
}

struct value value_read_label(const struct value_label *label, const struct captured *captured,
			      size_t bytes)
{
	return read_value(&label->spec, captured, bytes, captured->states[label->state]);
}

/* ---- numbers ---- */

int64_t value_signed(const struct value *value)
{
	unsigned shift = 64 - 8 * value->spec->size;

	return (int64_t)(value->bits << shift) >> shift;
}

double value_real(const struct value *value)
{
	double number;
	float narrow;

	if (value->spec->size == sizeof(number)) {
		memcpy(&number, &value->bits, sizeof(number));
		return number;
	}
	memcpy(&narrow, &value->bits, sizeof(narrow));
	return narrow;
}

/* With as many digits as tell it from all others. */
static int put_float(const struct value *value, char to[VALUE_WORD_SIZE])
{
	bool is_short = value->spec->size == sizeof(float);
	double number = value_real(value), again;
	int length = 0;

	if (isnan(number))
		return snprintf(to, VALUE_WORD_SIZE, "NaN");
	if (isinf(number))
		return snprintf(to, VALUE_WORD_SIZE, number < 0 ? "-Inf" : "+Inf");
	for (int digits = is_short ? 6 : 15; digits <= 17; digits++) {
		length = snprintf(to, VALUE_WORD_SIZE, "%.*g", digits, number);
		again = strtod(to, NULL);
		if (is_short ? (float)again == (float)number : again == number)
			break;
	}
	return length;
}

static int put_whole(const struct value *value, char to[VALUE_WORD_SIZE])
{
	unsigned long long bits = value->bits;

	switch (value->spec->kind) {
	case VALUE_SIGNED:
		return snprintf(to, VALUE_WORD_SIZE, "%lld", (long long)value_signed(value));
	case VALUE_HEX:
		return snprintf(to, VALUE_WORD_SIZE, "0x%llx", bits);
	case VALUE_FLOAT:
		return put_float(value, to);
	case VALUE_BOOL:
		if (bits <= 1)
			return snprintf(to, VALUE_WORD_SIZE, bits ? "true" : "false");
		break;
	}
	return snprintf(to, VALUE_WORD_SIZE, "%llu", bits);
}

size_t value_put_word(const struct value *value, char to[VALUE_WORD_SIZE])
{
	static const char *const words[] = {[VALUE_UNKNOWN] = "?",
					    [VALUE_NIL] = "nil",
					    [VALUE_UNREADABLE] = "unreadable",
					    [VALUE_DEPTH] = "..."};

	if (value_state_is_there(value->state))
		return (size_t)put_whole(value, to);
	return (size_t)snprintf(to, VALUE_WORD_SIZE, "%s", words[value->state]);
}

bool value_word_is_json(const struct value *value)
{
	if (value->spec->kind == VALUE_FLOAT)
		return isfinite(value_real(value));
	return value->spec->kind != VALUE_HEX;
}

const char *value_state_text(uint8_t state)
{
	static const char *const names[] = {[VALUE_UNKNOWN] = "unknown",
					    [VALUE_TRUNCATED] = "truncated",
					    [VALUE_NIL] = "nil",
					    [VALUE_UNREADABLE] = "unreadable",
					    [VALUE_DEPTH] = "depth"};

	return names[state];
}

const char *value_state_name(const struct value *value)
{
	return value_state_text(value->state);
}

/* ---- texts ---- */

bool value_is_text(const struct value *value)
{
	return value->text;
}

static size_t put_escape(char *to, char byte)
{
	static const char hex[] = "0123456789abcdef";
	static const char short_forms[] = "\"\"\\\\\nn\tt\rr";

	to[0] = '\\';
	for (size_t i = 0; i < sizeof(short_forms) - 1; i += 2) {
		if (short_forms[i] == byte) {
			to[1] = short_forms[i + 1];
			return 2;
		}
	}
	to[1] = 'x';
	to[2] = hex[byte >> 4 & 15];
	to[3] = hex[byte & 15];
	return 4;
}

/* The character at `at`, if it is printable, of which no part is cut off; 0: it is not. */
static size_t printable(const struct value *value, size_t at)
{
	const char *text = value->text + at;
	size_t length = text_utf8_length(text, value->size - at);

	return length && text_is_clean(text, length) ? length : 0;
}

size_t value_put_text(const struct value *value, size_t max_bytes, char to[VALUE_TEXT_SIZE])
{
	size_t at = 0, length;
	char *end = to;

	*end++ = '"';
	while (at < value->size && at < max_bytes) {
		char byte = value->text[at];

		length = printable(value, at);
		if (byte == '"' || byte == '\\' || !length) {
			end += put_escape(end, byte);
			at++;
			continue;
		}
		memcpy(end, value->text + at, length);
		end += length;
		at += length;
	}
	*end++ = '"';
	if (at < value->length)
		end += sprintf(end, "...+%llu", (unsigned long long)(value->length - at));
	return (size_t)(end - to);
}

/* \u202E, and above U+FFFF \uD83D\uDE00: nothing that moves the cursor goes through. */
static size_t put_unicode(char *to, uint32_t code)
{
	if (code < 0x10000)
		return (size_t)sprintf(to, "\\u%04X", code);
	code -= 0x10000;
	return (size_t)sprintf(to, "\\u%04X\\u%04X", 0xd800 + (code >> 10),
			       0xdc00 + (code & 0x3ff));
}

size_t value_put_json_text(const struct value *value, char to[VALUE_JSON_SIZE])
{
	char *end = to;

	*end++ = '"';
	for (size_t at = 0, length; at < value->size; at += length) {
		const char *text = value->text + at;

		length = text_utf8_length(text, value->size - at);
		if (!length) {
			length = 1;
			end += put_unicode(end, 0xfffd);
		} else if (json_needs_escape(*text)) {
			end += json_escape(end, *text);
		} else if (text_is_clean(text, length)) {
			memcpy(end, text, length);
			end += length;
		} else {
			end += put_unicode(end, text_utf8_code(text, length));
		}
	}
	*end++ = '"';
	return (size_t)(end - to);
}
