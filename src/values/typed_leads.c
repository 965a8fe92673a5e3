/* SPDX-License-Identifier: MIT */
/* typed_leads.c - what pieces lead to, as pieces. */
#include "values/typed_internal.h"

/* Of a value that is no text, so many bytes. */
#define MAX_STRUCT_SIZE 256
/* So many elements are looked into for what they lead to. */
#define MAX_ELEMENTS 8
/* What is captured of a struct, or of what is in an interface, where there is no room for more. */
#define PART_SIZE 64
/* src/context/context.go: timerCtx */
#define CONTEXT_SIZE 112
/* Contexts that are looked at, each made from the next one, and those of them that are asked for their values, too. */
#define MAX_CONTEXTS        10
#define MAX_CONTEXTS_VALUES 3
#define CONTEXT             "context.Context"
#define INTERFACE_SIZE      16
/* Fields and elements inside of one piece that are looked at, and how deep inside of each other. */
#define MAX_STEPS   256
#define MAX_NESTING 16

uint64_t typed_struct_limit(const struct building *building)
{
	return building->limits->size > MAX_STRUCT_SIZE ? building->limits->size : MAX_STRUCT_SIZE;
}

bool typed_add_lead(struct building *building, const struct typed_lead *lead, enum typed_role role,
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
	       piece.depth <= building->limits->depth &&
	       typed_add_piece(building, &piece) != TYPED_NONE;
}

/* What is of use in part, too: where there is no room for all, of less. */
static void add_lead_in_part(struct building *building, const struct typed_lead *lead,
			     enum typed_role role, struct go_type *type, uint64_t size,
			     bool is_text)
{
	if (!typed_add_lead(building, lead, role, type, size, is_text) && size > PART_SIZE)
		typed_add_lead(building, lead, role, type, PART_SIZE, is_text);
}

static bool is_in_map(const struct building *building, const struct typed_lead *lead)
{
	uint8_t role = building->typed->pieces[lead->parent].role;

	return role == TYPED_GROUP || role == TYPED_MORE_GROUPS || role == TYPED_OVERFLOW;
}

/* Of many texts each gets less room. */
static uint64_t text_limit(const struct building *building, const struct typed_lead *lead)
{
	bool is_one_of_many = building->typed->pieces[lead->parent].role == TYPED_ELEMENTS ||
			      is_in_map(building, lead);

	return is_one_of_many ? (building->limits->size + 1) / 2 : building->limits->size;
}

/* And so do many slices, which are short in headers of HTTP. */
static uint64_t elements_limit(const struct building *building, const struct typed_lead *lead)
{
	return is_in_map(building, lead) ? building->limits->size / 4 : building->limits->size;
}

static void lead_to_elements(struct building *building, const struct typed_lead *lead)
{
	struct go_type *elem = lead->type->elem;
	uint64_t max = elements_limit(building, lead);

	if (elem->size == 1 && elem->kind == GO_UINT) {
		typed_add_lead(building, lead, TYPED_TEXT, elem, text_limit(building, lead), true);
		return;
	}
	if (!elem->size || elem->size > UINT16_MAX)
		return;
	max = max < elem->size ? typed_limit(elem->size, typed_struct_limit(building))
			       : max / elem->size * elem->size;
	typed_add_lead(building, lead, TYPED_ELEMENTS, elem, max, true);
}

/* How many contexts lead to it, itself included; 0: it is none, but a key or a value of one, for instance. */
static unsigned context_level(const struct building *building, uint8_t index)
{
	const struct typed_piece *piece = &building->typed->pieces[index];
	unsigned level = 0;

	while (piece->role == TYPED_DATA && go_type_is(piece->type, CONTEXT)) {
		const struct typed_piece *parent = &building->typed->pieces[piece->parent];

		if (parent->role == TYPED_DATA && piece->parent_at)
			return 0;
		level++;
		piece = parent;
	}
	return level;
}

static void lead_to_context(struct building *building, const struct typed_lead *lead)
{
	typed_add_lead(building, lead, TYPED_DATA, lead->type, CONTEXT_SIZE, true);
}

/* What it is made from is what it begins with, at the same depth; a key and a value are behind that, if it has them.
 * Whether it has, only its type says, and of most itabs the file. */
static void look_into_context(struct building *building, uint8_t index)
{
	const struct typed_piece *piece = &building->typed->pieces[index];
	unsigned level = context_level(building, index);
	struct typed_lead lead = {
		.type = piece->type, .parent = index, .depth = (uint8_t)(piece->depth - 1)};

	if (!level)
		return;
	if (level < MAX_CONTEXTS)
		lead_to_context(building, &lead);
	for (unsigned i = 1; i <= 2 && level <= MAX_CONTEXTS_VALUES; i++) {
		lead.at = (uint16_t)(i * INTERFACE_SIZE);
		typed_add_lead(building, &lead, TYPED_DATA, piece->type, PART_SIZE / 2, true);
		typed_add_lead(building, &lead, TYPED_DATA_TEXT, piece->type,
			       building->limits->size / 2, true);
	}
}

