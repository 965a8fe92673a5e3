/* SPDX-License-Identifier: MIT */
/* texts.c - names of functions and files, each escaped once; see texts.h. */
#include "names/texts.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/json_text.h"
#include "base/text.h"

/* In one piece with its texts. */
struct known_name {
	struct hash_key key;
	struct name name;
};

static struct known_name *make(const char *raw)
{
	_cleanup_free_ char *text = text_escape(raw, strlen(raw));
	size_t len = text ? strlen(text) : 0;
	size_t size = sizeof(struct known_name) + (1 + JSON_MAX_ESCAPE) * len + 3;
	struct known_name *known = text && size <= UINT32_MAX ? malloc(size) : NULL;

	if (!known)
		return NULL;
	char *copy = (char *)(known + 1), *json = copy + len + 1;
	memcpy(copy, text, len + 1);
	known->name = (struct name){.text = copy, .len = (uint32_t)len, .json = json};
	known->name.json_len = (uint32_t)json_quote(json, text);
	return known;
}

const struct name *texts_get(struct texts *texts, const char *raw)
{
	struct hash_key key = {.first = (uintptr_t)raw};
	struct known_name *known = hash_find(&texts->known, key);

	if (known)
		return &known->name;
	if (texts->count == UINT32_MAX ||
	    !array_reserve(&texts->by_number, &texts->capacity, texts->count + 1,
			   sizeof(*texts->by_number)))
		return NULL;
	known = make(raw);
	if (!known)
		return NULL;
	known->key = key;
	known->name.number = (uint32_t)texts->count + 1;
	if (!hash_add(&texts->known, &known->key)) {
		free(known);
		return NULL;
	}
	texts->by_number[texts->count++] = &known->name;
	return &known->name;
}

void texts_clear(struct texts *texts)
{
	hash_free_items(&texts->known);
	free(texts->by_number);
	*texts = (struct texts){0};
}
