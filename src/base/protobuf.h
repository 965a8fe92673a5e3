/* SPDX-License-Identifier: MIT */
/*
 * protobuf.h - Protocol Buffers as bytes (protobuf.dev/programming-guides/encoding): a message is its
 * members, each behind its number and how long it is.
 */
#ifndef BASE_PROTOBUF_H
#define BASE_PROTOBUF_H

#include <string.h>

#include "base/bytes.h"

enum protobuf_type { PROTOBUF_VARINT = 0, PROTOBUF_FIXED64 = 1, PROTOBUF_SIZED = 2 };

static inline size_t protobuf_number_size(uint64_t number)
{
	size_t size = 1;

	for (; number >= 0x80; number >>= 7)
		size++;
	return size;
}

/* A text, bytes or a message of this size as a member: its head, too. Numbers of members are below 16 here. */
static inline size_t protobuf_member_size(size_t size)
{
	return 1 + protobuf_number_size(size) + size;
}

/* What comes before them. */
static inline void protobuf_head(struct bytes *message, unsigned member, size_t size)
{
	bytes_put_number(message, member << 3 | PROTOBUF_SIZED);
	bytes_put_number(message, size);
}

static inline void protobuf_number(struct bytes *message, unsigned member, uint64_t value)
{
	bytes_put_number(message, member << 3 | PROTOBUF_VARINT);
	bytes_put_number(message, value);
}

static inline void protobuf_fixed64(struct bytes *message, unsigned member, uint64_t value)
{
	bytes_put_number(message, member << 3 | PROTOBUF_FIXED64);
	bytes_put(message, &value, sizeof(value));
}

static inline void protobuf_text(struct bytes *message, unsigned member, const char *text)
{
	bytes_put_number(message, member << 3 | PROTOBUF_SIZED);
	bytes_put_text(message, text);
}

/* Empties the inner one. */
static inline void protobuf_message(struct bytes *message, unsigned member, struct bytes *inner)
{
	bytes_put_number(message, member << 3 | PROTOBUF_SIZED);
	bytes_put_sized(message, inner->data, inner->size);
	message->failed |= inner->failed;
	bytes_clear(inner);
}

#endif