static void lead_to_interface(struct building *building, const struct typed_lead *lead)
{
	if (lead->type->has_methods)
		typed_add_lead(building, lead, TYPED_ITAB_TYPE, lead->type, sizeof(uint64_t),
			       false);
	if (go_type_is(lead->type, CONTEXT)) {
		lead_to_context(building, lead);
		return;
	}
	typed_add_lead(building, lead, TYPED_DATA, lead->type, PART_SIZE, true);
	typed_add_lead(building, lead, TYPED_DATA_TEXT, lead->type, building->limits->size, true);
}

static void lead_elsewhere(struct building *building, const struct typed_lead *lead)
{
	struct go_type *type = lead->type;

	if (!go_type_complete(type))
		return;
	switch (type->kind) {
	case GO_STRING:
		typed_add_lead(building, lead, TYPED_TEXT, type, text_limit(building, lead), true);
		break;
	case GO_SLICE:
		lead_to_elements(building, lead);
		break;
	case GO_POINTER:
		if (type->elem)
			add_lead_in_part(
				building, lead, TYPED_TARGET, type->elem,
				typed_limit(type->elem->size, typed_struct_limit(building)), false);
		break;
	case GO_UNSAFE_POINTER:
		/* Its type is known only when the dictionary is there. */
		if (type->is_any_pointer && building->typed->dictionary.piece != TYPED_NONE)
			typed_add_lead(building, lead, TYPED_TARGET, type, PART_SIZE, true);
		break;
	case GO_CHAN:
		typed_add_lead(building, lead, TYPED_CHAN, type, 2 * sizeof(uint64_t), false);
		break;
	case GO_FUNC:
		typed_add_lead(building, lead, TYPED_CODE, type, sizeof(uint64_t), false);
		break;
	case GO_INTERFACE:
		lead_to_interface(building, lead);
		break;
	case GO_MAP:
		typed_add_lead(building, lead, TYPED_MAP, type, TYPED_MAP_SIZE, false);
		break;
	}
}

/* ---- what a piece leads to ---- */

/* What is inside of a struct or an array is nested in it. */
static void look_into_nested(struct building *building, struct typed_lead lead, size_t end,
			     unsigned nesting)
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
			lead.at = typed_limit(at + type->fields[i].offset, UINT16_MAX);
			look_into_nested(building, lead, end, nesting + 1);
		}
	} else if (type->kind == GO_ARRAY) {
		if (!go_type_complete(type))
			return;
		lead.type = type->elem;
		for (size_t i = 0; i < MAX_ELEMENTS && i < type->length; i++) {
			lead.at = typed_limit(at + i * type->elem->size, UINT16_MAX);
			look_into_nested(building, lead, end, nesting + 1);
		}
	} else if (go_type_has_size(type) && at + type->size <= end &&
		   at + type->size > building->looked_at) {
		lead_elsewhere(building, &lead);
	}
}

void typed_look_into(struct building *building, struct typed_lead lead, size_t end)
{
	look_into_nested(building, lead, end, 0);
}

static void look_into_elements(struct building *building, uint8_t index)
{
	const struct typed_piece *piece = &building->typed->pieces[index];
	size_t count = piece->size / piece->type->size;

	for (size_t i = 0; i < count && i < MAX_ELEMENTS; i++)
		typed_look_into(building,
				(struct typed_lead){.type = piece->type,
						    .parent = index,
						    .depth = piece->depth,
						    .at = (uint16_t)(i * piece->type->size)},
				(i + 1) * piece->type->size);
}

static void look_into_piece(struct building *building, uint8_t index)
{
	const struct typed_piece *piece = &building->typed->pieces[index];
	struct typed_lead lead = {.type = piece->type, .parent = index, .depth = piece->depth};

	building->steps = MAX_STEPS;
	switch (piece->role) {
	case TYPED_ROOT:
	case TYPED_TARGET:
		if (!piece->is_text)
			typed_look_into(building, lead, piece->size);
		break;
	case TYPED_ELEMENTS:
		look_into_elements(building, index);
		break;
	case TYPED_MAP:
		typed_look_into_map(building, index);
		break;
	case TYPED_GROUP:
	case TYPED_MORE_GROUPS:
	case TYPED_OVERFLOW:
		typed_look_into_groups(building, index);
		break;
	case TYPED_DATA:
		look_into_context(building, index);
		break;
	}
}

void typed_look_into_pieces(struct building *building, size_t begin, size_t end)
{
	for (int pass = 0; pass < 2; pass++) {
		building->adds_texts = !pass;
		for (size_t i = begin; i < end; i++)
			look_into_piece(building, (uint8_t)i);
	}
}

void typed_add_leads(struct building *building, size_t begin)
{
	for (size_t end; begin < building->typed->num_pieces; begin = end) {
		end = building->typed->num_pieces;
		typed_look_into_pieces(building, begin, end);
	}
}
