/* SPDX-License-Identifier: MIT */
/* place_text.c - places as people read them; see place_text.h. */
#include "output/place_text.h"

#include <stdbool.h>

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

static inline void put_place(struct writer *writer, const struct place *place, bool in_json)
{
	put_position(writer, place, in_json);
	if (!place->file)
		return;
	writer_put(writer, " ", 1);
	put_name(writer, place->file, in_json);
	if (!place->line)
		return;
	writer_put(writer, ":", 1);
	writer_put_number(writer, place->line);
}

void writer_put_place(struct writer *writer, const struct place *place)
{
	put_place(writer, place, false);
}

void writer_put_place_in_json(struct writer *writer, const struct place *place)
{
	put_place(writer, place, true);
}
