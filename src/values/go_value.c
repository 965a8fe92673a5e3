/* SPDX-License-Identifier: MIT */
/* go_value.c - see go_value.h. */
#include "values/go_value_internal.h"

#include <string.h>

struct go_value go_value_at(const struct typed_list *typed, const struct captured *captured,
			    size_t index)
{
	const struct typed_value *value = &typed->values[index];
	struct go_value from = {.typed = typed, .captured = captured};

	return go_make(&from, go_own_type(typed, captured, value), value->piece, 0);
}

/* ---- plain ones ---- */

bool go_value_is_there(const struct go_value *value)
{
	uint8_t state;

	return !value->type->size || go_own_bytes(value, &state);
}

bool go_value_is_zero(const struct go_value *value)
{
	uint8_t state;
	const uint8_t *bytes = go_own_bytes(value, &state);

	for (uint64_t i = 0; bytes && i < value->type->size; i++)
		if (bytes[i])
			return false;
	return bytes || !value->type->size;
}

uint64_t go_value_word(const struct go_value *value, uint64_t offset, size_t size)
{
	uint64_t word = 0;
	uint8_t state;
	const uint8_t *bytes = go_own_bytes(value, &state);

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

bool go_type_is_bytes(struct go_type *type)
{
	return type->kind == GO_SLICE && go_type_complete(type) && is_byte(type->elem);
}

bool go_value_is_text(const struct go_value *value)
{
	return value->type->kind == GO_STRING || go_type_is_bytes(value->type);
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
	bytes = go_lead_bytes(value, TYPED_TEXT, &size, &text->state);
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
	return go_make(value, field->type, value->piece, value->at + field->offset);
}

struct go_value go_value_target(const struct go_value *pointer)
{
	struct go_type *type = pointer->type->elem;
	uint8_t piece;

	if (!type)
		return go_without(pointer, NULL, VALUE_UNKNOWN);
	if (pointer->state != VALUE_WHOLE)
		return go_without(pointer, type, pointer->state);
	if (!go_value_word(pointer, 0, WORD))
		return go_without(pointer, type, VALUE_NIL);
	piece = go_find_lead(pointer, TYPED_TARGET);
	if (piece == TYPED_NONE && type->size)
		return go_without(pointer, type, VALUE_DEPTH);
	return go_make(pointer, type, piece, 0);
}

static struct go_elements array_elements(const struct go_value *value)
{
	return (struct go_elements){
		.state = value->state,
		.length = value->type->length,
		.count = value->type->length,
		.first = go_make(value, value->type->elem, value->piece, value->at)};
}

struct go_elements go_value_elements(const struct go_value *value)
{
	struct go_type *elem = value->type->elem;
	struct go_elements elements = {.state = value->state,
				       .first = go_without(value, elem, VALUE_UNKNOWN)};
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
	if (!go_lead_bytes(value, TYPED_ELEMENTS, &size, &elements.state))
		return elements;
	elements.count = size / elem->size;
	if (elements.count > elements.length)
		elements.count = elements.length;
	elements.state = elements.count == elements.length ? VALUE_WHOLE : VALUE_TRUNCATED;
	elements.first = go_make(value, elem, go_find_lead(value, TYPED_ELEMENTS), 0);
	return elements;
}

struct go_value go_element(const struct go_elements *elements, uint64_t index)
{
	const struct go_value *first = &elements->first;

	return go_make(first, first->type, first->piece, first->at + index * first->type->size);
}

/* ---- channels ---- */

uint8_t go_value_channel(const struct go_value *channel, uint64_t *length, uint64_t *capacity)
{
	uint8_t state = channel->state;
	const uint8_t *bytes;
	size_t size;

	if (state != VALUE_WHOLE)
		return state;
	if (!go_value_word(channel, 0, WORD))
		return VALUE_NIL;
	bytes = go_lead_bytes(channel, TYPED_CHAN, &size, &state);
	if (!bytes)
		return state;
	memcpy(length, bytes, WORD);
	memcpy(capacity, bytes + WORD, WORD);
	return VALUE_WHOLE;
}
