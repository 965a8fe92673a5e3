/* SPDX-License-Identifier: MIT */
/* made_types.h - Go's types made by hand, for tests. */
#ifndef TESTS_MADE_TYPES_H
#define TESTS_MADE_TYPES_H

#include <stdarg.h>
#include <stdint.h>

#include "types/go_types.h"

static struct go_types *types;
static uint64_t last_id;

static bool made_complete(struct go_types *all, void *context, struct go_type *type)
{
	return type->kind != GO_OPAQUE;
}

static const struct go_type_source made_source = {made_complete};

static int make_types(void **state)
{
	types = go_types_new();
	return types ? 0 : -1;
}

static int free_types(void **state)
{
	go_types_free(types);
	return 0;
}

static inline struct go_type *make(enum go_kind kind, uint64_t size)
{
	bool is_new;
	struct go_type *type = go_types_get(types, &made_source, NULL, ++last_id, &is_new);

	assert_true(type && is_new);
	type->kind = (uint8_t)kind;
	type->size = size;
	return type;
}

static inline struct go_type *word(void)
{
	return make(GO_INT, 8);
}

static inline struct go_type *array(struct go_type *elem, uint64_t length)
{
	struct go_type *type = make(GO_ARRAY, elem->size * length);

	type->elem = elem;
	type->length = length;
	return type;
}

/* What has elements, or leads to one. */
static inline struct go_type *made_of(enum go_kind kind, uint64_t size, struct go_type *elem)
{
	struct go_type *type = make(kind, size);

	type->elem = elem;
	return type;
}

static inline struct go_type *named(const char *name, struct go_type *type)
{
	type->name = name;
	type->is_named = true;
	return type;
}

/* Behind those that it has, as the compiler places them. */
static inline void add_field(struct go_type *type, const char *name, struct go_type *field)
{
	unsigned own = go_type_align(field);

	if (!type->fields)
		type->fields = go_types_alloc(types, 16 * sizeof(*type->fields));
	type->size = (type->size + own - 1) / own * own;
	type->fields[type->num_fields++] =
		(struct go_field){.name = name, .type = field, .offset = type->size};
	type->size += field->size;
}

/* Of fields of these types; ends with NULL. */
static inline struct go_type *structure(struct go_type *first, ...)
{
	struct go_type *type = make(GO_STRUCT, 0), *field = first;
	unsigned align = 1;
	va_list fields;

	va_start(fields, first);
	for (; field; field = va_arg(fields, struct go_type *)) {
		unsigned own = go_type_align(field);

		align = own > align ? own : align;
		add_field(type, "f", field);
	}
	va_end(fields);
	type->size = (type->size + align - 1) / align * align;
	return type;
}

#endif
