/* SPDX-License-Identifier: MIT */
/* text_parse.c - durations, sizes and counts as users write them; see text.h. */
#include "base/text.h"

#include <string.h>

#define NS_PER_S 1000000000ull

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
	if (sum > INT64_MAX)
		return error_new("a duration of '%s' is too long: 2562047h is possible", text);
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

	if (parse_digits(&p, &value) && !*p && value && value <= max) {
		*count = value;
		return NULL;
	}
	if (max == UINT64_MAX)
		return error_new("'%s' is not a number from 1 on", text);
	return error_new("'%s' is not a number from 1 to %llu", text, (unsigned long long)max);
}
