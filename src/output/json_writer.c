/* SPDX-License-Identifier: MIT */
/* json_writer.c - JSON as it is printed; see json_writer.h. */
#include "output/json_writer.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/json_text.h"
#include "output/place_text.h"

/* What is not to be escaped at the beginning of the text. */
static size_t plain_length(const char *text)
{
	size_t len = 0;

	while (text[len] && !json_needs_escape(text[len]))
		len++;
	return len;
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
		writer->used += json_escape(writer_room(writer, JSON_MAX_ESCAPE), *text++);
	}
	writer_put(writer, "\"", 1);
}

void json_text(struct json_writer *json, const char *text)
{
	put_quoted(json->writer, text);
	json->needs_comma = true;
}

void json_address(struct json_writer *json, uint64_t address)
{
	char text[2 + 16 + 1];

	snprintf(text, sizeof(text), "0x%" PRIx64, address);
	json_text(json, text);
}

void json_name(struct json_writer *json, const struct name *name)
{
	if (name)
		json_raw(json, name->json, name->json_len);
	else
		json_text(json, "?");
}

void json_text_key(struct json_writer *json, const char *text)
{
	if (json->needs_comma)
		writer_put(json->writer, ",", 1);
	put_quoted(json->writer, text);
	writer_put(json->writer, ":", 1);
}

/* ---- places ---- */

void json_place_in_function(struct json_writer *json, const struct place *place)
{
	if (place->offset || !place->module)
		json_member_number(json, "offset", place->offset);
	if (!place->file)
		return;
	json_member_name(json, "file", place->file);
	if (place->line)
		json_member_number(json, "line", place->line);
}

void json_place(struct json_writer *json, const struct place *place)
{
	if (place->function)
		json_member_name(json, "function", place->function);
	else if (place->module)
		json_member_name(json, "module", place->module);
	json_place_in_function(json, place);
}

void json_place_function(struct json_writer *json, const struct place *place)
{
	if (place->function) {
		json_member_name(json, "function", place->function);
		return;
	}
	json_key(json, "function");
	writer_put(json->writer, "\"", 1);
	writer_put_place_in_json(json->writer, place);
	json_raw(json, "\"", 1);
}
