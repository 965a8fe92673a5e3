/* SPDX-License-Identifier: MIT */
/* typed_ops.c - slots for the pieces of typed values, and the operations that fill them. */
#include "values/typed.h"

#include <string.h>

#define WORD 8

/* ---- where a value's own bytes are ---- */

/* What of the variable is wanted: the value's bytes, or the pointer that leads to it. */
static uint64_t wanted_size(const struct typed_value *value)
{
	return value->num_loads ? WORD : value->type->size;
}

static bool is_piece_known(const struct typed_list *typed, const struct go_piece *piece)
{
	if (typed->is_repeated)
		return false;
	if (piece->place == GO_IN_REGISTER)
		return !(typed->changed_registers >> (piece->reg & 31) & 1);
	return piece->place == GO_ON_STACK;
}

/* False as well where nothing is said of any of the bytes. */
static bool is_range_known(const struct typed_list *typed, const struct go_variable *variable,
			   uint64_t begin, uint64_t size, bool all)
{
	bool some = false;

	for (size_t i = 0; i < variable->num_pieces; i++) {
		const struct go_piece *piece = &variable->pieces[i];
		bool is_known = is_piece_known(typed, piece);

		if (piece->offset >= begin + size || piece->offset + (uint64_t)piece->size <= begin)
			continue;
		if (all && !is_known)
			return false;
		some |= is_known;
	}
	return some;
}

bool typed_is_known(const struct typed_list *typed, const struct typed_value *value,
		    uint64_t offset, uint64_t size)
{
	return value->num_loads ||
	       is_range_known(typed, value->variable, value->offset + offset, size, true);
}

bool typed_is_some_known(const struct typed_list *typed, const struct typed_value *value)
{
	return is_range_known(typed, value->variable, value->offset, wanted_size(value),
			      value->num_loads);
}

static bool is_root(const struct typed_piece *piece)
{
	return piece->role == TYPED_ROOT || piece->role == TYPED_DICTIONARY;
}

static const struct typed_value *value_of(const struct typed_list *typed,
					  const struct typed_piece *root)
{
	return root->role == TYPED_DICTIONARY ? &typed->dictionary
					      : &typed->values[root->parent_at];
}

static bool uses_registers(const struct go_variable *variable, uint32_t registers)
{
	for (size_t i = 0; variable && i < variable->num_pieces; i++) {
		const struct go_piece *piece = &variable->pieces[i];

		if (piece->place == GO_IN_REGISTER && registers >> (piece->reg & 31) & 1)
			return true;
	}
	return false;
}

uint64_t typed_lost(const struct typed_list *typed, uint32_t registers)
{
	uint64_t lost = 0;

	for (size_t i = 0; i < typed->num_pieces; i++) {
		const struct typed_piece *piece = &typed->pieces[i];
		bool is_lost = is_root(piece)
				       ? uses_registers(value_of(typed, piece)->variable, registers)
				       : lost >> piece->parent & 1;

		lost |= (uint64_t)is_lost << i;
	}
	return lost;
}

/* ---- slots ---- */

/* Known parts in registers are saved one by one, each a whole word. */
static bool is_saved_here(const struct typed_list *typed, const struct typed_value *value,
			  const struct go_piece *piece, size_t size)
{
	return piece->place == GO_IN_REGISTER && piece->offset >= value->offset &&
	       piece->offset < value->offset + size && is_piece_known(typed, piece);
}

static bool is_in_registers(const struct typed_value *value)
{
	return value->variable->pieces[0].place != GO_ON_STACK;
}

size_t typed_slot_size(const struct typed_list *typed, const struct typed_piece *piece)
{
	size_t size = (piece->size + WORD - 1u) / WORD * WORD;

	/* The last of a root's words may reach beyond its end. */
	if (is_root(piece))
		return size + WORD;
	return size + (piece->is_text ? sizeof(struct captured_text) : 0);
}

/* The smallest first, so that the largest is last: see enum values_shape. */
static void place_slots(struct value_list *list)
{
	struct typed_list *typed = list->typed;
	size_t at = 0, placed = 0;

	for (size_t size = WORD; placed < typed->num_pieces; size += WORD) {
		for (size_t i = 0; i < typed->num_pieces; i++) {
			if (typed_slot_size(typed, &typed->pieces[i]) != size)
				continue;
			typed->pieces[i].at = (uint16_t)at;
			at += size;
			placed++;
		}
	}
	list->fetch.size = (uint16_t)at;
}

/* ---- operations ---- */

