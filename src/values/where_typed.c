/* SPDX-License-Identifier: MIT */
/* where_typed.c - values by name and Go type in conditions. */
#include "values/go_value.h"
#include "values/where_internal.h"

bool where_typed_spec(const struct go_type *type, struct value_spec *spec)
{
	*spec = (struct value_spec){.expr = (char *)type->name, .size = (uint16_t)type->size};
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
	case GO_STRING:
		spec->kind = VALUE_STRING;
		spec->is_text = true;
		return true;
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

struct value where_typed_read(const struct value_list *list, struct where_value *value,
			      const struct captured *captured)
{
	struct go_value go = go_value_at(list->typed, captured, value->index);
	struct value read = {.spec = &value->spec, .state = go.state};
	bool is_there = value_state_is_there(go.state);

	if (value->spec.is_text) {
		go_value_text(&go, &value->spec, &read);
	} else if (is_there && !go_value_is_there(&go)) {
		read.state = VALUE_UNKNOWN;
	} else if (is_there) {
		read.state = VALUE_WHOLE;
		read.bits = go_value_word(&go, 0, value->spec.size);
	}
	return read;
}

/* ---- in the kernel ---- */

struct ops {
	bool (*add)(void *context, struct fetch_op op);
	void *context;
	const struct typed_list *typed;
};

static bool add(const struct ops *ops, struct fetch_op op)
{
	return ops->add(ops->context, op);
}

/* What lies there in the variable: its register, or so many bytes on the stack. */
static bool add_word(const struct ops *ops, const struct go_variable *variable, uint32_t offset,
		     uint16_t size)
{
	const struct go_piece *piece = go_variable_piece(variable, offset);

	if (!piece || ops->typed->is_repeated)
		return false;
	if (piece->place == GO_IN_REGISTER)
		return piece->offset == offset &&
		       !(ops->typed->changed_registers >> piece->reg & 1) &&
		       add(ops, (struct fetch_op){.code = FETCH_REGISTER, .reg = piece->reg});
	return piece->place == GO_ON_STACK &&
	       add(ops, (struct fetch_op){.code = FETCH_STACK_POINTER}) &&
	       add(ops,
		   (struct fetch_op){.code = FETCH_LOAD,
				     .size = size,
				     .number = piece->stack + (int64_t)(offset - piece->offset)});
}

static bool add_string(const struct ops *ops, const struct go_variable *variable, uint32_t offset)
{
	return add_word(ops, variable, offset + 8, 8) &&
	       add(ops, (struct fetch_op){.code = FETCH_LENGTH}) &&
	       add_word(ops, variable, offset, 8);
}

bool where_typed_fetch(const struct value_list *list, const struct where_value *value,
		       bool (*add_op)(void *context, struct fetch_op op), void *context)
{
	const struct ops ops = {.add = add_op, .context = context, .typed = list->typed};
	const struct typed_value *typed = &list->typed->values[value->index];
	uint16_t size = value->spec.is_text ? 16 : value->spec.size;

	if (!typed->num_loads)
		return value->spec.is_text ? add_string(&ops, typed->variable, typed->offset)
					   : add_word(&ops, typed->variable, typed->offset, size);
	if (!add_word(&ops, typed->variable, typed->offset, 8))
		return false;
	for (uint8_t i = 0; i < typed->num_loads; i++) {
		bool is_last = i + 1 == typed->num_loads;

		if (!add(&ops, (struct fetch_op){.code = FETCH_LOAD,
						 .number = typed->loads[i],
						 .size = is_last ? size : 8}))
			return false;
	}
	return true;
}
