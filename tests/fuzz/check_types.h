/* SPDX-License-Identifier: MIT */
/* check_types.h - what is so of Go's types, and of a function's variables, whatever they were read from. */
#ifndef GOFUNCGRAPH_TESTS_CHECK_TYPES_H
#define GOFUNCGRAPH_TESTS_CHECK_TYPES_H

#include "gofuncgraph/types.h"
#include "must.h"

/* Looks at types inside of types, so many in all. */
static inline void check_type(struct go_type *type, size_t *steps)
{
	unsigned align;

	if (!*steps)
		return;
	--*steps;
	align = go_type_align(type);
	must(strlen(type->name) < 1 << 20);
	must(!align || align == 1 || align == 2 || align == 4 || align == 8);
	if (!go_type_complete(type))
		return;
	must(go_type_has_size(type));
	if (type->elem)
		check_type(type->elem, steps);
	if (type->key)
		check_type(type->key, steps);
	must(!type->num_fields || type->kind == GO_STRUCT);
	for (size_t i = 0; i < type->num_fields; i++) {
		const struct go_field *field = &type->fields[i];

		must(field->offset <= type->size &&
		     field->type->size <= type->size - field->offset);
		must(strlen(field->name) < 1 << 20);
		check_type(field->type, steps);
	}
}

/* Pieces lie in the variable, one behind the other. */
static inline void check_variable(const struct go_variable *variable, size_t *steps)
{
	uint64_t end = 0;

	must(strlen(variable->name) < 1 << 20);
	must(variable->is_placed || !variable->num_pieces);
	for (size_t i = 0; i < variable->num_pieces; i++) {
		const struct go_piece *piece = &variable->pieces[i];

		must(piece->size && piece->offset >= end);
		end = piece->offset + (uint64_t)piece->size;
		must(end <= variable->type->size);
	}
	check_type(variable->type, steps);
}

#endif
