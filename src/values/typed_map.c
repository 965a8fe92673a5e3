/* SPDX-License-Identifier: MIT */
/* typed_map.c - where entries of maps are: src/runtime/map.go, src/internal/runtime/maps/group.go. */
#include "values/typed.h"

static uint64_t stored_size(const struct go_type *type)
{
	return type->size > TYPED_MAX_IN_MAP ? sizeof(uint64_t) : type->size;
}

static unsigned stored_align(struct go_type *type)
{
	return type->size > TYPED_MAX_IN_MAP ? sizeof(uint64_t) : go_type_align(type);
}

struct typed_map_layout typed_map_layout(enum go_map_layout maps, const struct go_type *map)
{
	uint64_t key = stored_size(map->key), elem = stored_size(map->elem);
	unsigned key_align = stored_align(map->key), elem_align = stored_align(map->elem);
	unsigned align = key_align > elem_align ? key_align : elem_align;
	struct typed_map_layout layout = {.keys = 8};

	if (!key_align || !elem_align)
		return (struct typed_map_layout){};
	if (maps == GO_MAP_BUCKETS) {
		layout.key_stride = key;
		layout.elem_stride = elem;
		layout.elems = 8 + 8 * key;
		layout.size = layout.elems + 8 * elem;
		/* Behind a bucket is a pointer to the next one. */
		layout.stride = layout.size + sizeof(uint64_t);
		return layout;
	}
	layout.elems = (key + elem_align - 1) / elem_align * elem_align;
	layout.key_stride = layout.elem_stride = (layout.elems + elem + align - 1) / align * align;
	layout.elems += 8;
	layout.size = layout.stride = 8 + 8 * layout.key_stride;
	return layout;
}
