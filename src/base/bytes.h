/* SPDX-License-Identifier: MIT */
/*
 * bytes.h - bytes that grow, and what is written into them: numbers and texts, one behind the other.
 *
 * A number is 7 bits a byte, the lowest first; all bytes but its last have the highest bit set (LEB128).
 * One with a sign has that in its lowest bit. A text is its length and its bytes, without a NUL.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NUMBER_MAX_SIZE 10

/* ---- writing ---- */

/* All zero: empty. What cannot be added for want of memory sets `failed`, and nothing more is added. */
struct bytes {
	uint8_t *data;
	size_t size, capacity;
	bool failed;
};

/* Returns how many bytes it took. */
size_t number_put(uint8_t room[NUMBER_MAX_SIZE], uint64_t number);

/* So many more will fit. False: `failed`. */
bool bytes_reserve(struct bytes *bytes, size_t size);
void bytes_put(struct bytes *bytes, const void *data, size_t size);
void bytes_put_number(struct bytes *bytes, uint64_t number);
void bytes_put_signed(struct bytes *bytes, int64_t number);
void bytes_put_text(struct bytes *bytes, const char *text); /* NULL is written like "" */
void bytes_put_sized(struct bytes *bytes, const void *data, size_t size);
void bytes_clear(struct bytes *bytes); /* keeps the memory */
void bytes_destroy(struct bytes *bytes);

/* ---- reading ---- */

/* What is read of a block. What is not there sets `failed`; from then on all is 0 and empty. */
struct cursor {
	const uint8_t *at, *end;
	bool failed;
	bool lacks_memory; /* it failed, and not because of what is there */
};

static inline struct cursor cursor_of(const void *data, size_t size)
{
	/* Nothing may be at NULL, and no sum begins there. */
	const uint8_t *at = size ? data : (const uint8_t *)"";

	return (struct cursor){.at = at, .end = at + size};
}

static inline bool cursor_is_at_end(const struct cursor *cursor)
{
	return cursor->at == cursor->end;
}

/* What was allocated for what is read; NULL: it failed for want of memory. Returns whether it is there. */
bool cursor_need(struct cursor *cursor, const void *memory);

uint64_t cursor_number(struct cursor *cursor);
int64_t cursor_signed(struct cursor *cursor);
/* How many there are of what takes a byte each at least: more than there are bytes is `failed`, and 0. */
size_t cursor_count(struct cursor *cursor);
/* The bytes themselves; NULL: `failed`. */
const uint8_t *cursor_take(struct cursor *cursor, size_t size);
/* Those of a text or of bytes_put_sized(). */
const uint8_t *cursor_sized(struct cursor *cursor, size_t *size);
/* A text with a NUL behind it, that the caller frees; NULL: `failed`, or out of memory. */
char *cursor_text(struct cursor *cursor);

#endif
