/* SPDX-License-Identifier: MIT */
/* typed_find.c - "r.URL.Path": a variable, and fields in it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "values/typed.h"

/* Embedded structs inside of each other that are looked into. */
#define MAX_EMBEDDED 8

/* "2", or "r2": of those without a name, by its number. */
static bool is_number(const char *name, size_t length, const char *before, size_t number)
{
	char text[24];

	return (size_t)snprintf(text, sizeof(text), "%s%zu", before, number) == length &&
	       !memcmp(text, name, length);
}

/* The compiler's own name is "~r0". */
static bool is_unnamed_result(const struct go_variable *variable)
{
	return variable->is_result && (!*variable->name || !strncmp(variable->name, "~r", 2));
}

static bool is_called(const struct go_variable *variable, const char *name, size_t length)
{
	return strlen(variable->name) == length && !memcmp(variable->name, name, length);
}

/* Receivers come first: a receiver is number 0. */
static const struct go_variable *find_variable(const struct go_signature *signature, bool results,
					       const char *name, size_t length)
{
	size_t number = 0;

	for (size_t i = 0; i < signature->num_variables; i++) {
		const struct go_variable *variable = &signature->variables[i];

		if (variable->is_result != results || variable->is_hidden)
			continue;
		if (is_called(variable, name, length) || is_number(name, length, "", number) ||
		    (is_unnamed_result(variable) && is_number(name, length, "r", number)))
			return variable;
		number++;
	}
	return NULL;
}

/* The value is the struct then that it was, or pointed to. */
static bool enter_struct(struct typed_value *value)
{
	struct go_type *type = value->type;

	if (type->kind == GO_POINTER) {
		if (!go_type_complete(type) || !type->elem || value->num_loads == VALUE_MAX_DEPTH)
			return false;
		type = type->elem;
		value->loads[value->num_loads++] = 0;
	}
	value->type = type;
	return type->kind == GO_STRUCT && go_type_complete(type);
}

static bool take_field(struct typed_value *value, const struct go_field *field)
{
	uint32_t *offset = value->num_loads ? &value->loads[value->num_loads - 1] : &value->offset;

	if (field->offset > INT32_MAX - *offset)
		return false;
	*offset += (uint32_t)field->offset;
	value->type = field->type;
	return true;
}

/* Also one of an embedded struct, as Go has it. */
static bool find_field(struct typed_value *value, const char *name, size_t length, unsigned nesting)
{
	if (!enter_struct(value))
		return false;
	for (size_t i = 0; i < value->type->num_fields; i++) {
		const struct go_field *field = &value->type->fields[i];

		if (strlen(field->name) == length && !memcmp(field->name, name, length))
			return take_field(value, field);
	}
	for (size_t i = 0; nesting && i < value->type->num_fields; i++) {
		struct typed_value inner = *value;

		if (!value->type->fields[i].is_embedded ||
		    !take_field(&inner, &value->type->fields[i]) ||
		    !find_field(&inner, name, length, nesting - 1))
			continue;
		*value = inner;
		return true;
	}
	return false;
}

bool typed_find_field(struct typed_value *value, const char *name)
{
	return find_field(value, name, strlen(name), MAX_EMBEDDED);
}

bool typed_find_inside(struct typed_value *value, const char *path)
{
	for (size_t length; *path; path += length) {
		length = strcspn(++path, ".");
		if (!find_field(value, path, length, MAX_EMBEDDED))
			return false;
	}
	return true;
}

bool typed_find(const struct go_signature *signature, bool results, const char *path,
		struct typed_value *value, bool *has_variable)
{
	size_t length = strcspn(path, ".");
	const struct go_variable *variable = find_variable(signature, results, path, length);

	*has_variable = variable;
	if (!variable)
		return false;
	*value = (struct typed_value){.type = variable->type, .variable = variable};
	if (!typed_find_inside(value, path + length))
		return false;
	value->name = strdup(path);
	return value->name;
}
