/* SPDX-License-Identifier: MIT */
#include "names/waited_on_text.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/text.h"

const char *waited_on_kind_name(enum hunt_object_kind kind)
{
	static const char *const names[] = {
		[HUNT_FILE] = "file", [HUNT_PEER] = "peer", [HUNT_LISTENER] = "listener"};

	return names[kind];
}

/* Behind what is there. `most`: bytes that were sent of it at most, with its NUL: as many as that may be
 * only its beginning. */
static void append(char text[WAITED_ON_TEXT_SIZE], const char *bytes, size_t most)
{
	size_t used = strlen(text), len = strnlen(bytes, most);
	_cleanup_free_ char *safe = text_escape(bytes, len);

	if (safe)
		snprintf(text + used, WAITED_ON_TEXT_SIZE - used, "%s%s", safe,
			 len + 1 < most ? "" : "...");
}

/* The names are there from the last one on. */
static void put_file(const struct waited_on *on, char text[WAITED_ON_TEXT_SIZE])
{
	const char *names[ON_TEXT_SIZE], *at = on->text, *end = on->text + sizeof(on->text);
	size_t count = 0;

	for (; at < end && *at; at += strnlen(at, (size_t)(end - at)) + 1)
		names[count++] = at;
	if (!count && S_ISFIFO(on->mode))
		strcpy(text, "pipe");
	else if (on->above == ON_ROOT)
		strcpy(text, "/");
	else if (on->above == ON_MORE && count)
		strcpy(text, ".../");
	while (count--) {
		size_t left = (size_t)(end - names[count]);

		append(text, names[count], left < ON_NAME_SIZE ? left : ON_NAME_SIZE);
		if (count)
			strcat(text, "/");
	}
}

/* An IPv4 address among those of IPv6. */
static bool is_mapped(const uint8_t *address)
{
	static const uint8_t prefix[12] = {[10] = 0xff, 0xff};

	return memcmp(address, prefix, sizeof(prefix)) == 0;
}

static void put_address(const struct waited_on *on, char text[WAITED_ON_TEXT_SIZE])
{
	const uint8_t *address = on->address;
	char number[INET6_ADDRSTRLEN];
	int family = on->family;

	if (family == AF_INET6 && is_mapped(address)) {
		family = AF_INET;
		address += 12;
	}
	if (!inet_ntop(family, address, number, sizeof(number)))
		return;
	snprintf(text, WAITED_ON_TEXT_SIZE, family == AF_INET ? "%s:%u" : "[%s]:%u", number,
		 on->port);
}

static void put_socket(const struct waited_on *on, char text[WAITED_ON_TEXT_SIZE])
{
	if (on->family != AF_UNIX) {
		put_address(on, text);
		return;
	}
	strcpy(text, on->text[0] ? "unix:" : "unix socket");
	append(text, on->text, sizeof(on->text));
}

bool waited_on_text(const struct waited_on *on, enum hunt_object_kind *kind,
		    char text[WAITED_ON_TEXT_SIZE])
{
	text[0] = 0;
	switch (on->kind) {
	case ON_PATH:
		*kind = HUNT_FILE;
		append(text, on->text, sizeof(on->text));
		break;
	case ON_FILE:
		*kind = HUNT_FILE;
		put_file(on, text);
		break;
	case ON_PEER:
		*kind = HUNT_PEER;
		put_socket(on, text);
		break;
	case ON_LISTENER:
		*kind = HUNT_LISTENER;
		put_socket(on, text);
	}
	return text[0];
}
