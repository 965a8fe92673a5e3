/* SPDX-License-Identifier: MIT */
/* go_value.c - see go_value.h. */
#include "values/go_value.h"

#include <string.h>

#define WORD 8

/* ---- pieces ---- */

/* The bytes that there are of a piece. NULL: `*state` says why. */
static const uint8_t *bytes_of(const struct typed_list *typed, const struct captured *captured,
			       uint8_t index, size_t *size, uint8_t *state)
{
	const struct typed_piece *piece = &typed->pieces[index];
	const uint8_t *bytes = captured->bytes + piece->at;
	struct captured_text text;

	*state = captured->states[index];
	*size = piece->size;
	if (*state > VALUE_UNREADABLE || piece->at + typed_slot_size(typed, piece) > captured->size)
		*state = VALUE_UNKNOWN;
	if (*state != VALUE_WHOLE && *state != VALUE_TRUNCATED)
		return NULL;
	if (!piece->is_text)
		return bytes;
	memcpy(&text, bytes, sizeof(text));
	if (*size > text.got)
		*size = text.got;
	return bytes + sizeof(text);
}

/* The value's own bytes, all of them. */
static const uint8_t *own_bytes(const struct go_value *value, uint8_t *state)
{
	const struct typed_list *typed = value->typed;
	const struct typed_piece *piece;
	const uint8_t *bytes;
	size_t size;

	*state = VALUE_UNKNOWN;
	if (value->piece == TYPED_NONE)
		return NULL;
	piece = &typed->pieces[value->piece];
	bytes = bytes_of(typed, value->captured, value->piece, &size, state);
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

static struct go_value make(const struct go_value *from, struct go_type *type, uint8_t piece,
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
		own_bytes(&value, &value.state);
	} else if (piece != TYPED_NONE) {
		bytes_of(value.typed, value.captured, piece, &size, &value.state);
		if (value.state == VALUE_TRUNCATED)
			value.state = VALUE_WHOLE;
	} else {
		value.state = VALUE_UNKNOWN;
	}
	return value;
}

