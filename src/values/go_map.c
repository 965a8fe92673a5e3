/* SPDX-License-Identifier: MIT */
/* go_map.c - entries of maps. */
#include "values/go_value_internal.h"

#include <string.h>

/* Which of the eight of a group are in use: a byte for each at its beginning. `size`: bytes of it that are there. */
static unsigned entries_in_use(const uint8_t *group, size_t size,
			       const struct typed_map_layout *layout, enum go_map_layout maps)
{
	unsigned present = 0;

	if (size < WORD)
		return 0;
	for (unsigned i = 0; i < 8; i++) {
		/* src/runtime/map.go, minTopHash; src/internal/runtime/maps/group.go, ctrlEmpty */
		bool is_used = maps == GO_MAP_BUCKETS ? group[i] >= 5 : !(group[i] & 0x80);
		uint64_t key_end = layout->keys + (i + 1) * layout->key_stride;
		uint64_t elem_end = layout->elems + i * layout->elem_stride;

		if (maps == GO_MAP_SWISS)
			key_end = layout->keys + i * layout->key_stride;
		if (is_used && key_end <= size && elem_end <= size)
			present |= 1u << i;
	}
	return present;
}

/*
 * How many groups there are for sure, one behind the other. Those of Go before 1.24 are 2^B buckets
 * (src/runtime/map.go, hmap.B); later ones have one group, or tables of at least two, of which seven eighths may be in
 * use, and of 1024 entries before there is a second table (src/internal/runtime/maps: Map.dirLen, Map.growToTable(),
 * Table.rehash()).
 */
static unsigned count_groups(const uint8_t *header, size_t size, enum go_map_layout maps)
{
	uint64_t used, tables;

	if (size < TYPED_MAP_SIZE)
		return 1;
	if (maps == GO_MAP_BUCKETS)
		return header[9] < 2 ? 1u << header[9] : TYPED_MAX_GROUPS;
	memcpy(&used, header, sizeof(used));
	memcpy(&tables, header + TYPED_MAP_GROUPS_AT + WORD, sizeof(tables));
	if (!tables)
		return 1;
	return tables == 1 && used <= 14 ? 2 : TYPED_MAX_GROUPS;
}

/* The one at `at` of a piece is number `index`. */
static void take_group(struct go_entries *entries, const struct go_value *map, unsigned index,
		       uint8_t piece, uint64_t at)
{
	const uint8_t *bytes;
	size_t size;
	uint8_t state;

	if (piece == TYPED_NONE)
		return;
	entries->groups[index] = go_make(map, map->type, piece, at);
	bytes = go_piece_bytes(map->typed, map->captured, piece, &size, &state);
	if (bytes && at < size)
		entries->present |= (uint64_t)entries_in_use(bytes + at, size - at,
							     &entries->layout, map->typed->maps)
				    << 8 * index;
}

/* Those of them that were captured. */
static void find_groups(struct go_entries *entries, const struct go_value *map, uint8_t header,
			unsigned count)
{
	const struct typed_map_layout *layout = &entries->layout;

	for (unsigned i = 0; i < count; i++) {
		uint8_t piece = go_find_piece(map, header, TYPED_MAP_GROUPS_AT,
					      i ? TYPED_MORE_GROUPS : TYPED_GROUP);
		uint64_t at = i ? (i - 1) * layout->stride : 0;

		take_group(entries, map, 2 * i, piece, at);
		piece = go_find_piece(map, piece, (uint32_t)(at + layout->size), TYPED_OVERFLOW);
		take_group(entries, map, 2 * i + 1, piece, 0);
	}
}

/* Of a text's characters there may have been no room for any. */
static bool has_key(const struct go_entries *entries, unsigned index)
{
	struct go_value key = go_entry(entries, index, true);
	struct value_spec spec;
	struct value text;

	if (key.state != VALUE_WHOLE || !go_value_is_text(&key))
		return key.state == VALUE_WHOLE;
	go_value_text(&key, &spec, &text);
	return text.text;
}

static void drop_without_keys(struct go_entries *entries)
{
	for (unsigned i = 0; i < GO_MAX_ENTRIES; i++)
		if (entries->present >> i & 1 && !has_key(entries, i))
			entries->present &= ~(UINT64_C(1) << i);
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
	entries.state = VALUE_TRUNCATED;
	if (entries.layout.size)
		find_groups(&entries, map, piece, count_groups(bytes, size, map->typed->maps));
	drop_without_keys(&entries);
	if ((uint64_t)__builtin_popcountll(entries.present) == entries.length)
		entries.state = VALUE_WHOLE;
	return entries;
}

struct go_value go_entry(const struct go_entries *entries, unsigned index, bool is_key)
{
	const struct typed_map_layout *layout = &entries->layout;
	const struct go_value *group = &entries->groups[index / 8];
	struct go_type *type = is_key ? group->type->key : group->type->elem;
	uint64_t at = is_key ? layout->keys + index % 8 * layout->key_stride
			     : layout->elems + index % 8 * layout->elem_stride;

	if (type->size > TYPED_MAX_IN_MAP)
		return go_without(group, type, VALUE_DEPTH);
	return go_make(group, type, group->piece, group->at + at);
}
