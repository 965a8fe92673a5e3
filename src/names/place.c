/* SPDX-License-Identifier: MIT */
/* place.c - where something is in a program, as the user reads it; see place.h. */
#include "names/place.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

/* The numbers and signs in a place's text. */
#define MAX_NUMBERS 64

/* A name as it is printed: itself, if there is nothing to escape, else a copy. */
struct printed {
	const char *text; /* NULL: there is none */
	size_t len;
	char *copy;
};

static void printed_free(struct printed *printed)
{
	free(printed->copy);
}

/* False: out of memory. */
static bool print_name(const char *name, struct printed *printed)
{
	*printed = (struct printed){.text = name};
	if (!name)
		return true;
	printed->len = strlen(name);
	if (text_is_clean(name, printed->len))
		return true;
	printed->text = printed->copy = text_escape(name, printed->len);
	printed->len = printed->copy ? strlen(printed->copy) : 0;
	return printed->copy;
}

/* Copies it, with its NUL. Returns the end. */
static char *put_string(char *out, const struct printed *printed, const char **where, uint32_t *len)
{
	if (!printed->text)
		return out;
	*where = out;
	*len = (uint32_t)printed->len;
	memcpy(out, printed->text, printed->len + 1);
	return out + printed->len + 1;
}

static char *put(char *out, const char *text, size_t len)
{
	memcpy(out, text, len);
	return out + len;
}

static char *put_hex(char *out, uint64_t value)
{
	unsigned digits = value ? (unsigned)(67 - __builtin_clzll(value)) / 4 : 1;

	out = put(out, "0x", 2);
	for (unsigned i = digits; i-- > 0;)
		*out++ = "0123456789abcdef"[value >> 4 * i & 15];
	return out;
}

/* Without its texts. */
static struct known_place *place_alloc(size_t size_of_texts)
{
	struct known_place *known;

	if (size_of_texts > UINT32_MAX)
		return NULL;
	known = malloc(sizeof(*known) + size_of_texts);
	if (known)
		*known = (struct known_place){};
	return known;
}

static void end_text(struct place *place, char *text, char *end)
{
	*end = '\0';
	place->text = text;
	place->text_len = (uint32_t)(end - text);
}

struct known_place *place_new(uint64_t va, const struct gobin_func *func, struct gobin_line line)
{
	_cleanup_(printed_free) struct printed function = {}, file = {};

	if (!print_name(func ? func->name : NULL, &function) || !print_name(line.file, &file))
		return NULL;
	struct known_place *known = place_alloc(2 * (function.len + file.len) + 2 + MAX_NUMBERS);
	if (!known)
		return NULL;

	struct place *place = &known->place;
	char *text = (char *)(known + 1), *end;
	place->line = line.line;
	text = put_string(text, &function, &place->function, &place->function_len);
	text = put_string(text, &file, &place->file, &place->file_len);
	if (place->function) {
		place->offset = va - func->va;
		end = put(text, function.text, function.len);
		*end++ = '+';
		end += text_format_number(end, place->offset);
	} else {
		end = put_hex(text, va);
	}
	if (place->file) {
		*end++ = ' ';
		end = put(end, file.text, file.len);
	}
	if (place->file && place->line) {
		*end++ = ':';
		end += text_format_number(end, place->line);
	}
	end_text(place, text, end);
	return known;
}

struct known_place *place_new_in_module(const char *module, uint64_t va)
{
	_cleanup_(printed_free) struct printed name = {};
	uint32_t len;

	if (!print_name(module, &name))
		return NULL;
	struct known_place *known = place_alloc(2 * name.len + 1 + MAX_NUMBERS);
	if (!known)
		return NULL;

	char *text = (char *)(known + 1), *end;
	text = put_string(text, &name, &known->place.module, &len);
	end = put(text, name.text, name.len);
	known->place.offset = va;
	if (va) {
		*end++ = '+';
		end = put_hex(end, va);
	}
	end_text(&known->place, text, end);
	return known;
}

void place_free(struct known_place *known)
{
	if (known)
		free(known->place.prepared);
	free(known);
}

void place_prepare(const struct place *place, void *prepared)
{
	/* Whoever reads places cannot change what they say; this adds to it. */
	((struct place *)place)->prepared = prepared;
}
