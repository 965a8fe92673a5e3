/* SPDX-License-Identifier: MIT */
/* text.c - text in and out; see text.h. */
#include "base/text.h"

#include <string.h>
#include <time.h>

#define NS_PER_S 1000000000ull

/* ---- escaping ---- */

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

/* ---- times and durations ---- */

/* Two digits each. */
static const char pairs[] =
	"00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748495051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";

/* Writes value with exactly `digits` digits, zeros before it; returns the end. */
static char *put_digits(char *out, uint64_t value, unsigned digits)
{
	char *end = out + digits;

	for (; digits >= 2; value /= 100) {
		digits -= 2;
		memcpy(out + digits, pairs + value % 100 * 2, 2);
	}
	if (digits)
		*out = (char)('0' + value % 10);
	return end;
}

static unsigned count_digits(uint64_t value)
{
	/* 10^digits, the first that is no number of so many bits. */
	static const uint64_t powers[] = {
		0ull,
		10ull,
		100ull,
		1000ull,
		10000ull,
		100000ull,
		1000000ull,
		10000000ull,
		100000000ull,
		1000000000ull,
		10000000000ull,
		100000000000ull,
		1000000000000ull,
		10000000000000ull,
		100000000000000ull,
		1000000000000000ull,
		10000000000000000ull,
		100000000000000000ull,
		1000000000000000000ull,
		10000000000000000000ull,
	};
	/* 1233 / 4096 is a little more than log10(2). */
	unsigned digits = (64 - (unsigned)__builtin_clzll(value | 1)) * 1233 >> 12;

	return digits + (value >= powers[digits]);
}

size_t text_format_number(char *out, uint64_t value)
{
	unsigned len = count_digits(value);
	char *p = out + len;

	while (value >= 100) {
		p -= 2;
		memcpy(p, pairs + value % 100 * 2, 2);
		value /= 100;
	}
	if (value >= 10)
		memcpy(out, pairs + value * 2, 2);
	else
		*out = (char)('0' + value);
	return len;
}

void text_put_microseconds(char *out, uint32_t microseconds)
{
	memcpy(out, pairs + microseconds / 10000 % 100 * 2, 2);
	memcpy(out + 2, pairs + microseconds / 100 % 100 * 2, 2);
	memcpy(out + 4, pairs + microseconds % 100 * 2, 2);
}

size_t text_format_time(char *out, uint64_t realtime_ns)
{
	time_t seconds = (time_t)(realtime_ns / NS_PER_S);
	struct tm tm = {0};
	char *p = out;

	localtime_r(&seconds, &tm);
	p = put_digits(p, (uint64_t)tm.tm_mday, 2);
	*p++ = ' ';
	p = put_digits(p, (uint64_t)tm.tm_hour, 2);
	*p++ = ':';
	p = put_digits(p, (uint64_t)tm.tm_min, 2);
	*p++ = ':';
	p = put_digits(p, (uint64_t)tm.tm_sec, 2);
	*p++ = '.';
	p = put_digits(p, realtime_ns % NS_PER_S / 1000, 6);
	*p = '\0';
	return (size_t)(p - out);
}

size_t text_format_duration(char *out, uint64_t ns)
{
	uint64_t seconds = ns / NS_PER_S;
	unsigned digits = count_digits(seconds);
	char *p = put_digits(out, seconds, digits < 3 ? 3 : digits);

	*p = '.';
	text_put_microseconds(p + 1, (uint32_t)(ns % NS_PER_S / 1000));
	p += 7;
	*p = '\0';
	return (size_t)(p - out);
}

size_t text_format_amount(char *out, uint64_t ns)
{
	/* The first whose least is reached; 10^digits of its steps are one of its units. */
	static const struct {
		uint64_t least_ns, step_ns;
		unsigned digits; /* behind the point */
		const char *unit;
	} forms[] = {
		{100 * NS_PER_S, NS_PER_S, 0, "s"},
		{NS_PER_S, 1000000, 3, "s"},
		{100000, 100000, 1, "ms"},
		{0, 100, 1, "us"},
	};
	static const unsigned powers[] = {1, 10, 100, 1000};
	size_t form = 0;

	while (ns < forms[form].least_ns)
		form++;
	unsigned digits = forms[form].digits;
	uint64_t steps = ns / forms[form].step_ns;
	uint64_t whole = steps / powers[digits];
	char *p = put_digits(out, whole, count_digits(whole));
	if (digits) {
		*p++ = '.';
		p = put_digits(p, steps % powers[digits], digits);
	}
	strcpy(p, forms[form].unit);
	return (size_t)(p - out) + strlen(forms[form].unit);
}

