/* SPDX-License-Identifier: MIT */
/* value_lists.c - a list of values as bytes, and back; see value_lists.h. */
#include "recording/value_lists.h"

#include <stdlib.h>

#include "values/id_labels.h"

/* What of a trace is looked for. */
enum { HAS_TRACE = 1 << 0, HAS_ID_LABELS = 1 << 1 };

/* ---- writing ---- */

static void put_spec(struct bytes *bytes, const struct value_spec *spec)
{
	bytes_put_text(bytes, spec->expr);
	bytes_put_text(bytes, spec->label);
	bytes_put_number(bytes, spec->at);
	bytes_put_number(bytes, spec->size);
	bytes_put_number(bytes, spec->kind);
	bytes_put_number(bytes, spec->is_text);
}

static void put_piece(struct bytes *bytes, const struct typed_piece *piece)
{
	bytes_put_number(bytes, piece->role);
	bytes_put_number(bytes, piece->parent);
	bytes_put_number(bytes, piece->is_text);
	bytes_put_number(bytes, piece->parent_at);
	bytes_put_number(bytes, piece->at);
	bytes_put_number(bytes, piece->size);
}

/* Where it is says which of its bytes are known. */
static void put_variable(struct bytes *bytes, const struct go_variable *variable)
{
	bytes_put_number(bytes, variable->is_inferred);
	bytes_put_number(bytes, variable->num_pieces);
	for (size_t i = 0; i < variable->num_pieces; i++) {
		const struct go_piece *piece = &variable->pieces[i];

		bytes_put_number(bytes, piece->offset);
		bytes_put_number(bytes, piece->size);
		bytes_put_number(bytes, piece->place);
		bytes_put_number(bytes, piece->reg);
	}
}

static void put_typed(struct bytes *bytes, const struct typed_list *typed,
		      uint64_t (*number_of)(void *context, struct go_type *type), void *context)
{
	bytes_put_number(bytes, typed->maps);
	bytes_put_number(bytes, typed->changed_registers);
	bytes_put_number(bytes, typed->is_repeated);
	bytes_put_number(bytes, typed->num_values);
	bytes_put_number(bytes, typed->num_pieces);
	for (size_t i = 0; i < typed->num_values; i++) {
		const struct typed_value *value = &typed->values[i];

		bytes_put_text(bytes, value->name);
		bytes_put_number(bytes, number_of(context, value->type));
		bytes_put_number(bytes, value->piece);
		bytes_put_number(bytes, value->offset);
		bytes_put_number(bytes, value->num_loads);
		put_variable(bytes, value->variable);
	}
	for (size_t i = 0; i < typed->num_pieces; i++)
		put_piece(bytes, &typed->pieces[i]);
}

static void put_traces(struct bytes *bytes, const struct fetch_list *fetch)
{
	bytes_put_number(bytes, (fetch->has_trace ? HAS_TRACE : 0) |
					(fetch->has_id_labels ? HAS_ID_LABELS : 0));
	bytes_put_number(bytes, fetch->trace_at);
	bytes_put_number(bytes, fetch->trace_value);
	if (!fetch->has_id_labels)
		return;
	bytes_put_number(bytes, fetch->id_labels_at);
	bytes_put_number(bytes, fetch->id_labels_value);
}

void value_list_write(const struct value_list *list, struct bytes *bytes,
		      uint64_t (*number_of)(void *context, struct go_type *type), void *context)
{
	bytes_put_number(bytes, list->count);
	for (size_t i = 0; i < list->count; i++)
		put_spec(bytes, &list->specs[i]);
	bytes_put_number(bytes, list->num_labels);
	for (size_t i = 0; i < list->num_labels; i++) {
		put_spec(bytes, &list->labels[i].spec);
		bytes_put_number(bytes, list->labels[i].state);
	}
	put_traces(bytes, &list->fetch);
	bytes_put_number(bytes, list->typed != NULL);
	if (list->typed)
		put_typed(bytes, list->typed, number_of, context);
}

void value_list_write_dictionary(const struct typed_list *typed, struct bytes *bytes)
{
	bytes_put_number(bytes, typed->dictionary.piece);
	for (size_t i = 0; i < typed->num_values; i++)
		bytes_put_number(bytes, typed->values[i].variable->dictionary_word);
}

