/* SPDX-License-Identifier: MIT */
/* typed_json_map.c - a map: an object by its keys, where those are whole and differ; else a list of keys and values. */
#include "output/typed_json_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output/typed_text.h"

static void append(void *context, const char *text, size_t size)
{
	FILE *to = context;

	fwrite(text, 1, size, to);
}

/* A key of an object is a text: numbers and structs are written as in text. NULL: it is not whole. */
static char *key_text(const struct go_value *key)
{
	char *text = NULL;
	struct value_spec spec;
	struct value bytes;
	bool is_whole;
	size_t size;
	FILE *to;

	if (key->state == VALUE_WHOLE && key->type->kind == GO_STRING) {
		go_value_text(key, &spec, &bytes);
		return bytes.state == VALUE_WHOLE ? text_escape(bytes.text, bytes.size) : NULL;
	}
	to = open_memstream(&text, &size);
	if (!to)
		return NULL;
	is_whole = typed_text_put_one(&(struct text_sink){append, to, VALUE_MAX_SIZE}, key);
	if (!fclose(to) && is_whole)
		return text;
	free(text);
	return NULL;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool are_different(char *const *names, size_t count)
{
	char *sorted[GO_MAX_ENTRIES];

	memcpy(sorted, names, count * sizeof(*names));
	qsort(sorted, count, sizeof(*sorted), by_text);
	for (size_t i = 1; i < count; i++)
		if (!strcmp(sorted[i - 1], sorted[i]))
			return false;
	return true;
}

static void put_by_name(struct json_writing *writing, const struct go_value *elems,
			char *const *names, size_t count)
{
	json_open_value(writing->json, '{');
	for (size_t i = 0; i < count; i++) {
		size_t before = json_enter(writing, "[%s]", names[i]);

		json_text_key(writing->json, names[i]);
		json_put_value(writing, &elems[i]);
		json_leave(writing, before);
	}
	json_close(writing->json, '}');
}

static void put_part(struct json_writing *writing, const char *path, const struct go_value *part)
{
	size_t before = json_enter(writing, "%s", path);

	json_put_value(writing, part);
	json_leave(writing, before);
}

static void put_listed(struct json_writing *writing, const struct go_value *keys,
		       const struct go_value *elems, size_t count)
{
	json_open_value(writing->json, '[');
	for (size_t i = 0; i < count; i++) {
		size_t before = json_enter(writing, "[%zu]", i);

		if (i)
			writer_put(writing->json->writer, ",", 1);
		json_open_value(writing->json, '{');
		json_key(writing->json, "key");
		put_part(writing, ".key", &keys[i]);
		json_key(writing->json, "value");
		put_part(writing, ".value", &elems[i]);
		json_close(writing->json, '}');
		json_leave(writing, before);
	}
	json_close(writing->json, ']');
}

void json_put_map(struct json_writing *writing, const struct go_value *value)
{
	struct go_entries entries = go_value_entries(value);
	struct go_value keys[GO_MAX_ENTRIES], elems[GO_MAX_ENTRIES];
	char *names[GO_MAX_ENTRIES] = {};
	size_t count = 0;
	bool has_names = true;

	if (!value_state_is_there(entries.state)) {
		json_put_missing(writing, entries.state);
		return;
	}
	for (unsigned i = 0; i < GO_MAX_ENTRIES; i++) {
		if (!(entries.present >> i & 1))
			continue;
		keys[count] = go_entry(&entries, i, true);
		elems[count] = go_entry(&entries, i, false);
		names[count] = key_text(&keys[count]);
		has_names &= names[count] != NULL;
		count++;
	}
	if (has_names && are_different(names, count))
		put_by_name(writing, elems, names, count);
	else
		put_listed(writing, keys, elems, count);
	json_note_state(writing, entries.state);
	for (size_t i = 0; i < count; i++)
		free(names[i]);
}