/* ---- parsing ---- */

/* Reads the digits at *text, moves it behind them. False: no digit, or too large. */
static bool parse_digits(const char **text, uint64_t *value)
{
	const char *p = *text;

	*value = 0;
	for (; *p >= '0' && *p <= '9'; p++) {
		if (__builtin_mul_overflow(*value, 10, value) ||
		    __builtin_add_overflow(*value, (uint64_t)(*p - '0'), value))
			return false;
	}
	bool any = p != *text;
	*text = p;
	return any;
}

/* Reads the digits behind a point as value / scale, both below 10^18; further ones are dropped. */
static void parse_fraction(const char **text, uint64_t *value, uint64_t *scale)
{
	*value = 0;
	*scale = 1;
	for (; **text >= '0' && **text <= '9'; (*text)++) {
		if (*scale < 100000000000000000ull) {
			*value = *value * 10 + (uint64_t)(**text - '0');
			*scale *= 10;
		}
	}
}

static const struct unit {
	const char *name;
	uint64_t ns;
} units[] = {
	{"ns", 1},       {"us", 1000},    {"\xc2\xb5s", 1000},  {"\xce\xbcs", 1000},
	{"ms", 1000000}, {"s", NS_PER_S}, {"m", 60 * NS_PER_S}, {"h", 3600 * NS_PER_S},
};

/* Reads the unit at *text, moves it behind that. NULL: there is none. */
static const struct unit *parse_unit(const char **text)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t length = strlen(units[i].name);
		const char *end = *text + length;
		if (strncmp(*text, units[i].name, length) == 0 &&
		    (*end == '\0' || (*end >= '0' && *end <= '9'))) {
			*text = end;
			return &units[i];
		}
	}
	return NULL;
}

/* Reads one "1.5h" at *text, or a bare number that is all of the text, and adds it to *ns. */
static bool parse_duration_part(const char **text, bool first, uint64_t *ns)
{
	static const struct unit seconds = {"s", NS_PER_S};
	uint64_t whole, fraction = 0, scale = 1;

	if (!parse_digits(text, &whole))
		return false;
	if (**text == '.') {
		(*text)++;
		if (**text < '0' || **text > '9')
			return false;
		parse_fraction(text, &fraction, &scale);
	}
	const struct unit *unit = first && **text == '\0' ? &seconds : parse_unit(text);
	if (!unit)
		return false;
	/* scale and the unit are below 2^64, so this cannot overflow. */
	uint64_t part = (uint64_t)((unsigned __int128)fraction * unit->ns / scale);
	return !__builtin_mul_overflow(whole, unit->ns, &whole) &&
	       !__builtin_add_overflow(*ns, whole, ns) && !__builtin_add_overflow(*ns, part, ns);
}

struct error *text_parse_duration(const char *text, uint64_t *ns)
{
	const char *p = text;
	uint64_t sum = 0;
	bool first = true;

	do {
		if (!parse_duration_part(&p, first, &sum))
			return error_new(
				"'%s' is not a duration: write it like 250ms, 10s or 1m30s", text);
		first = false;
	} while (*p);
	if (!sum)
		return error_new("a duration of '%s' is too short: it has to be more than zero",
				 text);
	*ns = sum;
	return NULL;
}

struct error *text_parse_size(const char *text, uint64_t *bytes)
{
	static const char suffixes[] = "KMGT";
	const char *p = text;
	uint64_t value;

	if (!parse_digits(&p, &value))
		goto bad;
	if (*p) {
		/* Upper case by hand: toupper() depends on the locale. */
		char letter = *p >= 'a' && *p <= 'z' ? (char)(*p - 'a' + 'A') : *p;
		const char *suffix = strchr(suffixes, letter);
		if (!suffix || p[1])
			goto bad;
		uint64_t factor = 1024ull << (10 * (suffix - suffixes));
		if (__builtin_mul_overflow(value, factor, &value))
			goto bad;
	}
	if (!value)
		return error_new("a size of '%s' is too small: it has to be more than zero", text);
	*bytes = value;
	return NULL;
bad:
	return error_new("'%s' is not a size in bytes: write it like 65536, 512K or 16M", text);
}

struct error *text_parse_count(const char *text, uint64_t max, uint64_t *count)
{
	const char *p = text;
	uint64_t value;

	if (!parse_digits(&p, &value) || *p || !value || value > max)
		return error_new("'%s' is not a number from 1 to %llu", text,
				 (unsigned long long)max);
	*count = value;
	return NULL;
}