/* ---- reading ---- */

/* At most `max`; more is none. */
static uint64_t take_number(struct cursor *cursor, uint64_t max)
{
	uint64_t number = cursor_number(cursor);

	cursor->failed |= number > max;
	return cursor->failed ? 0 : number;
}

/* What value.c reads of captured bytes is within their slot. */
static bool is_sound(const struct value_spec *spec)
{
	unsigned size = spec->size;

	if (spec->is_text)
		return (spec->kind == VALUE_CHARS || spec->kind == VALUE_STRING) &&
		       size <= VALUE_MAX_SIZE;
	if (spec->kind == VALUE_CHARS)
		return size <= sizeof(uint64_t);
	return spec->kind < VALUE_CHARS && (size == 1 || size == 2 || size == 4 || size == 8);
}

static void take_spec(struct cursor *cursor, struct value_spec *spec)
{
	spec->expr = cursor_text(cursor);
	spec->label = cursor_text(cursor);
	spec->at = (uint16_t)take_number(cursor, UINT16_MAX);
	spec->size = (uint16_t)take_number(cursor, UINT16_MAX);
	spec->kind = (uint8_t)take_number(cursor, VALUE_STRING);
	spec->is_text = take_number(cursor, 1);
	cursor->failed |= !spec->expr || !spec->label || !is_sound(spec);
}

static void take_specs(struct cursor *cursor, struct value_list *list)
{
	uint64_t count = take_number(cursor, VALUES_MAX_WRITTEN);

	while (list->count < count && !cursor->failed)
		take_spec(cursor, &list->specs[list->count++]);
	count = take_number(cursor, MAX_TOLD_LABELS);
	while (list->num_labels < count && !cursor->failed) {
		struct value_label *label = &list->labels[list->num_labels++];

		take_spec(cursor, &label->spec);
		label->state = (uint8_t)take_number(cursor, VALUES_MAX - 1);
	}
}

/* What values/go_value.h and the output take of what was captured is within the piece, and what is shown of a
 * text has room. */
static bool is_sound_piece(const struct typed_piece *piece)
{
	switch (piece->role) {
	case TYPED_ROOT:
		return !piece->is_text;
	case TYPED_TEXT:
	case TYPED_DATA_TEXT:
		return piece->size <= VALUE_MAX_SIZE;
	case TYPED_CHAN:
		return !piece->is_text && piece->size >= 2 * sizeof(uint64_t);
	case TYPED_CODE:
	case TYPED_MAP:
	case TYPED_DICTIONARY:
		return !piece->is_text && piece->size >= sizeof(uint64_t);
	default:
		return true;
	}
}

static void take_piece(struct cursor *cursor, struct typed_list *typed)
{
	struct typed_piece *piece = &typed->pieces[typed->num_pieces];

	piece->role = (uint8_t)take_number(cursor, TYPED_OVERFLOW);
	piece->parent = (uint8_t)take_number(cursor, UINT8_MAX);
	piece->is_text = take_number(cursor, 1);
	piece->parent_at = (uint16_t)take_number(cursor, UINT16_MAX);
	piece->at = (uint16_t)take_number(cursor, UINT16_MAX);
	piece->size = (uint16_t)take_number(cursor, UINT16_MAX);
	if (piece->role == TYPED_ROOT)
		cursor->failed |= piece->parent_at >= typed->num_values;
	else if (piece->role != TYPED_DICTIONARY)
		cursor->failed |= piece->parent >= typed->num_pieces;
	cursor->failed |= !is_sound_piece(piece);
	typed->num_pieces++;
}

static void take_variable(struct cursor *cursor, const struct value_list_types *types,
			  struct typed_value *value)
{
	struct go_variable *variable = go_types_alloc(types->types, sizeof(*variable));
	bool is_inferred = take_number(cursor, 1);
	uint64_t count = take_number(cursor, GO_MAX_PIECES);