/* The operations of one piece. */
struct emission {
	const struct typed_list *typed;
	struct fetch_op *ops; /* NULL: they are counted */
	size_t count;
	uint8_t value;
	struct fetch_op source; /* of the next operation */
};

static void emit(struct emission *to, struct fetch_op op)
{
	op.value = to->value;
	op.source = to->source.source;
	op.parent = to->source.parent;
	op.from = to->source.from;
	op.needs = to->source.needs;
	op.scale = to->source.scale;
	if (op.source == FETCH_FROM_REGISTER)
		op.reg = to->source.reg;
	to->source = (struct fetch_op){};
	if (to->ops)
		to->ops[to->count] = op;
	to->count++;
}

static void emit_load(struct emission *to, int64_t number)
{
	emit(to, (struct fetch_op){.code = FETCH_LOAD, .number = number, .size = WORD});
}

static void emit_memory(struct emission *to, const struct typed_piece *piece, int64_t number)
{
	emit(to, (struct fetch_op){.code = FETCH_SAVE_MEMORY,
				   .number = number,
				   .at = piece->at,
				   .size = piece->size});
}

static void emit_text(struct emission *to, const struct typed_piece *piece, enum fetch_code code)
{
	emit(to, (struct fetch_op){.code = (uint8_t)code, .at = piece->at, .size = piece->size});
}

/* How many bytes there are for each that the length counts; 0: one. */
static uint16_t scale_of(const struct typed_piece *piece)
{
	switch (piece->role) {
	case TYPED_ELEMENTS:
		return (uint16_t)piece->type->size;
	case TYPED_MORE_GROUPS:
		/* Each table has more than what there is room for. */
		return UINT16_MAX;
	default:
		return 0;
	}
}

/* The words that lead to the piece: one, or two with the length. */
static void emit_saved(struct emission *to, const struct typed_piece *piece, uint16_t at,
		       uint16_t size)
{
	const struct typed_piece *parent = &to->typed->pieces[piece->parent];
	bool is_in_parts = parent->role == TYPED_ROOT && !value_of(to->typed, parent)->num_loads &&
			   is_in_registers(value_of(to->typed, parent));
	size_t begin = parent->at + (parent->is_text ? sizeof(struct captured_text) : 0);

	to->source =
		(struct fetch_op){.source = size == WORD ? FETCH_FROM_SAVED : FETCH_FROM_SAVED_PAIR,
				  .parent = piece->parent,
				  .needs = is_in_parts ? 0 : (uint16_t)(at + size),
				  .from = (uint16_t)(begin + at),
				  .scale = scale_of(piece)};
}

static void emit_register(struct emission *to, uint8_t reg)
{
	to->source = (struct fetch_op){.source = FETCH_FROM_REGISTER, .reg = reg};
}

/* What a pointer in the variable leads to. */
static void emit_loads(struct emission *to, const struct typed_piece *root,
		       const struct typed_value *value)
{
	const struct go_piece *first = go_variable_piece(value->variable, value->offset);

	if (!first)
		return;
	if (first->place == GO_IN_REGISTER) {
		emit_register(to, first->reg);
	} else {
		emit(to, (struct fetch_op){.code = FETCH_STACK_POINTER});
		emit_load(to, first->stack + (int64_t)(value->offset - first->offset));
	}
	for (size_t i = 0; i + 1 < value->num_loads; i++)
		emit_load(to, value->loads[i]);
	emit_memory(to, root, value->loads[value->num_loads - 1]);
}

static void emit_root(struct emission *to, const struct typed_piece *root)
{
	const struct typed_value *value = value_of(to->typed, root);
	const struct go_variable *variable = value->variable;

	/* A dictionary that comes from the call's entry. */
	if (!variable)
		return;
	if (value->num_loads) {
		emit_loads(to, root, value);
		return;
	}
	if (!is_in_registers(value)) {
		emit(to, (struct fetch_op){.code = FETCH_STACK_POINTER});
		emit_memory(to, root, variable->pieces[0].stack + (int64_t)value->offset);
		return;
	}
	for (size_t i = 0; i < variable->num_pieces; i++) {
		const struct go_piece *piece = &variable->pieces[i];

		if (!is_saved_here(to->typed, value, piece, root->size))
			continue;
		emit_register(to, piece->reg);
		emit(to,
		     (struct fetch_op){.code = FETCH_SAVE_WORD,
				       .at = (uint16_t)(root->at + piece->offset - value->offset),
				       .size = WORD});
	}
}

