/* SPDX-License-Identifier: MIT */
/* stdlib.c - the table's rows as signatures. */
#include "gobin/stdlib.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "gobin/stdlib_table.h"

#define MAX_TEXT      256
#define MAX_NESTING   8
#define MAX_VARIABLES 32

/* What a row is read with. */
struct reader {
	struct go_types *types;
	struct runtime_types *runtime; /* or NULL */
	unsigned minor;
	const char *package; /* of types that begin with a point */
};

static bool complete(struct go_types *types, void *context, struct go_type *type)
{
	return true; /* it is from the beginning, as far as it ever is */
}

static const struct go_type_source source = {.complete = complete};

/* ---- rows ---- */

/* That of this version. NULL: there is none. */
static const char *find_text(const struct stdlib_row *row, const char *name, unsigned minor)
{
	const char *text = NULL;

	for (; row->name; row++)
		if (row->minor <= minor && !strcmp(row->name, name))
			text = row->text;
	return text;
}

static int compare_row(const void *key, const void *row)
{
	return strcmp(key, ((const struct stdlib_row *)row)->name);
}

static const char *find_row(const struct stdlib_package *package, const char *name, unsigned minor)
{
	const struct stdlib_row *end = package->rows + package->count, *row;
	const char *text = NULL;

	row = bsearch(name, package->rows, package->count, sizeof(*row), compare_row);
	while (row && row > package->rows && !strcmp(row[-1].name, name))
		row--;
	for (; row && row < end && !strcmp(row->name, name); row++)
		if (row->minor <= minor)
			text = row->text;
	return text;
}

/* NULL: the function is not known. */
static const char *find_function(unsigned minor, const char *function, const char **path)
{
	for (const struct stdlib_package *package = stdlib_packages; package->path; package++) {
		size_t length = strlen(package->path);

		*path = package->path;
		if (!strncmp(function, package->path, length) && function[length] == '.')
			return find_row(package, function + length + 1, minor);
	}
	return NULL;
}

/* ---- types ---- */

static const struct basic {
	const char *name;
	uint8_t kind, size;
	bool has_methods;
} basics[] = {
	{"bool", GO_BOOL, 1, false},
	{"int", GO_INT, 8, false},
	{"int8", GO_INT, 1, false},
	{"int16", GO_INT, 2, false},
	{"int32", GO_INT, 4, false},
	{"rune", GO_INT, 4, false},
	{"int64", GO_INT, 8, false},
	{"uint", GO_UINT, 8, false},
	{"uint8", GO_UINT, 1, false},
	{"byte", GO_UINT, 1, false},
	{"uint16", GO_UINT, 2, false},
	{"uint32", GO_UINT, 4, false},
	{"uint64", GO_UINT, 8, false},
	{"uintptr", GO_UINT, 8, false},
	{"float32", GO_FLOAT, 4, false},
	{"float64", GO_FLOAT, 8, false},
	{"string", GO_STRING, 16, false},
	{"func", GO_FUNC, 8, false},
	{"interface", GO_INTERFACE, 16, true},
	{"error", GO_INTERFACE, 16, true},
	{"any", GO_INTERFACE, 16, false},
};

static struct go_type *make(const struct reader *reader, enum go_kind kind, uint64_t size,
			    const char *name)
{
	struct go_type *type = go_types_alloc(reader->types, sizeof(*type));

	if (type && name)
		*type = (struct go_type){
			.kind = (uint8_t)kind,
			.name = name,
			.size = size,
			.source = &source,
			.types = reader->types,
		};
	return name ? type : NULL;
}

static struct go_type *read_type(const struct reader *reader, const char *text, unsigned nesting);

/* The type of that name with its package's path, where the binary has it. */
static struct go_type *find_pointer(const struct reader *reader, const char *name)
{
	return reader->runtime && strchr(name, '.')
		       ? runtime_types_pointer_to(reader->runtime, name)
		       : NULL;
}

static struct go_type *read_named(const struct reader *reader, const char *name, unsigned nesting)
{
	struct go_type *pointer = find_pointer(reader, name), *type;
	const char *under;

	if (pointer && go_type_complete(pointer) && pointer->elem)
		return pointer->elem;
	under = find_text(stdlib_types, name, reader->minor);
	type = under ? read_type(reader, under, nesting + 1) : NULL;
	if (type)
		type->name = go_types_text(reader->types, name);
	if (!type || !type->name)
		return NULL;
	type->is_named = true;
	return type;
}

/* What has an element, whose name is at `elem`; a struct that is not known is never looked into. */
static struct go_type *read_elem(const struct reader *reader, enum go_kind kind, uint64_t size,
				 const char *text, const char *elem, unsigned nesting)
{
	struct go_type *type = make(reader, kind, size, go_types_text(reader->types, text));

	if (type)
		type->elem = read_type(reader, elem, nesting + 1);
	return type && (type->elem || kind == GO_POINTER) ? type : NULL;
}

static struct go_type *read_map(const struct reader *reader, const char *text, unsigned nesting)
{
	const char *end = strchr(text, ']');
	char key[MAX_TEXT] = "";
	struct go_type *type;

	if (!end || end - text >= MAX_TEXT)
		return NULL;
	memcpy(key, text + 4, (size_t)(end - text) - 4);
	type = read_elem(reader, GO_MAP, 8, text, end + 1, nesting);
	if (type)
		type->key = read_type(reader, key, nesting + 1);
	return type && type->key ? type : NULL;
}

