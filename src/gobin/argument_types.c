/* SPDX-License-Identifier: MIT */
/* argument_types.c - see argument_types.h. */
#include "gobin/argument_types.h"

#include <string.h>

#include "gobin/arguments.h"
#include "gobin/gobin_internal.h"

/* What is inside is known from the beginning. */
static bool complete(struct go_types *types, void *context, struct go_type *type)
{
	return type->kind != GO_OPAQUE;
}

static const struct go_type_source words = {.complete = complete};

/* One after the other; where memory ends, `has_failed`. */
struct walk {
	struct go_types *types;
	const struct arguments *arguments;
	size_t at;
	bool has_failed;
};

static void *take(struct walk *walk, size_t size)
{
	void *bytes = go_types_alloc(walk->types, size);

	walk->has_failed |= !bytes;
	return bytes;
}

static struct go_type *make_type(struct walk *walk, enum go_kind kind, const char *name,
				 uint64_t size)
{
	struct go_type *type = take(walk, sizeof(*type));

	if (type)
		*type = (struct go_type){
			.kind = kind,
			.name = name,
			.size = size,
			.source = &words,
			.types = walk->types,
		};
	return type;
}

/* The item that ends the one at `at`: itself, or of an aggregate its end. */
static size_t end_of(const struct arguments *arguments, size_t at)
{
	size_t depth = 0;

	for (; at < arguments->count; at++) {
		depth += arguments->items[at].kind == ARGUMENT_BEGIN;
		depth -= arguments->items[at].kind == ARGUMENT_END;
		if (!depth)
			break;
	}
	return at;
}

static bool is_word(const struct argument *item)
{
	return item->kind == ARGUMENT_WORD;
}

/* The bytes that words from `at` to `end` take, [begin, end). False: there is no word. */
static bool extent(const struct arguments *arguments, size_t at, size_t end, uint32_t *from,
		   uint32_t *to)
{
	*from = UINT32_MAX;
	*to = 0;
	for (; at <= end && at < arguments->count; at++) {
		const struct argument *item = &arguments->items[at];

		if (!is_word(item))
			continue;
		if (item->offset < *from)
			*from = item->offset;
		if (item->offset + item->size > *to)
			*to = item->offset + item->size;
	}
	return *to;
}

static size_t count_parts(const struct arguments *arguments, size_t at, size_t end)
{
	size_t count = 0;

	for (; at < end; at = end_of(arguments, at) + 1)
		count++;
	return count;
}

/* Two words, one behind the other. */
static bool may_be_string(const struct arguments *arguments, size_t at)
{
	const struct argument *items = &arguments->items[at];

	return end_of(arguments, at) == at + 3 && is_word(&items[1]) && is_word(&items[2]) &&
	       items[1].size == 8 && items[2].size == 8 && items[2].offset == items[1].offset + 8;
}

static struct go_type *take_type(struct walk *walk);

static struct go_type *take_struct(struct walk *walk)
{
	size_t end = end_of(walk->arguments, walk->at);
	uint32_t from, to, inner_from, inner_to;
	struct go_type *type;

	if (!extent(walk->arguments, walk->at, end, &from, &to))
		from = to = 0;
	type = make_type(walk, GO_STRUCT, "", to - from);
	if (!type)
		return NULL;
	walk->at++;
	type->num_fields = count_parts(walk->arguments, walk->at, end);
	type->fields = take(walk, (type->num_fields + 1) * sizeof(*type->fields));
	for (size_t i = 0; !walk->has_failed && i < type->num_fields; i++) {
		struct go_field *field = &type->fields[i];

		field->name = "";
		if (extent(walk->arguments, walk->at, end_of(walk->arguments, walk->at),
			   &inner_from, &inner_to))
			field->offset = inner_from - from;
		field->type = take_type(walk);
	}
	walk->at = end + 1;
	return type;
}

static struct go_type *take_type(struct walk *walk)
{
	const struct argument *item = &walk->arguments->items[walk->at];

	if (item->kind == ARGUMENT_BEGIN)
		return take_struct(walk);
	walk->at++;
	return make_type(walk, GO_OPAQUE, item->kind == ARGUMENT_MORE ? "..." : "",
			 is_word(item) ? item->size : 0);
}

static const uint8_t places[] = {
	[ARGUMENT_IN_REGISTER] = GO_IN_REGISTER,
	[ARGUMENT_IN_FLOAT_REGISTER] = GO_IN_FLOAT_REGISTER,
	[ARGUMENT_ON_STACK] = GO_ON_STACK,
};

/* The words from `at` to `end`, as far as it is known where they are. */
static void place(struct walk *walk, struct go_variable *variable, size_t at, size_t end)
{
	uint32_t from, to;

	if (!extent(walk->arguments, at, end, &from, &to))
		return;
	variable->pieces = take(walk, (end - at + 1) * sizeof(*variable->pieces));
	for (; !walk->has_failed && at <= end; at++) {
		const struct argument *item = &walk->arguments->items[at];

		if (!is_word(item) || item->place == ARGUMENT_SOMEWHERE)
			continue;
		variable->pieces[variable->num_pieces++] = (struct go_piece){
			.offset = item->offset - from,
			.size = item->size,
			.stack = item->place == ARGUMENT_ON_STACK ? item->offset : 0,
			.place = places[item->place],
			.reg = item->reg,
		};
	}
	variable->is_placed = variable->num_pieces;
}

static void take_variable(struct walk *walk, struct go_variable *variable)
{
	size_t begin = walk->at, end = end_of(walk->arguments, begin);

	variable->name = "";
	if (may_be_string(walk->arguments, begin)) {
		variable->is_inferred = true;
		variable->type = make_type(walk, GO_STRING, "string", 16);
		walk->at = end + 1;
	} else {
		variable->type = take_type(walk);
	}
	place(walk, variable, begin, end);
}

bool argument_types(struct gobin *bin, const struct gobin_func *func,
		    struct go_signature *signature, struct error **err)
{
	struct walk walk = {.types = gobin_types(bin)};
	struct arguments arguments;
	size_t count;

	*err = NULL;
	if (!arguments_find(bin, func, &arguments))
		return false;
	walk.arguments = &arguments;
	count = count_parts(&arguments, 0, arguments.count);
	walk.has_failed = !walk.types;
	signature->variables =
		walk.types ? take(&walk, (count + 1) * sizeof(*signature->variables)) : NULL;
	for (size_t i = 0; !walk.has_failed && i < count; i++)
		take_variable(&walk, &signature->variables[i]);
	if (walk.has_failed) {
		*signature = (struct go_signature){};
		*err = error_out_of_memory();
		return true;
	}
	signature->num_variables = count;
	return true;
}
