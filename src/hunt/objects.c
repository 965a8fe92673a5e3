/* SPDX-License-Identifier: MIT */
#include "hunt/objects.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "names/waited_on_text.h"

struct known_object {
	struct hash_key key;
	uint32_t number;
	enum hunt_object_kind kind;
	char text[];
};

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
	char text[WAITED_ON_TEXT_SIZE];
	struct hash_key key;

	if (!waited_on_text(on, &kind, text))
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