/* What was captured of where the words at `at` in a piece lead; TYPED_NONE: nothing. */
static uint8_t find_piece(const struct go_value *from, uint8_t parent, uint32_t at,
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
static uint8_t find_lead(const struct go_value *value, enum typed_role role)
{
	uint8_t found = find_piece(value, value->piece, value->at, role);

	if (found == TYPED_NONE && role == TYPED_TARGET && value->at >= WORD)
		found = find_piece(value, value->piece, value->at - WORD, TYPED_DATA);
	if (found == TYPED_NONE && role == TYPED_TEXT && value->piece != TYPED_NONE && !value->at) {
		const struct typed_piece *piece = &value->typed->pieces[value->piece];

		if (piece->role == TYPED_DATA)
			found = find_piece(value, piece->parent, piece->parent_at, TYPED_DATA_TEXT);
	}
	return found;
}

struct go_value go_value_at(const struct typed_list *typed, const struct captured *captured,
			    size_t index)
{
	const struct typed_value *value = &typed->values[index];
	struct go_value from = {.typed = typed, .captured = captured};

	return make(&from, value->type, value->piece, 0);
}

/* ---- plain ones ---- */

bool go_value_is_there(const struct go_value *value)
{
	uint8_t state;

	return !value->type->size || own_bytes(value, &state);
}

bool go_value_is_zero(const struct go_value *value)
{
	uint8_t state;
	const uint8_t *bytes = own_bytes(value, &state);

	for (uint64_t i = 0; bytes && i < value->type->size; i++)
		if (bytes[i])
			return false;
	return bytes || !value->type->size;
}

uint64_t go_value_word(const struct go_value *value, uint64_t offset, size_t size)
{
	uint64_t word = 0;
	uint8_t state;
	const uint8_t *bytes = own_bytes(value, &state);

	if (bytes && size <= sizeof(word) && offset + size <= value->type->size)
		memcpy(&word, bytes + offset, size);
	return word;
}

static const uint8_t plain_kinds[] = {
	[GO_OPAQUE] = VALUE_HEX,    [GO_BOOL] = VALUE_BOOL,   [GO_INT] = VALUE_SIGNED,
	[GO_UINT] = VALUE_UNSIGNED, [GO_FLOAT] = VALUE_FLOAT, [GO_UNSAFE_POINTER] = VALUE_HEX,
	[GO_COMPLEX] = VALUE_FLOAT,
};

bool go_value_is_plain(const struct go_value *value)
{
	const struct go_type *type = value->type;

	return (type->kind <= GO_FLOAT || type->kind == GO_UNSAFE_POINTER) && type->size &&
	       type->size <= sizeof(uint64_t);
}

void go_value_plain(const struct go_value *value, uint64_t offset, size_t size,
		    struct value_spec *spec, struct value *plain)
{
	*spec = (struct value_spec){.kind = plain_kinds[value->type->kind], .size = (uint16_t)size};
	*plain = (struct value){
		.spec = spec, .state = value->state, .bits = go_value_word(value, offset, size)};
}

size_t go_complex_put(const struct go_value *value, char to[GO_COMPLEX_SIZE])
{
	size_t half = value->type->size / 2, length = 0, size;
	char word[VALUE_WORD_SIZE];
	struct value_spec spec;
	struct value part;

	to[length++] = '(';
	for (size_t i = 0; i < 2; i++) {
		go_value_plain(value, i * half, half, &spec, &part);
		size = value_put_word(&part, word);
		if (i && *word != '-' && *word != '+')
			to[length++] = '+';
		memcpy(to + length, word, size);
		length += size;
	}
	memcpy(to + length, "i)", 2);
	return length + 2;
}

/* ---- texts ---- */

static bool is_byte(const struct go_type *type)
{
	return type->kind == GO_UINT && type->size == 1;
}

bool go_value_is_text(const struct go_value *value)
{
	struct go_type *type = value->type;

	return type->kind == GO_STRING ||
	       (type->kind == GO_SLICE && go_type_complete(type) && is_byte(type->elem));
}

/* A pointer and a length, and what was captured behind them. */
static const uint8_t *find_bytes(const struct go_value *value, enum typed_role role, size_t *size,
				 uint8_t *state)
{
	uint8_t piece = find_lead(value, role);

	*size = 0;
	if (piece == TYPED_NONE) {
		*state = VALUE_DEPTH;
		return NULL;
	}
	return bytes_of(value->typed, value->captured, piece, size, state);
}

void go_value_text(const struct go_value *value, struct value_spec *spec, struct value *text)
{
	const uint8_t *bytes;
	size_t size;

	*spec = (struct value_spec){.kind = VALUE_STRING, .is_text = true};
	*text = (struct value){.spec = spec, .state = value->state};
	if (value->state != VALUE_WHOLE)
		return;
	text->length = go_value_word(value, WORD, WORD);
	if (value->type->kind == GO_SLICE && !go_value_word(value, 0, WORD)) {
		text->state = VALUE_NIL;
		return;
	}
	text->text = "";
	if (!text->length)
		return;
	bytes = find_bytes(value, TYPED_TEXT, &size, &text->state);
	text->text = (const char *)bytes;
	if (!bytes)
		return;
	text->size = size < text->length ? size : text->length;
	text->state = text->size == text->length ? VALUE_WHOLE : VALUE_TRUNCATED;
	if (text->state == VALUE_TRUNCATED && value->type->kind == GO_STRING)
		text->size = value_without_cut_character(text->text, text->size);
}

/* ---- what is inside, and what pointers lead to ---- */

struct go_value go_value_field(const struct go_value *value, const struct go_field *field)
{
	return make(value, field->type, value->piece, value->at + field->offset);
}

static struct go_value without(const struct go_value *from, struct go_type *type, uint8_t state)
{
	return (struct go_value){.typed = from->typed,
				 .captured = from->captured,
				 .type = type,
				 .piece = TYPED_NONE,
				 .state = state};
}

struct go_value go_value_target(const struct go_value *pointer)
{
	struct go_type *type = pointer->type->elem;
	uint8_t piece;

	if (!type)
		return without(pointer, NULL, VALUE_UNKNOWN);
	if (pointer->state != VALUE_WHOLE)
		return without(pointer, type, pointer->state);
	if (!go_value_word(pointer, 0, WORD))
		return without(pointer, type, VALUE_NIL);
	piece = find_lead(pointer, TYPED_TARGET);
	if (piece == TYPED_NONE && type->size)
		return without(pointer, type, VALUE_DEPTH);
	return make(pointer, type, piece, 0);
}

static struct go_elements array_elements(const struct go_value *value)
{
	return (struct go_elements){
		.state = value->state,
		.length = value->type->length,
		.count = value->type->length,
		.first = make(value, value->type->elem, value->piece, value->at)};
}

struct go_elements go_value_elements(const struct go_value *value)
{
	struct go_type *elem = value->type->elem;
	struct go_elements elements = {.state = value->state,
				       .first = without(value, elem, VALUE_UNKNOWN)};
	size_t size;

	if (value->state != VALUE_WHOLE)
		return elements;
	if (value->type->kind == GO_ARRAY)
		return array_elements(value);
	elements.length = go_value_word(value, WORD, WORD);
	if (!go_value_word(value, 0, WORD)) {
		elements.state = VALUE_NIL;
		return elements;
	}
	if (!elements.length)
		return elements;
	if (!elem->size) {
		elements.state = VALUE_TRUNCATED;
		return elements;
	}
	if (!find_bytes(value, TYPED_ELEMENTS, &size, &elements.state))
		return elements;
	elements.count = size / elem->size;
	if (elements.count > elements.length)
		elements.count = elements.length;
	elements.state = elements.count == elements.length ? VALUE_WHOLE : VALUE_TRUNCATED;
	elements.first = make(value, elem, find_lead(value, TYPED_ELEMENTS), 0);
	return elements;
}

struct go_value go_element(const struct go_elements *elements, uint64_t index)
{
	const struct go_value *first = &elements->first;

	return make(first, first->type, first->piece, first->at + index * first->type->size);
}

/* ---- interfaces ---- */

/* The data word is the value itself: src/cmd/compile/internal/types/type.go, IsDirectIface(). */
static bool is_direct(struct go_type *type)
{
	for (int i = 0; i < 16; i++) {
		switch (type->kind) {
		case GO_POINTER:
		case GO_UNSAFE_POINTER:
		case GO_MAP:
		case GO_CHAN:
		case GO_FUNC:
			return true;
		case GO_STRUCT:
			if (!go_type_complete(type) || type->num_fields != 1)
				return false;
			type = type->fields[0].type;
			break;
		case GO_ARRAY:
			if (!go_type_complete(type) || type->length != 1)
				return false;
			type = type->elem;
			break;
		default:
			return false;
		}
	}
	return false;
}

/* 0: it is not known. */
static uint64_t find_type_address(const struct go_value *interface, uint8_t *state)
{
	const uint8_t *bytes;
	uint64_t address = 0;
	size_t size;

	if (!interface->type->has_methods)
		return go_value_word(interface, 0, WORD);
	bytes = find_bytes(interface, TYPED_ITAB_TYPE, &size, state);
	if (bytes && size == sizeof(address))
		memcpy(&address, bytes, sizeof(address));
	return address;
}

bool go_value_dynamic(const struct go_value *interface, struct go_value *inner, uint8_t *state)
{
	struct go_type *type = NULL;
	uint64_t address;
	uint8_t piece;

	*state = interface->state;
	if (*state != VALUE_WHOLE)
		return false;
	if (!go_value_word(interface, 0, WORD)) {
		*state = VALUE_NIL;
		return false;
	}
	address = find_type_address(interface, state);
	if (address && interface->typed->bin)
		type = gobin_type_at(interface->typed->bin, address - interface->captured->bias);
	if (!type) {
		if (*state == VALUE_WHOLE)
			*state = VALUE_UNKNOWN;
		return false;
	}
	*state = VALUE_WHOLE;
	if (is_direct(type)) {
		*inner = make(interface, type, interface->piece, interface->at + WORD);
		return true;
	}
	piece = find_lead(interface, TYPED_DATA);
	*inner = piece == TYPED_NONE && type->size ? without(interface, type, VALUE_DEPTH)
						   : make(interface, type, piece, 0);
	return true;
}

/* ---- maps ---- */

/* Which of the eight are in use: a byte for each at the group's begin. */
static unsigned entries_in_use(const struct go_entries *entries, enum go_map_layout maps)
{
	unsigned present = 0;
	const uint8_t *bytes;
	size_t size;
	uint8_t state;

	bytes = bytes_of(entries->group.typed, entries->group.captured, entries->group.piece, &size,
			 &state);
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
	piece = find_lead(map, TYPED_MAP);
	entries.state = VALUE_DEPTH;
	if (piece == TYPED_NONE)
		return entries;
	bytes = bytes_of(map->typed, map->captured, piece, &size, &entries.state);
	if (!bytes)
		return entries;
	memcpy(&entries.length, bytes, sizeof(entries.length));
	if (!entries.length)
		return entries;
	entries.layout = typed_map_layout(map->typed->maps, map->type);
	entries.group =
		make(map, map->type, find_piece(map, piece, TYPED_MAP_GROUPS_AT, TYPED_GROUP), 0);
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
		return without(&entries->group, type, VALUE_DEPTH);
	return make(&entries->group, type, entries->group.piece, at);
}

/* ---- channels, functions ---- */

uint8_t go_value_channel(const struct go_value *channel, uint64_t *length, uint64_t *capacity)
{
	uint8_t state = channel->state;
	const uint8_t *bytes;
	size_t size;

	if (state != VALUE_WHOLE)
		return state;
	if (!go_value_word(channel, 0, WORD))
		return VALUE_NIL;
	bytes = find_bytes(channel, TYPED_CHAN, &size, &state);
	if (!bytes)
		return state;
	memcpy(length, bytes, WORD);
	memcpy(capacity, bytes + WORD, WORD);
	return VALUE_WHOLE;
}

const char *go_value_function(const struct go_value *value, uint8_t *state)
{
	const struct gobin_func *func = NULL;
	const uint8_t *bytes;
	uint64_t address;
	size_t size;

	*state = value->state;
	if (*state != VALUE_WHOLE)
		return NULL;
	*state = VALUE_NIL;
	if (!go_value_word(value, 0, WORD))
		return NULL;
	bytes = find_bytes(value, TYPED_CODE, &size, state);
	if (!bytes)
		return NULL;
	memcpy(&address, bytes, WORD);
	*state = VALUE_UNKNOWN;
	if (value->typed->bin)
		func = gobin_func_at(value->typed->bin, address - value->captured->bias);
	return func ? func->name : NULL;
}
