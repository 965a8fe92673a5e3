/* SPDX-License-Identifier: MIT */
/* place_text.c - places as people read them; see place_text.h. */
#include "output/place_text.h"

#include <string.h>

#include "base/text.h"

void writer_put_number(struct writer *writer, uint64_t value)
{
	char *room = writer_room(writer, TEXT_NUMBER_SIZE);

	writer->used += text_format_number(room, value);
}

static void put_hex(struct writer *writer, uint64_t value)
{
	unsigned digits = value ? (67 - (unsigned)__builtin_clzll(value)) / 4 : 1;

	writer_put(writer, "0x", 2);
	while (digits-- > 0)
		writer_put(writer, &"0123456789abcdef"[value >> 4 * digits & 15], 1);
}

static void put_name(struct writer *writer, const struct name *name, bool in_json)
{
	if (in_json) /* without its quotes */
		writer_put(writer, name->json + 1, name->json_len - 2);
	else
		writer_put_name(writer, name);
}

static void put_position(struct writer *writer, const struct place *place, bool in_json)
{
	if (place->function) {
		put_name(writer, place->function, in_json);
		writer_put(writer, "+", 1);
		writer_put_number(writer, place->offset);
	} else if (place->module) {
		put_name(writer, place->module, in_json);
		if (!place->offset)
			return;
		writer_put(writer, "+", 1);
		put_hex(writer, place->offset);
	} else if (place->va) {
		put_hex(writer, place->va);
	} else {
		writer_put(writer, "?", 1);
	}
}

static inline void put_file(struct writer *writer, const struct place *place, bool in_json)
{
	if (!place->file)
		return;
	writer_put(writer, " ", 1);
	put_name(writer, place->file, in_json);
	if (!place->line)
		return;
	writer_put(writer, ":", 1);
	writer_put_number(writer, place->line);
}

void writer_put_position(struct writer *writer, const struct place *place)
{
	put_position(writer, place, false);
}

void writer_put_file(struct writer *writer, const struct place *place)
{
	put_file(writer, place, false);
}

void writer_put_place(struct writer *writer, const struct place *place)
{
	put_position(writer, place, false);
	put_file(writer, place, false);
}

void writer_put_place_in_json(struct writer *writer, const struct place *place)
{
	put_position(writer, place, true);
	put_file(writer, place, true);
}

static struct name behind(const struct name *name, size_t len)
{
	return (struct name){.text = name->text + len, .len = name->len - (uint32_t)len};
}

struct name name_without_path(const struct name *name)
{
	size_t start = 0;

	/* Types that a generic function is made for have packages of their own. */
	for (size_t i = 0; i < name->len && !strchr("[({ ", name->text[i]); i++)
		if (name->text[i] == '/')
			start = i + 1;
	return behind(name, start);
}

bool name_without_types(const struct name *name, struct name parts[2])
{
	const char *open = memchr(name->text, '[', name->len);
	const char *close = memrchr(name->text, ']', name->len);

	if (!open || !close || close < open)
		return false;
	parts[0] = (struct name){.text = name->text, .len = (uint32_t)(open - name->text)};
	parts[1] = behind(name, (size_t)(close + 1 - name->text));
	return true;
}

struct name name_end(const struct name *name, size_t columns)
{
	size_t start = name->len - (columns - 1);

	/* No character of several bytes is divided. */
	while (start < name->len && (name->text[start] & 0xc0) == 0x80)
		start++;
	return (struct name){.text = name->text + start, .len = name->len - start};
}

struct place place_short(const struct place *place, struct name names[2])
{
	struct place result = *place;

	if (place->function) {
		names[0] = name_without_path(place->function);
		result.function = &names[0];
	}
	if (place->file) {
		const char *slash = strrchr(place->file->text, '/');
		names[1] = behind(place->file, slash ? (size_t)(slash + 1 - place->file->text) : 0);
		result.file = &names[1];
	}
	return result;
}
