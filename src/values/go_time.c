/* SPDX-License-Identifier: MIT */
/* go_time.c - src/time/time.go: Duration.Format(), Time. */
#include "values/go_time.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* "1.25": of so many digits behind the point those that count. */
static int put_fraction(uint64_t number, unsigned digits, char *to, size_t size)
{
	uint64_t unit = 1;
	int length;

	for (unsigned i = 0; i < digits; i++)
		unit *= 10;
	length = snprintf(to, size, "%" PRIu64, number / unit);
	if (number % unit)
		length += snprintf(to + length, size - (size_t)length, ".%0*" PRIu64, (int)digits,
				   number % unit);
	while (number % unit && to[length - 1] == '0')
		length--;
	return length;
}

size_t go_duration_put(int64_t ns, char to[GO_TIME_SIZE])
{
	uint64_t left = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;
	int length = 0;

	if (ns < 0)
		to[length++] = '-';
	if (!left || left >= 1000000000) {
		uint64_t hours = left / 3600000000000, minutes = left / 60000000000 % 60;

		if (hours)
			length += snprintf(to + length, GO_TIME_SIZE - (size_t)length,
					   "%" PRIu64 "h", hours);
		if (hours || minutes)
			length += snprintf(to + length, GO_TIME_SIZE - (size_t)length,
					   "%" PRIu64 "m", minutes);
		length += put_fraction(left % 60000000000, 9, to + length,
				       GO_TIME_SIZE - (size_t)length);
		to[length++] = 's';
		return (size_t)length;
	}
	unsigned digits = left >= 1000000 ? 6 : left >= 1000 ? 3 : 0;

	length += put_fraction(left, digits, to + length, GO_TIME_SIZE - (size_t)length);
	memcpy(to + length, digits == 6 ? "ms" : digits == 3 ? "us" : "ns", 2);
	return (size_t)length + 2;
}

/* src/time/time.go: seconds from the year 1 to 1885, and to 1970. */
#define SECONDS_TO_1885 INT64_C(59453308800)
#define SECONDS_TO_1970 INT64_C(62135596800)
#define SECONDS_TO_9999 INT64_C(315537897600)

size_t go_time_put(const struct go_value *value, char to[GO_TIME_SIZE])
{
	const struct go_type *type = value->type;
	struct tm parts;
	uint64_t wall;
	int64_t seconds;
	time_t unix_seconds;
	size_t length;

	if (type->kind != GO_STRUCT || !go_type_is(type, "time.Time") || type->size != 24 ||
	    !go_value_is_there(value))
		return 0;
	wall = go_value_word(value, 0, 8);
	seconds = (int64_t)go_value_word(value, 8, 8);
	/* hasMonotonic */
	if (wall >> 63)
		seconds = SECONDS_TO_1885 + (int64_t)(wall << 1 >> 31);
	if (seconds < 0 || seconds >= SECONDS_TO_9999)
		return 0;
	unix_seconds = (time_t)(seconds - SECONDS_TO_1970);
	if (!gmtime_r(&unix_seconds, &parts))
		return 0;
	length = (size_t)snprintf(to, GO_TIME_SIZE,
				  "%04d-%02d-%02dT%02d:%02d:", (parts.tm_year + 1900) % 10000,
				  parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min);
	if (parts.tm_sec < 10)
		to[length++] = '0';
	length += (size_t)put_fraction((uint64_t)parts.tm_sec * 1000000000 +
					       (wall & ((1u << 30) - 1)) % 1000000000,
				       9, to + length, GO_TIME_SIZE - length);
	to[length++] = 'Z';
	return length;
}
