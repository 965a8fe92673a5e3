/* SPDX-License-Identifier: MIT */
/* where_typed.c - values by name and Go type in conditions. */
#include "values/go_value.h"
#include "values/where_internal.h"

bool where_typed_spec(struct go_type *type, enum where_constant constant, struct value_spec *spec)
{
	*spec = (struct value_spec){.expr = (char *)type->name, .size = (uint16_t)type->size};
	if (type->kind == GO_STRING || (constant == WHERE_TEXT && go_type_is_bytes(type))) {
		spec->kind = VALUE_STRING;
		spec->is_text = true;
		return true;
	}
	switch (type->kind) {
	case GO_BOOL:
		spec->kind = VALUE_BOOL;
		break;
	case GO_INT:
		spec->kind = VALUE_SIGNED;
		break;
	case GO_UINT:
		spec->kind = VALUE_UNSIGNED;
		break;
	case GO_FLOAT:
		spec->kind = VALUE_FLOAT;
		break;
	case GO_SLICE:
	case GO_POINTER:
	case GO_UNSAFE_POINTER:
	case GO_MAP:
	case GO_CHAN:
	case GO_FUNC:
	case GO_INTERFACE:
		/* The first word is 0 where it is nil. */
		spec->kind = VALUE_HEX;
		spec->size = sizeof(uint64_t);
		break;
	default:
		return false;
	}
	return spec->size && spec->size <= sizeof(uint64_t);
}

bool where_is_nil_alone(const struct go_type *type)
{
	switch (type->kind) {
	case GO_SLICE:
	case GO_MAP:
	case GO_CHAN:
	case GO_FUNC:
	case GO_INTERFACE:
		return true;
	default:
		return false;
	}
}

struct value where_typed_read(const struct value_list *list, struct where_value *value,
			      const struct captured *captured)
{
	struct go_value go = go_value_at(list->typed, captured, value->index);
	struct value read = {.spec = &value->spec, .state = go.state};
	bool is_there = value_state_is_there(go.state);

	if (value->spec.is_text) {
		go_value_text(&go, &value->spec, &read);
		/* As for Go, a nil slice holds the same as an empty one. */
		if (go.type->kind == GO_SLICE && go.state == VALUE_WHOLE &&
		    read.state == VALUE_NIL) {
			read.state = VALUE_WHOLE;
			read.text = "";
		}
	} else if (is_there && !go_value_is_there(&go)) {
		read.state = VALUE_UNKNOWN;
	} else if (is_there) {
		read.state = VALUE_WHOLE;
		read.bits = go_value_word(&go, 0, value->spec.size);
	}
	return read;
}

bool where_typed_fetch(const struct value_list *list, const struct where_value *value,
		       bool (*add)(void *context, struct fetch_op op), void *context)
{
	const struct typed_site site = {.changed_registers = list->typed->changed_registers,
					.is_repeated = list->typed->is_repeated};

	return typed_fetch(&list->typed->values[value->index],
			   value->spec.is_text ? 2 * sizeof(uint64_t) : value->spec.size,
			   &(struct typed_ops){add, context, &site});
}