	cursor_need(cursor, variable);
	if (cursor->failed)
		return;
	*variable =
		(struct go_variable){.name = "", .type = value->type, .is_inferred = is_inferred};
	variable->pieces = go_types_alloc(types->types, (count + 1) * sizeof(*variable->pieces));
	cursor_need(cursor, variable->pieces);
	for (; variable->num_pieces < count && !cursor->failed; variable->num_pieces++) {
		struct go_piece *piece = &variable->pieces[variable->num_pieces];

		piece->offset = (uint32_t)take_number(cursor, UINT32_MAX);
		piece->size = (uint32_t)take_number(cursor, UINT32_MAX);
		piece->place = (uint8_t)take_number(cursor, GO_ON_STACK);
		piece->reg = (uint8_t)take_number(cursor, UINT8_MAX);
	}
	value->variable = variable;
}

static void take_value(struct cursor *cursor, const struct value_list_types *types,
		       struct typed_value *value, size_t num_pieces)
{
	value->name = cursor_text(cursor);
	value->type = types->type_of(types->context, cursor_number(cursor));
	value->piece = (uint8_t)take_number(cursor, UINT8_MAX);
	value->offset = (uint32_t)take_number(cursor, UINT32_MAX);
	value->num_loads = (uint8_t)take_number(cursor, VALUE_MAX_DEPTH);
	cursor->failed |= !value->name || !value->type ||
			  (value->piece != TYPED_NONE && value->piece >= num_pieces);
	if (!cursor->failed)
		take_variable(cursor, types, value);
}

static void take_typed(struct cursor *cursor, const struct value_list_types *types,
		       struct typed_list *typed)
{
	size_t num_values, num_pieces;

	typed->source = types->source;
	typed->dictionary.piece = TYPED_NONE;
	typed->maps = take_number(cursor, GO_MAP_SWISS);
	typed->changed_registers = (uint32_t)take_number(cursor, UINT32_MAX);
	typed->is_repeated = take_number(cursor, 1);
	num_values = cursor_count(cursor);
	num_pieces = take_number(cursor, VALUES_MAX);
	typed->values = calloc(num_values + 1, sizeof(*typed->values));
	cursor_need(cursor, typed->values);
	while (typed->num_values < num_values && !cursor->failed)
		take_value(cursor, types, &typed->values[typed->num_values++], num_pieces);
	while (typed->num_pieces < num_pieces && !cursor->failed)
		take_piece(cursor, typed);
}

static void take_traces(struct cursor *cursor, struct value_list *list)
{
	uint64_t has = take_number(cursor, HAS_TRACE | HAS_ID_LABELS);

	list->fetch.has_trace = has & HAS_TRACE;
	list->fetch.trace_at = (uint16_t)take_number(cursor, UINT16_MAX);
	list->fetch.trace_value = (uint16_t)take_number(cursor, VALUES_MAX - 1);
	if (!(has & HAS_ID_LABELS))
		return;
	/* All of them are where numbers of 16 bits lead to. */
	list->fetch.id_labels_at = (uint16_t)take_number(cursor, UINT16_MAX - ID_LABELS_SIZE);
	list->fetch.id_labels_value = (uint16_t)take_number(cursor, VALUES_MAX - 1);
	value_list_set_id_labels(list);
}

void value_list_read(struct cursor *cursor, const struct value_list_types *types,
		     struct value_list *list)
{
	take_specs(cursor, list);
	take_traces(cursor, list);
	if (take_number(cursor, 1)) {
		list->typed = calloc(1, sizeof(*list->typed));
		cursor_need(cursor, list->typed);
		if (list->typed)
			take_typed(cursor, types, list->typed);
	}
	if (cursor->failed)
		value_list_clear(list);
}

void value_list_read_dictionary(struct cursor *cursor, struct go_types *types,
				struct typed_list *typed)
{
	typed->dictionary.piece = (uint8_t)take_number(cursor, VALUES_MAX);
	cursor->failed |= typed->dictionary.piece >= typed->num_pieces ||
			  typed->pieces[typed->dictionary.piece].role != TYPED_DICTIONARY;
	for (size_t i = 0; i < typed->num_values && !cursor->failed; i++) {
		struct go_variable *variable = go_types_alloc(types, sizeof(*variable));

		cursor_need(cursor, variable);
		if (cursor->failed)
			break;
		*variable = *typed->values[i].variable;
		variable->dictionary_word = (uint16_t)take_number(cursor, UINT16_MAX);
		typed->values[i].variable = variable;
	}
	if (cursor->failed)
		typed->dictionary.piece = TYPED_NONE;
}
