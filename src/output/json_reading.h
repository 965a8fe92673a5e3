/* SPDX-License-Identifier: MIT */
/* json_reading.h - JSON that this tool has written, without spaces, read bit by bit; what is none fails. */
#ifndef GOFUNCGRAPH_OUTPUT_JSON_READING_H
#define GOFUNCGRAPH_OUTPUT_JSON_READING_H

#include <stdbool.h>

#include "base/bytes.h"

struct json_reading {
	const char *at, *end;
	unsigned nesting; /* for who reads what is nested */
	bool failed; /* nothing more is taken */
};

/* The next character; it is taken, too. */
bool json_is_next(const struct json_reading *reading, char c);
bool json_take(struct json_reading *reading, char c);

/* A text between quotes, added to `text` as what it stands for; of a NUL, the picture. */
void json_take_text(struct json_reading *reading, struct bytes *text);

/* A number, true, false or null. */
#define JSON_WORD_SIZE 64
void json_take_word(struct json_reading *reading, char word[JSON_WORD_SIZE]);

/* An object or an array, whatever is in it: *size bytes, as they are. */
const char *json_skip_nested(struct json_reading *reading, size_t *size);

#endif
