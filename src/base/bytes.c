/* SPDX-License-Identifier: MIT */
#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

/* ---- writing ---- */

size_t number_put(uint8_t room[NUMBER_MAX_SIZE], uint64_t number)
{
	size_t size = 0;

	for (; number >= 0x80; number >>= 7)
		room[size++] = (uint8_t)(number | 0x80);
	room[size++] = (uint8_t)number;
	return size;
}

bool bytes_reserve(struct bytes *bytes, size_t size)
{
	size_t capacity = bytes->capacity ?: 256;
	uint8_t *data;

	if (bytes->failed)
		return false;
	if (size <= bytes->capacity - bytes->size)
		return true;
	while (capacity - bytes->size < size)
		capacity *= 2;
	data = realloc(bytes->data, capacity);
	if (!data) {
		bytes->failed = true;
		return false;
	}
	bytes->data = data;
	bytes->capacity = capacity;
	return true;
}

void bytes_put(struct bytes *bytes, const void *data, size_t size)
{
	if (!size || !bytes_reserve(bytes, size))
		return;
	memcpy(bytes->data + bytes->size, data, size);
	bytes->size += size;
}

void bytes_put_number(struct bytes *bytes, uint64_t number)
{
	if (bytes_reserve(bytes, NUMBER_MAX_SIZE))
		bytes->size += number_put(bytes->data + bytes->size, number);
}

void bytes_put_signed(struct bytes *bytes, int64_t number)
{
	bytes_put_number(bytes, (uint64_t)number << 1 ^ (uint64_t)(number >> 63));
}

void bytes_put_sized(struct bytes *bytes, const void *data, size_t size)
{
	bytes_put_number(bytes, size);
	bytes_put(bytes, data, size);
}

void bytes_put_text(struct bytes *bytes, const char *text)
{
	bytes_put_sized(bytes, text, text ? strlen(text) : 0);
}

void bytes_clear(struct bytes *bytes)
{
	bytes->size = 0;
}

void bytes_destroy(struct bytes *bytes)
{
	free(bytes->data);
	*bytes = (struct bytes){};
}

/* ---- reading ---- */

static void fail(struct cursor *cursor)
{
	cursor->failed = true;
	cursor->at = cursor->end;
}

bool cursor_need(struct cursor *cursor, const void *memory)
{
	if (memory)
		return true;
	fail(cursor);
	cursor->lacks_memory = true;
	return false;
}

uint64_t cursor_number(struct cursor *cursor)
{
	uint64_t number = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t byte;

		if (cursor->at == cursor->end)
			break;
		byte = *cursor->at++;
		number |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return number;
	}
	fail(cursor);
	return 0;
}

int64_t cursor_signed(struct cursor *cursor)
{
	uint64_t number = cursor_number(cursor);

	return (int64_t)(number >> 1 ^ -(number & 1));
}

size_t cursor_count(struct cursor *cursor)
{
	uint64_t count = cursor_number(cursor);

	cursor->failed |= count > (size_t)(cursor->end - cursor->at);
	return cursor->failed ? 0 : count;
}

const uint8_t *cursor_take(struct cursor *cursor, size_t size)
{
	const uint8_t *taken = cursor->at;

	if (size > (size_t)(cursor->end - cursor->at)) {
		fail(cursor);
		return NULL;
	}
	cursor->at += size;
	return taken;
}

const uint8_t *cursor_sized(struct cursor *cursor, size_t *size)
{
	const uint8_t *taken;

	*size = cursor_number(cursor);
	taken = cursor_take(cursor, *size);
	if (!taken)
		*size = 0;
	return taken;
}

char *cursor_text(struct cursor *cursor)
{
	size_t size;
	const uint8_t *taken = cursor_sized(cursor, &size);
	char *text;

	if (!taken)
		return NULL;
	text = strndup((const char *)taken, size);
	cursor_need(cursor, text);
	return text;
}
