/* SPDX-License-Identifier: MIT */
/* typed.c - which pieces of values are captured: the values themselves first, then what they lead to. */
#include "values/typed.h"

#include <stdlib.h>
#include <string.h>

/* Of a value that is no text, so many bytes. */
#define MAX_STRUCT_SIZE 256
/* So many elements are looked into for what they lead to. */
#define MAX_ELEMENTS 8
/* What is captured of a struct, or of what is in an interface, where there is no room for more. */
#define PART_SIZE 64
/* Fields and elements inside of one piece that are looked at, and how deep inside of each other. */
#define MAX_STEPS   256
#define MAX_NESTING 16

struct building {
	struct typed_list *typed;
	const struct value_limits *limits;
	size_t num_bytes, num_ops;
	size_t steps;
	size_t max_ops;
	bool adds_texts; /* and nothing else; or all but those */
};

/* ---- sizes of what the runtime has ---- */

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
		return layout;
	}
	layout.elems = (key + elem_align - 1) / elem_align * elem_align;
	layout.key_stride = layout.elem_stride = (layout.elems + elem + align - 1) / align * align;
	layout.elems += 8;
	layout.size = 8 + 8 * layout.key_stride;
	return layout;
}

/* ---- pieces ---- */

static uint8_t add_piece(struct building *building, const struct typed_piece *piece)
{
	struct typed_list *typed = building->typed;
	size_t bytes = typed_slot_size(typed, piece), ops = typed_num_ops(typed, piece);

	if (typed->num_pieces == TYPED_MAX_PIECES ||
	    bytes > TYPED_MAX_BYTES - building->num_bytes ||
	    ops > building->max_ops - building->num_ops)
		return TYPED_NONE;
	building->num_bytes += bytes;
	building->num_ops += ops;
	typed->pieces[typed->num_pieces] = *piece;
	return (uint8_t)typed->num_pieces++;
}

static uint16_t limit(uint64_t size, uint64_t max)
{
	return (uint16_t)(size < max ? size : max);
}

/* Of values that are no texts. */
static uint64_t struct_limit(const struct building *building)
{
	return building->limits->size > MAX_STRUCT_SIZE ? building->limits->size : MAX_STRUCT_SIZE;
}

/* A place in a piece that leads elsewhere. */
struct lead {
	struct go_type *type;
	uint8_t parent, depth;
	uint16_t at;
};

/* False: it is not wanted now, or there is no room. */
static bool add_lead(struct building *building, const struct lead *lead, enum typed_role role,
		     struct go_type *type, uint64_t size, bool is_text)
{
	struct typed_piece piece = {.type = type,
				    .role = (uint8_t)role,
				    .parent = lead->parent,
				    .parent_at = lead->at,
				    .size = (uint16_t)size,
				    .is_text = is_text};
	bool is_deeper = role != TYPED_TEXT && role != TYPED_CODE && role != TYPED_ITAB_TYPE;

	piece.depth = (uint8_t)(lead->depth + is_deeper);
	return building->adds_texts == (role == TYPED_TEXT) && size &&
	       piece.depth <= building->limits->depth && add_piece(building, &piece) != TYPED_NONE;
}

/* What is of use in part, too: where there is no room for all, of less. */
static void add_lead_in_part(struct building *building, const struct lead *lead,
			     enum typed_role role, struct go_type *type, uint64_t size,
			     bool is_text)
{
	if (!add_lead(building, lead, role, type, size, is_text) && size > PART_SIZE)
		add_lead(building, lead, role, type, PART_SIZE, is_text);
}

/* Of many texts each gets less room. */
static uint64_t text_limit(const struct building *building, const struct lead *lead)
{
	uint8_t role = building->typed->pieces[lead->parent].role;
	bool is_one_of_many = role == TYPED_ELEMENTS || role == TYPED_GROUP;

	return is_one_of_many ? (building->limits->size + 1) / 2 : building->limits->size;
}

static void lead_to_elements(struct building *building, const struct lead *lead)
{
	struct go_type *elem = lead->type->elem;
	uint64_t max = building->limits->size;

	if (elem->size == 1 && elem->kind == GO_UINT) {
		add_lead(building, lead, TYPED_TEXT, elem, text_limit(building, lead), true);
		return;
	}
	if (!elem->size || elem->size > UINT16_MAX)
		return;
	max = max < elem->size ? limit(elem->size, struct_limit(building))
			       : max / elem->size * elem->size;
	add_lead(building, lead, TYPED_ELEMENTS, elem, max, true);
}

