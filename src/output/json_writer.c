/* SPDX-License-Identifier: MIT */
/* json_writer.c - JSON as it is printed; see json_writer.h. */
#include "output/json_writer.h"

#include <stdlib.h>

/* Bytes that one byte of a text may become: \u001F. */
#define MAX_ESCAPE 6

/* Of a place: brackets, keys and two numbers. */
#define PLACE_ROOM 128

static bool needs_escape(unsigned char byte)
{
	return byte < 0x20 || byte == '"' || byte == '\\';
}

/* What is not to be escaped at the beginning of the text. */
static size_t plain_length(const char *text)
{
	size_t len = 0;

	while (text[len] && !needs_escape((unsigned char)text[len]))
		len++;
	return len;
}

/* Returns the length. */
static size_t escape(char out[MAX_ESCAPE], unsigned char byte)
{
	static const char hex[] = "0123456789ABCDEF";
	static const char short_forms[] = "\"\"\\\\\bb\ff\nn\rr\tt";

	out[0] = '\\';
	for (size_t i = 0; i < sizeof(short_forms) - 1; i += 2) {
		if ((unsigned char)short_forms[i] == byte) {
			out[1] = short_forms[i + 1];
			return 2;
		}
	}
	memcpy(out + 1, "u00", 3);
	out[4] = hex[byte >> 4];
	out[5] = hex[byte & 15];
	return MAX_ESCAPE;
}

static void put_quoted(struct writer *writer, const char *text)
{
	writer_put(writer, "\"", 1);
	for (;;) {
		size_t len = plain_length(text);
		writer_put(writer, text, len);
		text += len;
		if (!*text)
			break;
		writer->used += escape(writer_room(writer, MAX_ESCAPE), (unsigned char)*text++);
	}
	writer_put(writer, "\"", 1);
}

void json_text(struct json_writer *json, const char *text)
{
	put_quoted(json->writer, text);
	json->needs_comma = true;
}

void json_text_key(struct json_writer *json, const char *text)
{
	if (json->needs_comma)
		writer_put(json->writer, ",", 1);
	put_quoted(json->writer, text);
	writer_put(json->writer, ":", 1);
}

/* ---- places ---- */

static char *append(char *out, const char *text)
{
	size_t len = strlen(text);

	memcpy(out, text, len);
	return out + len;
}

static char *append_quoted(char *out, const char *text)
{
	*out++ = '"';
	for (; *text; text++) {
		if (needs_escape((unsigned char)*text))
			out += escape(out, (unsigned char)*text);
		else
			*out++ = *text;
	}
	*out++ = '"';
	return out;
}

static char *append_number(char *out, const char *key, uint64_t value)
{
	out = append(out, key);
	return out + text_format_number(out, value);
}

static char *append_place(char *out, const struct place *place)
{
	if (place->offset || !place->module)
		out = append_number(out, "\"offset\":", place->offset);
	if (place->file)
		out = append_quoted(append(out, ",\"file\":"), place->file);
	if (place->file && place->line)
		out = append_number(out, ",\"line\":", place->line);
	return append(out, "}");
}

static size_t max_size(const struct place *place)
{
	size_t names_len = place->function_len + (size_t)place->file_len;

	if (place->module)
		names_len += strlen(place->module);
	return sizeof(struct json_place) + PLACE_ROOM + MAX_ESCAPE * names_len;
}

const struct json_place *json_place_new(const struct place *place)
{
	/* Without memory: that it is somewhere is all that is said. */
	static const struct json_place nowhere = {.len = 2, .text = "{}"};
	struct json_place *prepared = malloc(max_size(place)), *shrunk;
	char *out;

	if (!prepared)
		return &nowhere;
	*prepared = (struct json_place){0};
	out = append(prepared->text, "{");
	if (place->function) {
		out = append_quoted(append(out, "\"function\":"), place->function);
		prepared->function_len = (uint32_t)(out - prepared->text);
		*out++ = ',';
	} else if (place->module) {
		out = append_quoted(append(out, "\"module\":"), place->module);
		if (place->offset)
			*out++ = ',';
	}
	out = append_place(out, place);
	prepared->len = (uint32_t)(out - prepared->text);
	shrunk = realloc(prepared, sizeof(*prepared) + prepared->len);
	place_prepare(place, shrunk ?: prepared);
	return place->prepared;
}

void json_place_members(struct json_writer *json, const struct place *place)
{
	const struct json_place *prepared = json_place(place);

	if (prepared->len <= 2)
		return;
	if (json->needs_comma)
		writer_put(json->writer, ",", 1);
	json_raw(json, prepared->text + 1, prepared->len - 2);
}
