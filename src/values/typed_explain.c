/* SPDX-License-Identifier: MIT */
/* typed_explain.c - why a path leads to no value, for people. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "values/typed.h"

/* Of more names the first ones are told. */
#define MAX_NAMES 40

/* "a, b, c" */
struct names {
	FILE *to;
	size_t count;
	size_t num_numbers; /* of these */
};

static void put_name(struct names *names, const char *name)
{
	_cleanup_free_ char *clean = text_escape(name, strlen(name));

	if (names->count++ <= MAX_NAMES)
		fprintf(names->to, "%s%s", names->count > 1 ? ", " : "",
			names->count > MAX_NAMES ? "..." : clean ?: "?");
}

/* As typed_find() takes them. */
static void put_variable(struct names *names, const struct go_variable *variable, size_t number)
{
	char text[24];

	if (*variable->name && *variable->name != '~' && strcmp(variable->name, "_") != 0) {
		put_name(names, variable->name);
		return;
	}
	snprintf(text, sizeof(text), "%s%zu", variable->is_result ? "r" : "", number);
	put_name(names, text);
	names->num_numbers++;
}

static void put_variables(FILE *to, const struct go_signature *signature, bool results)
{
	size_t numbers[2] = {0, 0};
	struct names names = {.to = to};

	for (size_t i = 0; i < signature->num_variables; i++) {
		const struct go_variable *variable = &signature->variables[i];

		if (variable->is_hidden || (variable->is_result && !results))
			continue;
		put_variable(&names, variable, numbers[variable->is_result]++);
	}
	if (!names.count)
		fputs("none", to);
	else if (names.num_numbers == names.count)
		fputs(": numbers, as they have no names here", to);
}

static void put_fields(FILE *to, struct go_type *type)
{
	struct names names = {.to = to};

	if (type->kind == GO_INTERFACE) {
		fputs(", an interface: what is in one has no fields here", to);
		return;
	}
	if (type->kind == GO_POINTER && go_type_complete(type) && type->elem)
		type = type->elem;
	if (type->kind != GO_STRUCT || !go_type_complete(type)) {
		fputs(", which has no fields", to);
		return;
	}
	fputs(", with the fields ", to);
	for (size_t i = 0; i < type->num_fields; i++)
		put_name(&names, type->fields[i].name);
}

/* How much of the path there is; `value`: what that leads to. */
static size_t known_length(const struct go_signature *signature, bool is_result, const char *path,
			   struct typed_value *value)
{
	size_t length = strlen(path);
	bool has_variable;

	while (length) {
		_cleanup_free_ char *begin = strndup(path, length);

		if (begin && typed_find(signature, is_result, begin, value, &has_variable)) {
			free(value->name);
			value->name = NULL;
			return length;
		}
		while (length && path[--length] != '.')
			;
	}
	return 0;
}

char *typed_explain(const struct go_signature *signature, const char *function, bool results,
		    const char *path)
{
	struct typed_value value;
	size_t length = known_length(signature, false, path, &value), size;
	_cleanup_free_ char *type = NULL;
	char *text = NULL;
	FILE *to;

	if (!length && results)
		length = known_length(signature, true, path, &value);
	to = open_memstream(&text, &size);
	if (!to)
		return NULL;
	if (length && (!*value.type->name || typed_is_inferred(&value))) {
		fprintf(to, "of what type %.*s of %s is, no DWARF says", (int)length, path,
			function);
	} else if (length) {
		type = text_escape(value.type->name, strlen(value.type->name));
		fprintf(to, "%.*s of %s is of type %s", (int)length, path, function, type ?: "?");
		put_fields(to, value.type);
	} else {
		fprintf(to, "those of %s are ", function);
		put_variables(to, signature, results);
	}
	if (fclose(to)) {
		free(text);
		return NULL;
	}
	return text;
}
