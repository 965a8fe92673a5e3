/* SPDX-License-Identifier: MIT */
/* go_piece.c - the captured pieces that values lie in, and lead to. */
#include "values/go_value_internal.h"

#include <string.h>

const uint8_t *go_piece_bytes(const struct typed_list *typed, const struct captured *captured,
			      uint8_t index, size_t *size, uint8_t *state)
{
	const struct typed_piece *piece = &typed->pieces[index];
	const uint8_t *bytes = captured->bytes + piece->at;
	struct captured_text text;

	*state = captured->states[index];
	*size = piece->size;
	if (*state > VALUE_UNREADABLE || piece->at + typed_slot_size(typed, piece) > captured->size)
		*state = VALUE_UNKNOWN;
	if (!value_state_is_there(*state))
		return NULL;
	if (!piece->is_text)
		return bytes;
	memcpy(&text, bytes, sizeof(text));
	if (*size > text.got)
		*size = text.got;
	return bytes + sizeof(text);
}

const uint8_t *go_own_bytes(const struct go_value *value, uint8_t *state)
{
	const struct typed_list *typed = value->typed;
	const struct typed_piece *piece;
	const uint8_t *bytes;
	size_t size;

	*state = VALUE_UNKNOWN;
	if (value->piece == TYPED_NONE)
		return NULL;
	piece = &typed->pieces[value->piece];
	bytes = go_piece_bytes(typed, value->captured, value->piece, &size, state);
	if (!bytes)
		return NULL;
	if (piece->role == TYPED_ROOT && !typed_is_known(typed, &typed->values[piece->parent_at],
							 value->at, value->type->size)) {
		*state = VALUE_UNKNOWN;
		return NULL;
	}
	*state = value->at <= size && value->type->size <= size - value->at ? VALUE_WHOLE
									    : VALUE_TRUNCATED;
	return *state == VALUE_WHOLE ? bytes + value->at : NULL;
}

/* Structs and arrays may be there in part: their parts tell. */
static bool has_parts(const struct go_type *type)
{
	return type->kind == GO_STRUCT || type->kind == GO_ARRAY;
}

struct go_value go_make(const struct go_value *from, struct go_type *type, uint8_t piece,
			uint64_t at)
{
	struct go_value value = {.typed = from->typed,
				 .captured = from->captured,
				 .type = type,
				 .piece = piece,
				 .at = at < UINT32_MAX / 2 ? (uint32_t)at : UINT32_MAX / 2};
	size_t size;

	if (!type->size && type->kind == GO_OPAQUE) {
		/* What the binary does not tell of: gobin/argument_types.h */
		value.state = *type->name ? VALUE_DEPTH : VALUE_UNKNOWN;
	} else if (!type->size) {
		value.state = VALUE_WHOLE;
	} else if (!has_parts(type)) {
		go_own_bytes(&value, &value.state);
	} else if (piece != TYPED_NONE) {
		go_piece_bytes(value.typed, value.captured, piece, &size, &value.state);
		if (value.state == VALUE_TRUNCATED)
			value.state = VALUE_WHOLE;
	} else {
		value.state = VALUE_UNKNOWN;
	}
	return value;
}

uint8_t go_find_piece(const struct go_value *from, uint8_t parent, uint32_t at,
		      enum typed_role role)
{
	const struct typed_list *typed = from->typed;

	for (size_t i = 0; parent != TYPED_NONE && i < typed->num_pieces; i++) {
		const struct typed_piece *piece = &typed->pieces[i];

		if (piece->role == role && piece->role != TYPED_ROOT && piece->parent == parent &&
		    piece->parent_at == at)
			return (uint8_t)i;
	}
	return TYPED_NONE;
}

/* What is in an interface is found by the interface's own place, whose second word leads to it. */
uint8_t go_find_lead(const struct go_value *value, enum typed_role role)
{
	uint8_t found = go_find_piece(value, value->piece, value->at, role);

	if (found == TYPED_NONE && role == TYPED_TARGET && value->at >= WORD)
		found = go_find_piece(value, value->piece, value->at - WORD, TYPED_DATA);
	if (found == TYPED_NONE && role == TYPED_TEXT && value->piece != TYPED_NONE && !value->at) {
		const struct typed_piece *piece = &value->typed->pieces[value->piece];

		if (piece->role == TYPED_DATA)
			found = go_find_piece(value, piece->parent, piece->parent_at,
					      TYPED_DATA_TEXT);
	}
	return found;
}

const uint8_t *go_lead_bytes(const struct go_value *value, enum typed_role role, size_t *size,
			     uint8_t *state)
{
	uint8_t piece = go_find_lead(value, role);

	*size = 0;
	if (piece == TYPED_NONE) {
		*state = VALUE_DEPTH;
		return NULL;
	}
	return go_piece_bytes(value->typed, value->captured, piece, size, state);
}

struct go_value go_without(const struct go_value *from, struct go_type *type, uint8_t state)
{
	return (struct go_value){.typed = from->typed,
				 .captured = from->captured,
				 .type = type,
				 .piece = TYPED_NONE,
				 .state = state};
}
