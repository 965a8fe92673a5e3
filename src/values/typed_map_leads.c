/* SPDX-License-Identifier: MIT */
/* typed_map_leads.c - what maps lead to, as pieces: their groups of entries. */
#include "values/typed_internal.h"

/* Of the entries of a map. */
#define MAX_MAP_SIZE 1024

/* The eight of a group that is at `at` of a piece. */
static void look_into_group(struct building *building, uint8_t index, uint64_t at)
{
	const struct typed_piece *piece = &building->typed->pieces[index];
	struct typed_map_layout layout = typed_map_layout(building->typed->maps, piece->type);

	for (size_t i = 0; i < 8; i++) {
		struct typed_lead lead = {.parent = index, .depth = piece->depth};

		lead.type = piece->type->key;
		lead.at = typed_limit(at + layout.keys + i * layout.key_stride, UINT16_MAX);
		if (lead.type->size <= TYPED_MAX_IN_MAP)
			typed_look_into(building, lead, piece->size);
		lead.type = piece->type->elem;
		lead.at = typed_limit(at + layout.elems + i * layout.elem_stride, UINT16_MAX);
		if (lead.type->size <= TYPED_MAX_IN_MAP)
			typed_look_into(building, lead, piece->size);
	}
}

void typed_look_into_groups(struct building *building, uint8_t index)
{
	const struct typed_piece *piece = &building->typed->pieces[index];
	struct typed_map_layout layout = typed_map_layout(building->typed->maps, piece->type);

	for (uint64_t at = 0; layout.stride && at < piece->size; at += layout.stride)
		look_into_group(building, index, at);
}

/* Its entries are as deep as its header. */
static struct typed_lead lead_to_groups(const struct building *building, uint8_t index)
{
	const struct typed_piece *piece = &building->typed->pieces[index];

	return (struct typed_lead){.type = piece->type,
				   .parent = index,
				   .depth = (uint8_t)(piece->depth - 1),
				   .at = TYPED_MAP_GROUPS_AT};
}

void typed_look_into_map(struct building *building, uint8_t index)
{
	struct typed_lead lead = lead_to_groups(building, index);
	struct typed_map_layout layout = typed_map_layout(building->typed->maps, lead.type);
	uint64_t small = typed_struct_limit(building);

	if (layout.stride > small && layout.stride <= MAX_MAP_SIZE / 2 &&
	    typed_add_lead(building, &lead, TYPED_GROUP, lead.type, layout.stride, true))
		return;
	typed_add_lead(building, &lead, TYPED_GROUP, lead.type, typed_limit(layout.stride, small),
		       true);
}

/* What there was no room for at first: the rest of the first group, and what that leads to. */
static void add_rest_of_group(struct building *building, uint8_t index)
{
	struct typed_piece *group = &building->typed->pieces[index];
	struct typed_map_layout layout = typed_map_layout(building->typed->maps, group->type);
	size_t before = group->size;

	if (!typed_grow_piece(building, group, typed_limit(layout.stride, MAX_MAP_SIZE)))
		return;
	building->looked_at = before;
	typed_look_into_pieces(building, index, index + 1u);
	building->looked_at = 0;
}

/* As many as there is room for. */
static void add_groups_behind(struct building *building, uint8_t index)
{
	const struct typed_piece *group = &building->typed->pieces[index];
	struct typed_lead lead = lead_to_groups(building, group->parent);
	struct typed_map_layout layout = typed_map_layout(building->typed->maps, lead.type);

	building->adds_texts = false;
	for (uint64_t count = TYPED_MAX_GROUPS - 1; count && group->size == layout.stride;
	     count--) {
		uint64_t size = count * layout.stride;

		if (size <= MAX_MAP_SIZE &&
		    typed_add_lead(building, &lead, TYPED_MORE_GROUPS, lead.type, size, true))
			return;
	}
}

/* Of each that is there as a whole. */
static void add_overflow(struct building *building, uint8_t index)
{
	const struct typed_piece *group = &building->typed->pieces[index];
	struct typed_map_layout layout = typed_map_layout(building->typed->maps, group->type);
	struct typed_lead lead = {
		.type = group->type, .parent = index, .depth = (uint8_t)(group->depth - 1)};

	for (uint64_t end = layout.stride; layout.stride > layout.size && end <= group->size;
	     end += layout.stride) {
		lead.at = typed_limit(end - sizeof(uint64_t), UINT16_MAX);
		typed_add_lead(building, &lead, TYPED_OVERFLOW, lead.type, layout.size, true);
	}
}

static bool is_group(const struct typed_piece *piece)
{
	return piece->role == TYPED_GROUP || piece->role == TYPED_MORE_GROUPS;
}

void typed_add_more_of_maps(struct building *building)
{
	struct typed_list *typed = building->typed;
	size_t begin = typed->num_pieces;

	for (size_t i = 0; i < begin; i++) {
		if (typed->pieces[i].role != TYPED_GROUP)
			continue;
		add_rest_of_group(building, (uint8_t)i);
		add_groups_behind(building, (uint8_t)i);
	}
	for (size_t i = 0, end = typed->num_pieces; i < end; i++)
		if (is_group(&typed->pieces[i]))
			add_overflow(building, (uint8_t)i);
	typed_add_leads(building, begin);
}
