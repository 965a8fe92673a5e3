/* SPDX-License-Identifier: MIT */
/* typed_fetch.c - the operations that lead to one value. */
#include "values/typed.h"

#define WORD 8

static bool add(const struct typed_ops *ops, struct fetch_op op)
{
	return ops->add(ops->context, op);
}

/* What lies there in the variable: its register, or so many bytes on the stack. */
static bool add_word(const struct typed_ops *ops, const struct go_variable *variable,
		     uint32_t offset, uint16_t size)
{
	const struct go_piece *piece = go_variable_piece(variable, offset);

	if (!piece || ops->site->is_repeated)
		return false;
	if (piece->place == GO_IN_REGISTER)
		return piece->offset == offset &&
		       !(ops->site->changed_registers >> piece->reg & 1) &&
		       add(ops, (struct fetch_op){.code = FETCH_REGISTER, .reg = piece->reg});
	return piece->place == GO_ON_STACK &&
	       add(ops, (struct fetch_op){.code = FETCH_STACK_POINTER}) &&
	       add(ops,
		   (struct fetch_op){.code = FETCH_LOAD,
				     .size = size,
				     .number = piece->stack + (int64_t)(offset - piece->offset)});
}

static bool add_pair(const struct typed_ops *ops, const struct go_variable *variable,
		     uint32_t offset)
{
	return add_word(ops, variable, offset + WORD, WORD) &&
	       add(ops, (struct fetch_op){.code = FETCH_LENGTH}) &&
	       add_word(ops, variable, offset, WORD);
}

bool typed_fetch(const struct typed_value *value, uint16_t size, const struct typed_ops *ops)
{
	if (!value->num_loads)
		return size == 2 * WORD ? add_pair(ops, value->variable, value->offset)
					: add_word(ops, value->variable, value->offset, size);
	if (!add_word(ops, value->variable, value->offset, WORD))
		return false;
	for (uint8_t i = 0; i < value->num_loads; i++) {
		bool is_last = i + 1 == value->num_loads;

		if (!add(ops, (struct fetch_op){.code = FETCH_LOAD,
						.number = value->loads[i],
						.size = is_last ? size : WORD}))
			return false;
	}
	return true;
}