static void lead_to_interface(struct building *building, const struct lead *lead)
{
	if (lead->type->has_methods)
		add_lead(building, lead, TYPED_ITAB_TYPE, lead->type, sizeof(uint64_t), false);
	add_lead(building, lead, TYPED_DATA, lead->type, PART_SIZE, true);
	add_lead(building, lead, TYPED_DATA_TEXT, lead->type, building->limits->size, true);
}

static void lead_elsewhere(struct building *building, const struct lead *lead)
{
	struct go_type *type = lead->type;

	if (!go_type_complete(type))
		return;
	switch (type->kind) {
	case GO_STRING:
		add_lead(building, lead, TYPED_TEXT, type, text_limit(building, lead), true);
		break;
	case GO_SLICE:
		lead_to_elements(building, lead);
		break;
	case GO_POINTER:
		if (type->elem)
			add_lead_in_part(building, lead, TYPED_TARGET, type->elem,
					 limit(type->elem->size, struct_limit(building)), false);
		break;
	case GO_CHAN:
		add_lead(building, lead, TYPED_CHAN, type, 2 * sizeof(uint64_t), false);
		break;
	case GO_FUNC:
		add_lead(building, lead, TYPED_CODE, type, sizeof(uint64_t), false);
		break;
	case GO_INTERFACE:
		lead_to_interface(building, lead);
		break;
	case GO_MAP:
		add_lead(building, lead, TYPED_MAP, type, TYPED_MAP_SIZE, false);
		break;
	}
}

/* ---- what a piece leads to ---- */

/* The value at `at` of a piece, whose bytes end at `end`. */
static void look_into(struct building *building, struct lead lead, size_t end, unsigned nesting)
{
	struct go_type *type = lead.type;
	size_t at = lead.at;

	if (!building->steps || nesting == MAX_NESTING || at > end)
		return;
	building->steps--;
	if (type->kind == GO_STRUCT) {
		if (go_type_is(type, "time.Time") || !go_type_complete(type))
			return;
		for (size_t i = 0; i < type->num_fields; i++) {
			lead.type = type->fields[i].type;
			lead.at = limit(at + type->fields[i].offset, UINT16_MAX);
			look_into(building, lead, end, nesting + 1);
		}
	} else if (type->kind == GO_ARRAY) {
		if (!go_type_complete(type))
			return;
		lead.type = type->elem;
		for (size_t i = 0; i < MAX_ELEMENTS && i < type->length; i++) {
			lead.at = limit(at + i * type->elem->size, UINT16_MAX);
			look_into(building, lead, end, nesting + 1);
		}
	} else if (go_type_has_size(type) && at + type->size <= end) {
		lead_elsewhere(building, &lead);
	}
}

static void look_into_group(struct building *building, uint8_t index)
{
	const struct typed_piece *piece = &building->typed->pieces[index];
	struct typed_map_layout layout = typed_map_layout(building->typed->maps, piece->type);

	for (size_t i = 0; i < 8; i++) {
		struct lead lead = {.parent = index, .depth = piece->depth};

		lead.type = piece->type->key;
		lead.at = limit(layout.keys + i * layout.key_stride, UINT16_MAX);
		if (lead.type->size <= TYPED_MAX_IN_MAP)
			look_into(building, lead, piece->size, 0);
		lead.type = piece->type->elem;
		lead.at = limit(layout.elems + i * layout.elem_stride, UINT16_MAX);
		if (lead.type->size <= TYPED_MAX_IN_MAP)
			look_into(building, lead, piece->size, 0);
	}
}

/* Its entries are as deep as its header. */
static void look_into_map(struct building *building, uint8_t index)
{
	const struct typed_piece *piece = &building->typed->pieces[index];
	struct typed_map_layout layout = typed_map_layout(building->typed->maps, piece->type);
	struct lead lead = {.type = piece->type,
			    .parent = index,
			    .depth = (uint8_t)(piece->depth - 1),
			    .at = TYPED_MAP_GROUPS_AT};
	uint64_t size = limit(layout.size, struct_limit(building));

	add_lead(building, &lead, TYPED_GROUP, piece->type, size, true);
}

static void look_into_elements(struct building *building, uint8_t index)
{
	const struct typed_piece *piece = &building->typed->pieces[index];
	size_t count = piece->size / piece->type->size;

	for (size_t i = 0; i < count && i < MAX_ELEMENTS; i++)
		look_into(building,
			  (struct lead){.type = piece->type,
					.parent = index,
					.depth = piece->depth,
					.at = (uint16_t)(i * piece->type->size)},
			  (i + 1) * piece->type->size, 0);
}

