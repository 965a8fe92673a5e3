/* SPDX-License-Identifier: MIT */
/* json_text.h - texts as JSON has them between quotes (RFC 8259, 7). */
#ifndef GOFUNCGRAPH_JSON_TEXT_H
#define GOFUNCGRAPH_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes that one byte may become: \u001F. */
#define JSON_MAX_ESCAPE 6

static inline bool json_needs_escape(char byte)
{
	return (unsigned char)byte < 0x20 || byte == '"' || byte == '\\';
}

/* Of a byte that needs it. Returns the length. */
size_t json_escape(char out[JSON_MAX_ESCAPE], char byte);

/* With quotes, without a NUL: at most JSON_MAX_ESCAPE * strlen(text) + 2 bytes. Returns how many. */
size_t json_quote(char *out, const char *text);

#endif
