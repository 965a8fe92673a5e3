/* SPDX-License-Identifier: MIT */
/* text_format.c - numbers, times and durations as people read them; see text.h. */
#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define NS_PER_S 1000000000ull

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

struct text_count text_count(uint64_t count)
{
	struct text_count counted;
	char digits[TEXT_NUMBER_SIZE], *to = counted.text;
	size_t length = text_format_number(digits, count);

	for (size_t i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = '\0';
	return counted;
}

struct text_counted text_counted(uint64_t count, const char *one, const char *many)
{
	struct text_counted counted;

	snprintf(counted.text, sizeof(counted.text), "%s %s", text_count(count).text,
		 count == 1 ? one : many);
	return counted;
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