static void look_into_piece(struct building *building, uint8_t index)
{
	const struct typed_piece *piece = &building->typed->pieces[index];
	struct lead lead = {.type = piece->type, .parent = index, .depth = piece->depth};

	building->steps = MAX_STEPS;
	switch (piece->role) {
	case TYPED_ROOT:
	case TYPED_TARGET:
		look_into(building, lead, piece->size, 0);
		break;
	case TYPED_ELEMENTS:
		look_into_elements(building, index);
		break;
	case TYPED_MAP:
		look_into_map(building, index);
		break;
	case TYPED_GROUP:
		look_into_group(building, index);
		break;
	}
}

/* ---- what addresses lead to ---- */

static struct go_type *type_at(void *context, uint64_t va)
{
	return gobin_type_at(context, va);
}

static struct go_type *interface_type(void *context, uint64_t va)
{
	return gobin_interface_type(context, va);
}

static const char *function(void *context, uint64_t va)
{
	const struct gobin_func *func = gobin_func_at(context, va);

	return func ? func->name : NULL;
}

struct typed_source typed_source_gobin(struct gobin *bin)
{
	return bin ? (struct typed_source){bin, type_at, interface_type, function}
		   : (struct typed_source){};
}

/* ---- lists ---- */

static void add_root(struct building *building, struct typed_value *value)
{
	struct typed_piece piece = {
		.type = value->type,
		.role = TYPED_ROOT,
		.parent = TYPED_NONE,
		.parent_at = (uint16_t)(value - building->typed->values),
		.size = limit(value->type->size, struct_limit(building)),
	};

	value->piece = TYPED_NONE;
	if (piece.size && typed_is_some_known(building->typed, value))
		value->piece = add_piece(building, &piece);
}

/* What room is left goes to what is in interfaces, once a record has to be a large one. */
static void fill_room(struct building *building)
{
	struct typed_list *typed = building->typed;

	if (building->num_bytes <= VALUES_SMALL_BYTES)
		return;
	for (size_t i = 0; i < typed->num_pieces; i++) {
		struct typed_piece *piece = &typed->pieces[i];
		size_t before = typed_slot_size(typed, piece);
		struct typed_piece larger = *piece;

		larger.size = building->limits->size;
		if (piece->role != TYPED_DATA || larger.size <= piece->size ||
		    typed_slot_size(typed, &larger) - before >
			    TYPED_MAX_BYTES - building->num_bytes)
			continue;
		building->num_bytes += typed_slot_size(typed, &larger) - before;
		*piece = larger;
	}
}

struct error *typed_list_make(struct typed_value *values, size_t num_values, struct gobin *bin,
			      const struct typed_site *site, const struct value_limits *limits,
			      struct value_list *list)
{
	struct typed_list *typed = calloc(1, sizeof(*typed));
	struct building building = {
		.typed = typed, .limits = limits, .max_ops = TYPED_MAX_OPS - site->other_ops};

	if (!typed) {
		typed_values_free(values, num_values);
		return error_out_of_memory();
	}
	*typed = (struct typed_list){.values = values,
				     .num_values = num_values,
				     .changed_registers = site->changed_registers,
				     .is_repeated = site->is_repeated,
				     .maps = bin ? gobin_map_layout(bin) : GO_MAP_SWISS,
				     .source = typed_source_gobin(bin)};
	for (size_t i = 0; i < num_values; i++)
		add_root(&building, &values[i]);
	/* Those that are added come behind: level by level, texts first. */
	for (size_t begin = 0, end; begin < typed->num_pieces; begin = end) {
		end = typed->num_pieces;
		for (int pass = 0; pass < 2; pass++) {
			building.adds_texts = !pass;
			for (size_t i = begin; i < end; i++)
				look_into_piece(&building, (uint8_t)i);
		}
	}
	fill_room(&building);
	list->typed = typed;
	typed_place(list);
	return NULL;
}

void typed_values_free(struct typed_value *values, size_t num_values)
{
	for (size_t i = 0; i < num_values; i++)
		free(values[i].name);
	free(values);
}

void typed_list_free(struct typed_list *typed)
{
	if (typed)
		typed_values_free(typed->values, typed->num_values);
	free(typed);
}
