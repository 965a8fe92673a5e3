/* SPDX-License-Identifier: MIT */
/* typed.c - which pieces of values are captured: the values themselves first, then what they lead to. */
#include "values/typed_internal.h"

#include <stdlib.h>
#include <string.h>

uint8_t typed_add_piece(struct building *building, const struct typed_piece *piece)
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

bool typed_grow_piece(struct building *building, struct typed_piece *piece, uint64_t size)
{
	struct typed_piece larger = *piece;
	size_t more;

	if (size <= piece->size)
		return false;
	larger.size = (uint16_t)size;
	more = typed_slot_size(building->typed, &larger) - typed_slot_size(building->typed, piece);
	if (more > TYPED_MAX_BYTES - building->num_bytes)
		return false;
	building->num_bytes += more;
	*piece = larger;
	return true;
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

static struct go_type *type_in(void *context, uint64_t va, struct go_type *shape)
{
	struct go_type *type = gobin_type_in(context, va);

	return type && go_type_has_shape(type, shape) ? type : NULL;
}

struct typed_source typed_source_gobin(struct gobin *bin)
{
	return bin ? (struct typed_source){bin, type_at, interface_type, function, type_in}
		   : (struct typed_source){};
}

/* ---- lists ---- */

static void add_root(struct building *building, struct typed_value *value)
{
	uint64_t max = typed_struct_limit(building);
	struct typed_piece piece = {
		.type = value->type,
		.role = TYPED_ROOT,
		.parent = TYPED_NONE,
		.parent_at = (uint16_t)(value - building->typed->values),
		.size = (uint16_t)(value->type->size < max ? value->type->size : max),
	};

	value->piece = TYPED_NONE;
	if (piece.size && typed_is_some_known(building->typed, value))
		value->piece = typed_add_piece(building, &piece);
}

static bool has_words(const struct typed_list *typed)
{
	for (size_t i = 0; i < typed->num_values; i++)
		if (typed->values[i].variable->dictionary_word)
			return true;
	return false;
}

static void add_dictionary(struct building *building, const struct typed_site *site)
{
	const struct go_dictionary *dictionary = &site->dictionary;
	struct typed_value *value = &building->typed->dictionary;
	struct typed_piece piece = {
		.role = TYPED_DICTIONARY, .parent = TYPED_NONE, .size = sizeof(uint64_t)};

	*value = (struct typed_value){.piece = TYPED_NONE, .variable = dictionary->variable};
	if (!value->variable || value->variable->type->size != piece.size ||
	    !(site->is_for_results || has_words(building->typed)))
		return;
	value->type = piece.type = value->variable->type;
	if (site->is_return) {
		value->variable = NULL;
		value->piece = typed_add_piece(building, &piece);
		return;
	}
	if (dictionary->is_in_closure)
		value->loads[value->num_loads++] = dictionary->closure_at;
	if (typed_is_some_known(building->typed, value))
		value->piece = typed_add_piece(building, &piece);
}

/* What there may be more of than is captured, as nobody knows its type yet. */
static bool is_of_any_type(const struct typed_piece *piece)
{
	return piece->role == TYPED_DATA || (piece->role == TYPED_TARGET && piece->is_text);
}

/* What room is left goes to what is in interfaces, and the like, once a record has to be a large one. */
static void fill_room(struct building *building)
{
	struct typed_list *typed = building->typed;

	if (building->num_bytes <= VALUES_SMALL_BYTES)
		return;
	for (size_t i = 0; i < typed->num_pieces; i++)
		if (is_of_any_type(&typed->pieces[i]))
			typed_grow_piece(building, &typed->pieces[i], building->limits->size);
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
	add_dictionary(&building, site);
	for (size_t i = 0; i < num_values; i++)
		add_root(&building, &values[i]);
	typed_add_leads(&building, 0);
	fill_room(&building);
	typed_add_more_of_maps(&building);
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
