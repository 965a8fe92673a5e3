/* SPDX-License-Identifier: MIT */
/* go_dynamic.c - what only the program knows: what is in an interface, which function a value is. */
#include "values/go_value_internal.h"

#include <string.h>

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

/* The type of what is in it. NULL: it is not known. */
static struct go_type *find_dynamic_type(const struct go_value *interface, uint8_t *state)
{
	const struct typed_source *source = &interface->typed->source;
	uint64_t address = go_value_word(interface, 0, WORD), bias = interface->captured->bias;
	const uint8_t *bytes;
	size_t size;

	if (!interface->type->has_methods)
		return source->type_at ? source->type_at(source->context, address - bias) : NULL;
	bytes = go_lead_bytes(interface, TYPED_ITAB_TYPE, &size, state);
	if (bytes && size == sizeof(address)) {
		memcpy(&address, bytes, sizeof(address));
		return source->type_at ? source->type_at(source->context, address - bias) : NULL;
	}
	/* The itab itself was not captured, but most of them are in the file. */
	return *state == VALUE_DEPTH && source->interface_type
		       ? source->interface_type(source->context, address - bias)
		       : NULL;
}

bool go_value_dynamic(const struct go_value *interface, struct go_value *inner, uint8_t *state)
{
	struct go_type *type;
	uint8_t piece;

	*state = interface->state;
	if (*state != VALUE_WHOLE)
		return false;
	if (!go_value_word(interface, 0, WORD)) {
		*state = VALUE_NIL;
		return false;
	}
	type = find_dynamic_type(interface, state);
	if (!type) {
		if (*state == VALUE_WHOLE)
			*state = VALUE_UNKNOWN;
		return false;
	}
	*state = VALUE_WHOLE;
	if (is_direct(type)) {
		*inner = go_make(interface, type, interface->piece, interface->at + WORD);
		return true;
	}
	piece = go_find_lead(interface, TYPED_DATA);
	*inner = piece == TYPED_NONE && type->size ? go_without(interface, type, VALUE_DEPTH)
						   : go_make(interface, type, piece, 0);
	return true;
}

const char *go_value_function(const struct go_value *value, uint8_t *state)
{
	const struct typed_source *source = &value->typed->source;
	const char *name = NULL;
	const uint8_t *bytes;
	uint64_t address;
	size_t size;

	*state = value->state;
	if (*state != VALUE_WHOLE)
		return NULL;
	*state = VALUE_NIL;
	if (!go_value_word(value, 0, WORD))
		return NULL;
	bytes = go_lead_bytes(value, TYPED_CODE, &size, state);
	if (!bytes)
		return NULL;
	memcpy(&address, bytes, WORD);
	*state = VALUE_UNKNOWN;
	if (source->function)
		name = source->function(source->context, address - value->captured->bias);
	return name;
}
