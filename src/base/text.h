/* SPDX-License-Identifier: MIT */
/*
 * text.h - text in and out: escaping of hostile names, times, durations and sizes as users write
 * them.
 */
#ifndef GOFUNCGRAPH_TEXT_H
#define GOFUNCGRAPH_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <string.h>

#include "base/error.h"

/*
 * Copies `len` bytes of `text` into a new NUL-terminated string that is safe on a terminal: valid
 * UTF-8 that is printable is kept, everything else (C0, DEL, C1 controls, bidirectional overrides,
 * bytes that are no valid UTF-8) becomes \xNN, byte by byte. NULL when out of memory. The caller
 * frees it.
 */
char *text_escape(const char *text, size_t len);

/* True when text_escape() would change nothing. */
bool text_is_clean(const char *text, size_t len);

static inline bool text_starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

/* Length of the well-formed UTF-8 sequence at p (1 to 4, at most `len` bytes); 0: there is none. */
size_t text_utf8_length(const char *p, size_t len);

/* The character that a well-formed sequence of that length is. */
uint32_t text_utf8_code(const char *p, size_t length);

/* What a hexadecimal digit stands for, of either case; -1: it is none. */
int text_hex_digit(char digit);

/* "42", without a NUL: at most TEXT_NUMBER_SIZE bytes; returns the length. */
#define TEXT_NUMBER_SIZE 20
size_t text_format_number(char *out, uint64_t value);

/*
 * "1,204", "1,204 functions", "1 function": how many there are, as all text for people tells it; columns of tables
 * and ids have digits alone. Structs, so that they can stand among what printf() gets: `text_count(n).text`.
 */
struct text_count {
	char text[TEXT_NUMBER_SIZE + 7];
};
struct text_counted {
	char text[128];
};
struct text_count text_count(uint64_t count);
struct text_counted text_counted(uint64_t count, const char *one, const char *many);

/* "411402": six digits, without a NUL. */
void text_put_microseconds(char *out, uint32_t microseconds);

/* "18 15:48:05.411402": day of month and local time, in at least TEXT_TIME_SIZE bytes. Returns how
 * many it put. */
#define TEXT_TIME_SIZE 32
size_t text_format_time(char *out, uint64_t realtime_ns);

/* "000.523311": seconds with microseconds, at least three digits before the point. Truncates, never
 * rounds up. */
#define TEXT_DURATION_SIZE 32
size_t text_format_duration(char *out, uint64_t ns);

/* "123s", "1.523s", "522.8ms", "99.9us": as much of it as one wants to read. Truncates, too. */
#define TEXT_AMOUNT_SIZE 32
size_t text_format_amount(char *out, uint64_t ns);

/* "10s", "1m30s", "250ms", "1.5h", "100us", "5" (seconds). More than zero, and no more than INT64_MAX, so
 * that a time of a clock can be added to it. */
struct error *text_parse_duration(const char *text, uint64_t *ns);

/* "16M", "65536", "1G", "512K" (powers of 1024). More than zero. */
struct error *text_parse_size(const char *text, uint64_t *bytes);

/* A decimal count, more than zero, at most `max`. */
struct error *text_parse_count(const char *text, uint64_t max, uint64_t *count);

#endif
