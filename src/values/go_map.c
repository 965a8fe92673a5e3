/* SPDX-License-Identifier: MIT */
/* go_map.c - entries of maps. */
#include "values/go_value_internal.h"

#include <string.h>

/* Which of the eight are in use: a byte for each at the group's begin. */
static unsigned entries_in_use(const struct go_entries *entries, enum go_map_layout maps)
{
	unsigned present = 0;
	const uint8_t *bytes;
	size_t size;
	uint8_t state;

	bytes = go_piece_bytes(entries->group.typed, entries->group.captured, entries->group.piece,
			       &size, &state);
	if (!bytes || size < WORD)
		return 0;
	for (unsigned i = 0; i < 8; i++) {
		/* src/runtime/map.go, minTopHash; src/internal/runtime/maps/group.go, ctrlEmpty */
		bool is_used = maps == GO_MAP_BUCKETS ? bytes[i] >= 5 : !(bytes[i] & 0x80);
		uint64_t key_end = entries->layout.keys + (i + 1) * entries->layout.key_stride;
		uint64_t elem_end = entries->layout.elems + i * entries->layout.elem_stride;

		if (maps == GO_MAP_SWISS)
			key_end = entries->layout.keys + i * entries->layout.key_stride;
		if (is_used && key_end <= size && elem_end <= size)
			present |= 1u << i;
	}
	return present;
}

struct go_entries go_value_entries(const struct go_value *map)
{
	struct go_entries entries = {.state = map->state};
	const uint8_t *bytes;
	uint8_t piece;
	size_t size;

	if (map->state != VALUE_WHOLE)
		return entries;
	if (!go_value_word(map, 0, WORD)) {
		entries.state = VALUE_NIL;
		return entries;
	}
	piece = go_find_lead(map, TYPED_MAP);
	entries.state = VALUE_DEPTH;
	if (piece == TYPED_NONE)
		return entries;
	bytes = go_piece_bytes(map->typed, map->captured, piece, &size, &entries.state);
	if (!bytes)
		return entries;
	memcpy(&entries.length, bytes, sizeof(entries.length));
	if (!entries.length)
		return entries;
	entries.layout = typed_map_layout(map->typed->maps, map->type);
	entries.group = go_make(map, map->type,
				go_find_piece(map, piece, TYPED_MAP_GROUPS_AT, TYPED_GROUP), 0);
	entries.state = VALUE_TRUNCATED;
	if (entries.layout.size && entries.group.piece != TYPED_NONE)
		entries.present = entries_in_use(&entries, map->typed->maps);
	if ((uint64_t)__builtin_popcount(entries.present) == entries.length)
		entries.state = VALUE_WHOLE;
	return entries;
}

struct go_value go_entry(const struct go_entries *entries, unsigned index, bool is_key)
{
	const struct typed_map_layout *layout = &entries->layout;
	struct go_type *type = is_key ? entries->group.type->key : entries->group.type->elem;
	uint64_t at = is_key ? layout->keys + index * layout->key_stride
			     : layout->elems + index * layout->elem_stride;

	if (type->size > TYPED_MAX_IN_MAP)
		return go_without(&entries->group, type, VALUE_DEPTH);
	return go_make(&entries->group, type, entries->group.piece, at);
}
