/* SPDX-License-Identifier: MIT */
/*
 * json_writer.h - JSON as it is printed: one object a line, no spaces, in the order of the calls.
 *
 * Keys are literals, and names are encoded already (struct name). Texts are valid UTF-8 (names.h).
 */
#ifndef GOFUNCGRAPH_OUTPUT_JSON_WRITER_H
#define GOFUNCGRAPH_OUTPUT_JSON_WRITER_H

#include <stdbool.h>

#include "base/text.h"
#include "names/place.h"
#include "output/writer.h"

struct json_writer {
	struct writer *writer; /* not owned */
	bool needs_comma; /* before what comes next */
};

/* ---- values ---- */

static inline void json_raw(struct json_writer *json, const char *text, size_t len)
{
	writer_put(json->writer, text, len);
	json->needs_comma = true;
}

static inline void json_number(struct json_writer *json, uint64_t value)
{
	char *room = writer_room(json->writer, TEXT_NUMBER_SIZE);

	json->writer->used += text_format_number(room, value);
	json->needs_comma = true;
}

void json_text(struct json_writer *json, const char *text);
/* "0xc000076060", as a text: more than JSON's numbers hold. */
void json_address(struct json_writer *json, uint64_t address);

/* In an array. */
static inline void json_element_text(struct json_writer *json, const char *text)
{
	if (json->needs_comma)
		writer_put(json->writer, ",", 1);
	json_text(json, text);
}

static inline void json_element_address(struct json_writer *json, uint64_t address)
{
	if (json->needs_comma)
		writer_put(json->writer, ",", 1);
	json_address(json, address);
}

static inline void json_element_number(struct json_writer *json, uint64_t value)
{
	if (json->needs_comma)
		writer_put(json->writer, ",", 1);
	json_number(json, value);
}

/* "?" for NULL. */
void json_name(struct json_writer *json, const struct name *name);

/* ---- keys ---- */

/* `text`: `,"key":`, with room behind it for as many bytes. */
static inline void json_put_key(struct json_writer *json, const char *text, size_t len)
{
	size_t skip = !json->needs_comma;

	/* The NUL of the literal may be copied, too: a length that is known is cheaper. */
	memcpy(writer_room(json->writer, len), text + skip, len);
	json->writer->used += len - skip;
}

#define json_key(json, name) json_put_key(json, ",\"" name "\":", sizeof(",\"" name "\":") - 1)

#define json_member_number(json, name, value)                                                      \
	do {                                                                                       \
		json_key(json, name);                                                              \
		json_number(json, value);                                                          \
	} while (0)

#define json_member_text(json, name, text)                                                         \
	do {                                                                                       \
		json_key(json, name);                                                              \
		json_text(json, text);                                                             \
	} while (0)

#define json_member_true(json, name)                                                               \
	do {                                                                                       \
		json_key(json, name);                                                              \
		json_raw(json, "true", 4);                                                         \
	} while (0)

/* A key that is no literal. */
void json_text_key(struct json_writer *json, const char *text);

#define json_member_name(json, key, name)                                                          \
	do {                                                                                       \
		json_key(json, key);                                                               \
		json_raw(json, (name)->json, (name)->json_len);                                    \
	} while (0)

/* ---- objects and arrays ---- */

static inline void json_open(struct json_writer *json, char bracket)
{
	char *room = writer_room(json->writer, 2);

	*room = ',';
	room[json->needs_comma] = bracket;
	json->writer->used += 1 + json->needs_comma;
	json->needs_comma = false;
}

static inline void json_close(struct json_writer *json, char bracket)
{
	json_raw(json, &bracket, 1);
}

/* The object that is a value: behind a key there is no comma. */
static inline void json_open_value(struct json_writer *json, char bracket)
{
	json->needs_comma = false;
	json_open(json, bracket);
}

#define json_member_open(json, name, bracket)                                                      \
	do {                                                                                       \
		json_key(json, name);                                                              \
		json_open_value(json, bracket);                                                    \
	} while (0)

/* Of a line. */
static inline struct json_writer json_begin(struct writer *writer)
{
	struct json_writer json = {.writer = writer};

	json_open(&json, '{');
	return json;
}

static inline void json_end(struct json_writer *json)
{
	writer_put(json->writer, "}\n", 2);
}

/* ---- places ---- */

/* Members that tell where it is in its function: "offset", "file", "line"; what is not known is
 * left out, but "offset" only of a module. */
void json_place_in_function(struct json_writer *json, const struct place *place);

/* "function" or "module", where one is known, and those. */
void json_place(struct json_writer *json, const struct place *place);

/* "function" alone; the place as people read it where that is unknown. */
void json_place_function(struct json_writer *json, const struct place *place);

#endif
