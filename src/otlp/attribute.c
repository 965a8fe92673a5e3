/* SPDX-License-Identifier: MIT */
/* attribute.c - see attribute.h. Each span has a dozen of them: how large one is is reckoned first, and it is written
 * into memory that is there. */
#include "otlp/attribute.h"

#include "base/protobuf.h"

enum { KEY_VALUE_KEY = 1, KEY_VALUE_VALUE = 2 };
enum { ANY_TEXT = 1, ANY_BOOL = 2, ANY_NUMBER = 3, ANY_REAL = 4 };

static uint8_t *put_byte(uint8_t *to, unsigned byte)
{
	*to = (uint8_t)byte;
	return to + 1;
}

static uint8_t *put_size(uint8_t *to, uint64_t number)
{
	return to + number_put(to, number);
}

static uint8_t *put_text(uint8_t *to, unsigned member, const char *text, size_t len)
{
	to = put_byte(to, member << 3 | PROTOBUF_SIZED);
	to = put_size(to, len);
	memcpy(to, text, len);
	return to + len;
}

/* All but the value itself, which has so many bytes; where that goes. NULL: out of memory. */
static uint8_t *put_head(struct bytes *message, unsigned member, const char *key, size_t value_size)
{
	size_t key_len = strlen(key);
	size_t size = protobuf_member_size(key_len) + protobuf_member_size(value_size);
	uint8_t *to;

	if (!bytes_reserve(message, protobuf_member_size(size)))
		return NULL;
	to = message->data + message->size;
	message->size += protobuf_member_size(size);
	to = put_byte(to, member << 3 | PROTOBUF_SIZED);
	to = put_size(to, size);
	to = put_text(to, KEY_VALUE_KEY, key, key_len);
	to = put_byte(to, KEY_VALUE_VALUE << 3 | PROTOBUF_SIZED);
	return put_size(to, value_size);
}

void attribute_text(struct bytes *message, unsigned member, const char *key, const char *text,
		    size_t len)
{
	uint8_t *to = put_head(message, member, key, protobuf_member_size(len));

	if (to)
		put_text(to, ANY_TEXT, text, len);
}

void attribute_number(struct bytes *message, unsigned member, const char *key, uint64_t number)
{
	uint8_t *to = put_head(message, member, key, 1 + protobuf_number_size(number));

	if (to)
		put_size(put_byte(to, ANY_NUMBER << 3 | PROTOBUF_VARINT), number);
}

void attribute_real(struct bytes *message, unsigned member, const char *key, double real)
{
	uint8_t *to = put_head(message, member, key, 1 + sizeof(real));

	if (to)
		memcpy(put_byte(to, ANY_REAL << 3 | PROTOBUF_FIXED64), &real, sizeof(real));
}

void attribute_bool(struct bytes *message, unsigned member, const char *key, bool is_true)
{
	uint8_t *to = put_head(message, member, key, 2);

	if (to)
		put_byte(put_byte(to, ANY_BOOL << 3 | PROTOBUF_VARINT), is_true);
}
