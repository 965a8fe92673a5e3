/* SPDX-License-Identifier: MIT */
/* text.c - what is safe on a terminal; see text.h. */
#include "base/text.h"

#include <string.h>

struct code_range {
	uint32_t first, last;
};

/*
 * Well-formed characters that a terminal obeys, hides or reorders by (Unicode: the general
 * categories Cc, Cf, Zl and Zp, and the noncharacters of the BMP). Go identifiers hold none of
 * them.
 */
static const struct code_range unprintable[] = {
	{0x0000, 0x001f}, /* C0 */
	{0x007f, 0x009f}, /* DEL, C1 */
	{0x00ad, 0x00ad}, /* soft hyphen */
	{0x0600, 0x0605}, /* Arabic number marks */
	{0x061c, 0x061c}, /* Arabic letter mark (bidirectional) */
	{0x06dd, 0x06dd}, /* Arabic end of ayah */
	{0x070f, 0x070f}, /* Syriac abbreviation mark */
	{0x180e, 0x180e}, /* Mongolian vowel separator */
	{0x200b, 0x200f}, /* zero width characters, direction marks */
	{0x2028, 0x202e}, /* line and paragraph separators, bidirectional overrides */
	{0x2060, 0x206f}, /* invisible operators, bidirectional isolates */
	{0xfdd0, 0xfdef}, /* noncharacters */
	{0xfeff, 0xfeff}, /* byte order mark */
	{0xfff0, 0xfffb}, /* unassigned, interlinear annotation */
	{0xfffe, 0xffff}, /* noncharacters */
	{0x1d173, 0x1d17a}, /* musical formatting */
	{0xe0000, 0xe0fff}, /* tags, variation selectors */
};

uint32_t text_utf8_code(const char *p, size_t length)
{
	static const unsigned char lead_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t code = (unsigned char)p[0] & lead_bits[length];

	for (size_t i = 1; i < length; i++)
		code = code << 6 | ((unsigned char)p[i] & 0x3f);
	return code;
}

static bool is_printable(uint32_t code)
{
	if (code >= 0x20 && code < 0x7f)
		return true;
	for (size_t i = 0; i < sizeof(unprintable) / sizeof(unprintable[0]); i++) {
		if (code < unprintable[i].first)
			return true;
		if (code <= unprintable[i].last)
			return false;
	}
	return true;
}

size_t text_utf8_length(const char *p, size_t len)
{
	const unsigned char *s = (const unsigned char *)p;
	size_t length;

	if (!len)
		return 0;
	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		length = 2;
	else if ((s[0] & 0xf0) == 0xe0)
		length = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		length = 4;
	else
		return 0;
	if (length > len)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}

	/* Longer than needed, surrogates, beyond U+10FFFF: not well-formed (Unicode table 3-7). */
	uint32_t code = text_utf8_code(p, length);
	if (length == 3 && (code < 0x800 || (code >= 0xd800 && code <= 0xdfff)))
		return 0;
	if (length == 4 && (code < 0x10000 || code > 0x10ffff))
		return 0;
	return length;
}

/* Length of the printable character at p, 0: there is none. */
static size_t printable_length(const char *p, size_t len)
{
	if (len && p[0] >= 0x20 && p[0] < 0x7f)
		return 1;

	size_t length = text_utf8_length(p, len);
	if (!length || !is_printable(text_utf8_code(p, length)))
		return 0;
	return length;
}

int text_hex_digit(char digit)
{
	char letter = digit | 0x20;

	if (digit >= '0' && digit <= '9')
		return digit - '0';
	return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

char *text_escape(const char *text, size_t len)
{
	static const char hex[] = "0123456789abcdef";

	if (len > (SIZE_MAX - 1) / 4)
		return NULL;
	char *escaped = malloc(len * 4 + 1);
	if (!escaped)
		return NULL;

	char *out = escaped;
	for (size_t i = 0; i < len;) {
		size_t length = printable_length(text + i, len - i);
		if (length) {
			memcpy(out, text + i, length);
			out += length;
			i += length;
			continue;
		}
		/* An unprintable character goes byte by byte: its other bytes are no start of a
		 * character. */
		unsigned char byte = (unsigned char)text[i++];
		*out++ = '\\';
		*out++ = 'x';
		*out++ = hex[byte >> 4];
		*out++ = hex[byte & 15];
	}
	*out++ = '\0';

	char *shrunk = realloc(escaped, (size_t)(out - escaped));
	return shrunk ? shrunk : escaped;
}

bool text_is_clean(const char *text, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t length = printable_length(text + i, len - i);
		if (!length)
			return false;
		i += length;
	}
	return true;
}
