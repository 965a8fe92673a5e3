/* SPDX-License-Identifier: MIT */
#include "hunt/objects.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"

/* The longest there is: a path, each byte of it escaped, each name cut off. */
#define TEXT_SIZE (8 * ON_TEXT_SIZE)

struct known_object {
	struct hash_key key;
	uint32_t number;
	enum hunt_object_kind kind;
	char text[];
};

/* ---- as text ---- */

/* Behind what is there. `most`: bytes that were sent of it at most, with its NUL: as many as that may be
 * only its beginning. */
static void append(char text[TEXT_SIZE], const char *bytes, size_t most)
{
	size_t used = strlen(text), len = strnlen(bytes, most);
	_cleanup_free_ char *safe = text_escape(bytes, len);

	if (safe)
		snprintf(text + used, TEXT_SIZE - used, "%s%s", safe, len + 1 < most ? "" : "...");
}

/* The names are there from the last one on. */
static void put_file(const struct waited_on *on, char text[TEXT_SIZE])
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

static void put_address(const struct waited_on *on, char text[TEXT_SIZE])
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
	snprintf(text, TEXT_SIZE, family == AF_INET ? "%s:%u" : "[%s]:%u", number, on->port);
}

static void put_socket(const struct waited_on *on, char text[TEXT_SIZE])
{
	if (on->family != AF_UNIX) {
		put_address(on, text);
		return;
	}
	strcpy(text, on->text[0] ? "unix:" : "unix socket");
	append(text, on->text, sizeof(on->text));
}

/* False: there is nothing to be told. */
static bool describe(const struct waited_on *on, enum hunt_object_kind *kind, char text[TEXT_SIZE])
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

/* ---- by number ---- */

static struct known_object *add(struct objects *objects, struct hash_key key,
				enum hunt_object_kind kind, const char *text)
{
	size_t size = strlen(text) + 1;
	struct known_object *object;

	if (objects->count == MAX_OBJECTS ||
	    !array_reserve(&objects->items, &objects->capacity, objects->count + 1,
			   sizeof(struct known_object *)))
		return NULL;
	object = malloc(sizeof(*object) + size);
	if (!object)
		return NULL;
	object->key = key;
	object->kind = kind;
	memcpy(object->text, text, size);
	if (!hash_add(&objects->by_text, &object->key)) {
		free(object);
		return NULL;
	}
	objects->items[objects->count++] = object;
	object->number = (uint32_t)objects->count;
	return object;
}

uint32_t objects_number(struct objects *objects, const struct waited_on *on)
{
	enum hunt_object_kind kind;
	struct known_object *object;
	char text[TEXT_SIZE];
	struct hash_key key;

	if (!describe(on, &kind, text))
		return 0;
	key = hash_key_of_text(text);
	key.first += kind;
	object = hash_find(&objects->by_text, key) ?: add(objects, key, kind, text);
	return object && object->kind == kind && strcmp(object->text, text) == 0 ? object->number
										 : 0;
}

uint32_t objects_of(struct objects *objects, const struct record *record)
{
	const struct waited_on *on = record_waited_on(record);

	return on ? objects_number(objects, on) : 0;
}

struct hunt_object objects_find(const struct objects *objects, uint32_t number)
{
	const struct known_object *object = objects->items[number - 1];

	return (struct hunt_object){.kind = object->kind, .text = object->text};
}

void objects_clear(struct objects *objects)
{
	for (size_t i = 0; i < objects->count; i++)
		free(objects->items[i]);
	free(objects->items);
	hash_clear(&objects->by_text);
	*objects = (struct objects){0};
}
