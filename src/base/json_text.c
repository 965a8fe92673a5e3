/* SPDX-License-Identifier: MIT */
#include "base/json_text.h"

#include <string.h>

size_t json_escape(char out[JSON_MAX_ESCAPE], char byte)
{
	static const char hex[] = "0123456789ABCDEF";
	static const char short_forms[] = "\"\"\\\\\bb\ff\nn\rr\tt";

	out[0] = '\\';
	for (size_t i = 0; i < sizeof(short_forms) - 1; i += 2) {
		if (short_forms[i] == byte) {
			out[1] = short_forms[i + 1];
			return 2;
		}
	}
	memcpy(out + 1, "u00", 3);
	out[4] = hex[byte >> 4 & 15];
	out[5] = hex[byte & 15];
	return JSON_MAX_ESCAPE;
}

size_t json_quote(char *out, const char *text)
{
	char *end = out;

	*end++ = '"';
	for (; *text; text++) {
		if (json_needs_escape(*text))
			end += json_escape(end, *text);
		else
			*end++ = *text;
	}
	*end++ = '"';
	return (size_t)(end - out);
}
