/* SPDX-License-Identifier: MIT */
/* shape.c - types, and those that stand for several of them where code is shared (go.shape in DWARF). */
#include "gofuncgraph/types.h"

#define MAX_NESTING 8
#define MAX_STEPS   256

static bool has_shape(struct go_type *type, struct go_type *shape, unsigned nesting, size_t *steps);

static bool have_shapes(struct go_type *type, struct go_type *shape, unsigned nesting,
			size_t *steps)
{
	if (type->num_fields != shape->num_fields)
		return false;
	for (size_t i = 0; i < type->num_fields; i++) {
		const struct go_field *field = &type->fields[i], *other = &shape->fields[i];

		if (field->offset != other->offset || strcmp(field->name, other->name) != 0 ||
		    !has_shape(field->type, other->type, nesting + 1, steps))
			return false;
	}
	return true;
}

/* Of what both, or the one that is known, lead to. */
static bool leads_to_shape(struct go_type *type, struct go_type *shape, unsigned nesting,
			   size_t *steps)
{
	return !shape || (type && has_shape(type, shape, nesting + 1, steps));
}

static bool has_shape(struct go_type *type, struct go_type *shape, unsigned nesting, size_t *steps)
{
	/* Types may be inside of themselves: what is that deep is taken for the same. */
	if (type == shape || nesting == MAX_NESTING || !*steps)
		return true;
	--*steps;
	if (type->size != shape->size)
		return false;
	if (shape->is_any_pointer)
		return type->kind == GO_POINTER;
	if (type->kind != shape->kind || type->has_methods != shape->has_methods ||
	    !go_type_complete(type) || !go_type_complete(shape))
		return false;
	return type->length == shape->length &&
	       leads_to_shape(type->key, shape->key, nesting, steps) &&
	       leads_to_shape(type->elem, shape->elem, nesting, steps) &&
	       have_shapes(type, shape, nesting, steps);
}

bool go_type_has_shape(struct go_type *type, struct go_type *shape)
{
	size_t steps = MAX_STEPS;

	return has_shape(type, shape, 0, &steps);
}
