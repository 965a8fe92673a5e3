/* SPDX-License-Identifier: MIT */
#include "otlp/attribute.h"

#include "base/protobuf.h"

enum { KEY_VALUE_KEY = 1, KEY_VALUE_VALUE = 2 };
enum { ANY_TEXT = 1, ANY_BOOL = 2, ANY_NUMBER = 3 };

static size_t number_size(uint64_t number)
{
	size_t size = 1;

	for (; number >= 0x80; number >>= 7)
		size++;
	return size;
}

/* A message as a member, with its number and size. */
static size_t member_size(size_t size)
{
	return 1 + number_size(size) + size;
}

/* All but the value itself, which has so many bytes. */
static void put_head(struct bytes *message, unsigned member, const char *key, size_t value_size)
{
	size_t key_len = strlen(key);

	bytes_put_number(message, member << 3 | PROTOBUF_SIZED);
	bytes_put_number(message, member_size(key_len) + member_size(value_size));
	bytes_put_number(message, KEY_VALUE_KEY << 3 | PROTOBUF_SIZED);
	bytes_put_sized(message, key, key_len);
	bytes_put_number(message, KEY_VALUE_VALUE << 3 | PROTOBUF_SIZED);
	bytes_put_number(message, value_size);
}

void attribute_text(struct bytes *message, unsigned member, const char *key, const char *text,
		    size_t len)
{
	put_head(message, member, key, member_size(len));
	bytes_put_number(message, ANY_TEXT << 3 | PROTOBUF_SIZED);
	bytes_put_sized(message, text, len);
}

void attribute_number(struct bytes *message, unsigned member, const char *key, uint64_t number)
{
	put_head(message, member, key, 1 + number_size(number));
	protobuf_number(message, ANY_NUMBER, number);
}

void attribute_true(struct bytes *message, unsigned member, const char *key)
{
	put_head(message, member, key, 2);
	protobuf_number(message, ANY_BOOL, true);
}
