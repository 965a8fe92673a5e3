/* SPDX-License-Identifier: MIT */
#include "compare/untraced.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"

/* More are told by their number. */
#define MAX_TOLD 10

struct untraced_name {
	struct hash_key key; /* of the text, or behind it */
	char text[];
};

/* *key: where it is, or would be. */
static const struct untraced_name *find(const struct untraced *untraced, const char *name,
					struct hash_key *key)
{
	const struct untraced_name *found;

	*key = hash_key_of_text(name);
	while ((found = hash_find(&untraced->names, *key)) && strcmp(found->text, name))
		key->second++;
	return found;
}

bool untraced_has(const struct untraced *untraced, const char *name)
{
	struct hash_key key;

	return find(untraced, name, &key);
}

bool untraced_add(struct untraced *untraced, const char *name)
{
	struct untraced_name *added;
	struct hash_key key;

	if (find(untraced, name, &key))
		return true;
	added = malloc(sizeof(*added) + strlen(name) + 1);
	if (!added)
		return false;
	added->key = key;
	strcpy(added->text, name);
	if (hash_add(&untraced->names, &added->key))
		return true;
	free(added);
	return false;
}

static int compare_names(const void *a, const void *b)
{
	const struct untraced_name *one = *(const struct untraced_name *const *)a;
	const struct untraced_name *other = *(const struct untraced_name *const *)b;

	return strcmp(one->text, other->text);
}

char *untraced_text(const struct untraced *untraced)
{
	size_t count = untraced->names.count, filled = 0;
	const struct untraced_name **names = calloc(count + 1, sizeof(*names)), *name;
	struct bytes text = {};
	char rest[48] = "";

	if (!names)
		return NULL;
	for (size_t at = 0; (name = hash_next(&untraced->names, &at));)
		names[filled++] = name;
	qsort(names, count, sizeof(*names), compare_names);
	for (size_t i = 0; i < count && i < MAX_TOLD; i++) {
		bytes_put(&text, ", ", i ? 2 : 0);
		bytes_put(&text, names[i]->text, strlen(names[i]->text));
	}
	if (count > MAX_TOLD)
		snprintf(rest, sizeof(rest), " and %s more", text_count(count - MAX_TOLD).text);
	bytes_put(&text, rest, strlen(rest) + 1);
	free(names);
	if (!text.failed)
		return (char *)text.data;
	bytes_destroy(&text);
	return NULL;
}

void untraced_destroy(struct untraced *untraced)
{
	hash_free_items(&untraced->names);
}