/* src/internal/runtime/maps: Map.dirPtr and dirLen, directory[0], table.groups.data */
static void emit_group(struct emission *to, const struct typed_piece *piece)
{
	bool is_swiss = to->typed->maps == GO_MAP_SWISS;

	emit_saved(to, piece, piece->parent_at, is_swiss ? 2 * WORD : WORD);
	if (is_swiss) {
		emit(to, (struct fetch_op){.code = FETCH_LOAD_LONG, .size = WORD});
		emit(to,
		     (struct fetch_op){.code = FETCH_LOAD_LONG, .number = 2 * WORD, .size = WORD});
	}
}

/* Where dirLen is 0 there is but one group: then nothing is read. */
static void emit_more_groups(struct emission *to, const struct typed_piece *piece)
{
	struct typed_map_layout layout = typed_map_layout(to->typed->maps, piece->type);
	bool is_swiss = to->typed->maps == GO_MAP_SWISS;

	emit_group(to, piece);
	emit(to, (struct fetch_op){.code = is_swiss ? FETCH_SAVE_TEXT : FETCH_SAVE_BYTES,
				   .number = (int64_t)layout.stride,
				   .at = piece->at,
				   .size = piece->size});
}

static void emit_piece(struct emission *to, const struct typed_piece *piece)
{
	switch (piece->role) {
	case TYPED_ROOT:
	case TYPED_DICTIONARY:
		emit_root(to, piece);
		break;
	case TYPED_TARGET:
		emit_saved(to, piece, piece->parent_at, WORD);
		if (piece->is_text)
			emit_text(to, piece, FETCH_SAVE_BYTES);
		else
			emit_memory(to, piece, 0);
		break;
	case TYPED_CHAN:
	case TYPED_CODE:
	case TYPED_MAP:
		emit_saved(to, piece, piece->parent_at, WORD);
		emit_memory(to, piece, 0);
		break;
	case TYPED_TEXT:
	case TYPED_ELEMENTS:
		emit_saved(to, piece, piece->parent_at, 2 * WORD);
		emit_text(to, piece, FETCH_SAVE_TEXT);
		break;
	case TYPED_ITAB_TYPE:
		/* src/internal/abi/iface.go, ITab: its second word */
		emit_saved(to, piece, piece->parent_at, WORD);
		emit_memory(to, piece, WORD);
		break;
	case TYPED_DATA:
		emit_saved(to, piece, (uint16_t)(piece->parent_at + WORD), WORD);
		emit_text(to, piece, FETCH_SAVE_BYTES);
		break;
	case TYPED_DATA_TEXT:
		emit_saved(to, piece, (uint16_t)(piece->parent_at + WORD), WORD);
		emit(to, (struct fetch_op){.code = FETCH_LOAD, .size = 2 * WORD});
		emit_text(to, piece, FETCH_SAVE_TEXT);
		break;
	case TYPED_GROUP:
		emit_group(to, piece);
		emit_text(to, piece, FETCH_SAVE_BYTES);
		break;
	case TYPED_OVERFLOW:
		emit_saved(to, piece, piece->parent_at, WORD);
		emit_text(to, piece, FETCH_SAVE_BYTES);
		break;
	case TYPED_MORE_GROUPS:
		emit_more_groups(to, piece);
		break;
	}
}

size_t typed_num_ops(const struct typed_list *typed, const struct typed_piece *piece)
{
	struct emission to = {.typed = typed};

	emit_piece(&to, piece);
	return to.count;
}

/* What is read or saved begins where there is room for it. */
static bool fits_small(const struct fetch_list *fetch)
{
	for (uint32_t i = 0; i < fetch->num_ops; i++) {
		const struct fetch_op *op = &fetch->ops[i];

		if (op->at > VALUES_SMALL_MAX_AT || op->from > VALUES_SMALL_MAX_AT ||
		    (op->code >= FETCH_SAVE_WORD &&
		     op->size + sizeof(struct captured_text) >
			     VALUES_SMALL_BYTES - VALUES_SMALL_MAX_AT))
			return false;
	}
	return fetch->size <= VALUES_SMALL_BYTES && fetch->num_ops <= VALUES_SMALL_OPS;
}

void typed_place(struct value_list *list)
{
	struct emission to = {.typed = list->typed, .ops = list->fetch.ops};

	place_slots(list);
	for (size_t i = 0; i < list->typed->num_pieces; i++) {
		to.value = (uint8_t)i;
		emit_piece(&to, &list->typed->pieces[i]);
	}
	list->fetch.num_ops = (uint32_t)to.count;
	list->fetch.shape = fits_small(&list->fetch) ? VALUES_SMALL : VALUES_LARGE;
}
