/* SPDX-License-Identifier: MIT */
#include "otlp/reply.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/protobuf.h"
#include "base/text.h"

enum { RESPONSE_PARTIAL_SUCCESS = 1 };
enum { PARTIAL_SUCCESS_REJECTED = 1, PARTIAL_SUCCESS_MESSAGE = 2 };
enum { STATUS_MESSAGE = 2 };

/* A member of a message: a number, or bytes. */
struct member {
	uint64_t number; /* of the member */
	uint64_t value;
	const uint8_t *data; /* NULL: it is a number */
	size_t size;
};

/* False: there is no more, or the rest is no message, which the cursor says. */
static bool next_member(struct cursor *message, struct member *member)
{
	uint64_t head;

	*member = (struct member){};
	if (cursor_is_at_end(message))
		return false;
	head = cursor_number(message);
	member->number = head >> 3;
	switch (head & 7) {
	case PROTOBUF_VARINT:
		member->value = cursor_number(message);
		break;
	case PROTOBUF_FIXED64:
		cursor_take(message, 8);
		break;
	case PROTOBUF_SIZED:
		member->data = cursor_sized(message, &member->size);
		break;
	default:
		message->failed = true;
	}
	return !message->failed;
}

static void put_message(struct otlp_reply *reply, const void *data, size_t size)
{
	_cleanup_free_ char *text =
		text_escape(data, size < OTLP_MESSAGE_SIZE ? size : OTLP_MESSAGE_SIZE);
	size_t len = text ? strnlen(text, OTLP_MESSAGE_SIZE - 1) : 0;

	/* No character is cut: what is left out does not begin inside one. */
	while (len && (text[len] & 0xc0) == 0x80)
		len--;
	snprintf(reply->message, sizeof(reply->message), "%.*s", (int)len, text ?: "");
}

struct otlp_reply otlp_reply_read_success(const void *data, size_t size)
{
	struct cursor response = cursor_of(data, size);
	struct otlp_reply reply = {};
	struct member member;

	while (next_member(&response, &member)) {
		struct cursor partial = cursor_of(member.data, member.size);

		if (member.number != RESPONSE_PARTIAL_SUCCESS)
			continue;
		while (next_member(&partial, &member)) {
			if (member.number == PARTIAL_SUCCESS_REJECTED && !member.data)
				reply.num_rejected = member.value;
			if (member.number == PARTIAL_SUCCESS_MESSAGE && member.data)
				put_message(&reply, member.data, member.size);
		}
	}
	return reply;
}

struct otlp_reply otlp_reply_read_refusal(const void *data, size_t size)
{
	struct cursor status = cursor_of(data, size);
	struct otlp_reply reply = {};
	struct member member;

	while (next_member(&status, &member))
		if (member.number == STATUS_MESSAGE && member.data)
			put_message(&reply, member.data, member.size);
	if (status.failed)
		put_message(&reply, data, size);
	return reply;
}