static struct go_type *read_array(const struct reader *reader, const char *text, unsigned nesting)
{
	char *end;
	uint64_t length = strtoull(text + 1, &end, 10);
	struct go_type *type;

	if (*end != ']')
		return NULL;
	type = read_elem(reader, GO_ARRAY, 0, text, end + 1, nesting);
	if (type) {
		type->length = length;
		type->size = length * type->elem->size;
	}
	return type;
}

/* NULL: it is not known. */
static struct go_type *read_type(const struct reader *reader, const char *text, unsigned nesting)
{
	struct go_type *found;
	char full[MAX_TEXT];

	if (nesting == MAX_NESTING)
		return NULL;
	if (*text == '.') {
		if (snprintf(full, sizeof(full), "%s%s", reader->package, text) >= MAX_TEXT)
			return NULL;
		return read_named(reader, full, nesting);
	}
	if (*text == '*') {
		snprintf(full, sizeof(full), "%s%s", text[1] == '.' ? reader->package : "",
			 text + 1);
		found = find_pointer(reader, full);
		memmove(full + 1, full, strnlen(full, sizeof(full) - 2) + 1);
		full[0] = '*';
		return found ?: read_elem(reader, GO_POINTER, 8, full, text + 1, nesting);
	}
	if (text_starts_with(text, "[]"))
		return read_elem(reader, GO_SLICE, 24, text, text + 2, nesting);
	if (*text == '[')
		return read_array(reader, text, nesting);
	if (text_starts_with(text, "map["))
		return read_map(reader, text, nesting);
	if (text_starts_with(text, "chan ") || text_starts_with(text, "<-chan ") ||
	    text_starts_with(text, "chan<- "))
		return read_elem(reader, GO_CHAN, 8, text, strchr(text, ' ') + 1, nesting);
	for (size_t i = 0; i < sizeof(basics) / sizeof(*basics); i++) {
		if (strcmp(basics[i].name, text) != 0)
			continue;
		found = make(reader, basics[i].kind, basics[i].size, basics[i].name);
		if (found)
			found->has_methods = basics[i].has_methods;
		return found;
	}
	return strchr(text, '.') ? read_named(reader, text, nesting) : NULL;
}

/* ---- signatures ---- */

/* Of "w .ResponseWriter" the name, which may be "", and where the type begins. */
static const char *split_word(char *word, const char **name)
{
	char *space = strchr(word, ' ');

	*name = "";
	if (!space || text_starts_with(word, "chan ") || text_starts_with(word, "<-chan ") ||
	    text_starts_with(word, "chan<- "))
		return word;
	*space = 0;
	*name = word;
	return space + 1;
}

/* Parameters and results one by one; `add` returns false to stop. */
static bool for_each(const char *row, void *context,
		     bool (*add)(void *context, const char *name, const char *type, bool is_result))
{
	char text[1024], *next = text, *results;
	bool is_result = false;

	if (snprintf(text, sizeof(text), "%s", row) >= (int)sizeof(text) ||
	    !(results = strchr(text, '=')))
		return false;
	*results++ = 0;
	for (;;) {
		char *word = strsep(&next, ";");
		const char *name, *type;

		if (word && *word) {
			type = split_word(word, &name);
			if (!add(context, name, type, is_result))
				return false;
		}
		if (next)
			continue;
		if (is_result)
			return true;
		is_result = true;
		next = results;
	}
}

struct building {
	const struct reader *reader;
	struct go_variable variables[MAX_VARIABLES];
	size_t count;
	bool only_names;
};

static bool add_variable(void *context, const char *name, const char *type, bool is_result)
{
	struct building *building = context;
	struct go_types *types = building->reader->types;
	struct go_variable *variable = &building->variables[building->count];

	if (building->count == MAX_VARIABLES)
		return false;
	building->count++;
	*variable = (struct go_variable){
		.name = go_types_text(types, name),
		.is_result = is_result,
	};
	if (!building->only_names)
		variable->type = read_type(building->reader, type, 0);
	return variable->name && (building->only_names || variable->type);
}

bool stdlib_signature(struct go_types *types, struct runtime_types *runtime, unsigned minor,
		      const char *function, struct go_signature *signature)
{
	struct reader reader = {.types = types, .runtime = runtime, .minor = minor};
	struct building building = {.reader = &reader};
	const char *row = find_function(minor, function, &reader.package);
	size_t size;

	if (!row || !for_each(row, &building, add_variable))
		return false;
	size = building.count * sizeof(*building.variables);
	signature->variables = go_types_alloc(types, size);
	if (!signature->variables)
		return false;
	memcpy(signature->variables, building.variables, size);
	signature->num_variables = building.count;
	return true;
}

static size_t count_parameters(const struct go_variable *variables, size_t count)
{
	size_t num_parameters = 0;

	while (num_parameters < count && !variables[num_parameters].is_result)
		num_parameters++;
	return num_parameters;
}

void stdlib_name(struct go_types *types, unsigned minor, const char *function,
		 struct go_signature *signature)
{
	struct reader reader = {.types = types};
	struct building building = {.reader = &reader, .only_names = true};
	const char *row = find_function(minor, function, &reader.package);
	size_t count;

	if (!row || !for_each(row, &building, add_variable))
		return;
	count = count_parameters(building.variables, building.count);
	if (count != count_parameters(signature->variables, signature->num_variables))
		return;
	/* Results may be unknown. */
	if (building.count == signature->num_variables)
		count = building.count;
	for (size_t i = 0; i < count; i++)
		signature->variables[i].name = building.variables[i].name;
}
