/* SPDX-License-Identifier: MIT */
/* types.c - types by source and id, what is checked of them, and the memory that they live in. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "types/go_types.h"

/* What a program asks for is a few thousand types: more is a file that was made to take memory. */
#define MAX_BYTES   (64u << 20)
#define CHUNK_BYTES (64u << 10)
/* Types inside of a type that are looked at for its alignment. */
#define MAX_STEPS 1000

enum { TYPE_SHALLOW, TYPE_COMPLETE, TYPE_UNKNOWN };

struct chunk {
	struct chunk *next;
	size_t used, size;
	max_align_t bytes[];
};

struct known {
	struct hash_key key; /* the source's context, and the id */
	struct go_type type;
};

struct go_types {
	struct chunk *chunks;
	size_t num_bytes;
	size_t num_complete; /* types */
	struct hash known;
};

/* ---- kinds ---- */

static const uint8_t kinds[] = {
	[1] = GO_BOOL,     [2] = GO_INT,
	[3] = GO_INT,      [4] = GO_INT,
	[5] = GO_INT,      [6] = GO_INT,
	[7] = GO_UINT,     [8] = GO_UINT,
	[9] = GO_UINT,     [10] = GO_UINT,
	[11] = GO_UINT,    [12] = GO_UINT,
	[13] = GO_FLOAT,   [14] = GO_FLOAT,
	[15] = GO_COMPLEX, [16] = GO_COMPLEX,
	[17] = GO_ARRAY,   [18] = GO_CHAN,
	[19] = GO_FUNC,    [20] = GO_INTERFACE,
	[21] = GO_MAP,     [22] = GO_POINTER,
	[23] = GO_SLICE,   [24] = GO_STRING,
	[25] = GO_STRUCT,  [26] = GO_UNSAFE_POINTER,
};

enum go_kind go_kind_by_number(uint64_t number)
{
	return number < sizeof(kinds) ? kinds[number] : GO_OPAQUE;
}

/* ---- memory ---- */

struct go_types *go_types_new(void)
{
	return calloc(1, sizeof(struct go_types));
}

void go_types_free(struct go_types *types)
{
	if (!types)
		return;
	for (struct chunk *chunk = types->chunks, *next; chunk; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	hash_clear(&types->known);
	free(types);
}

static struct chunk *add_chunk(struct go_types *types, size_t size)
{
	struct chunk *chunk;

	size = size > CHUNK_BYTES ? size : CHUNK_BYTES;
	if (size > MAX_BYTES - types->num_bytes)
		return NULL;
	chunk = calloc(1, sizeof(*chunk) + size);
	if (!chunk)
		return NULL;
	types->num_bytes += size;
	chunk->size = size;
	chunk->next = types->chunks;
	types->chunks = chunk;
	return chunk;
}

void *go_types_alloc(struct go_types *types, size_t size)
{
	struct chunk *chunk = types->chunks;
	void *bytes;

	if (size > MAX_BYTES)
		return NULL;
	size = (size + sizeof(max_align_t) - 1) & ~(sizeof(max_align_t) - 1);
	if (!chunk || size > chunk->size - chunk->used)
		chunk = add_chunk(types, size);
	if (!chunk)
		return NULL;
	bytes = (char *)chunk->bytes + chunk->used;
	chunk->used += size;
	return bytes;
}

const char *go_types_text(struct go_types *types, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = go_types_alloc(types, size);

	return copy ? memcpy(copy, text, size) : NULL;
}

struct go_type *go_types_get(struct go_types *types, const struct go_type_source *source,
			     void *context, uint64_t id, bool *is_new)
{
	struct hash_key key = {(uintptr_t)context, id};
	struct known *known = hash_find(&types->known, key);

	*is_new = !known;
	if (known)
		return &known->type;
	known = go_types_alloc(types, sizeof(*known));
	if (!known)
		return NULL;
	known->key = key;
	known->type = (struct go_type){
		.name = "", .types = types, .source = source, .context = context, .id = id};
	return hash_add(&types->known, &known->key) ? &known->type : NULL;
}

/* ---- what is inside ---- */

bool go_type_has_size(const struct go_type *type)
{
	uint64_t size = type->size;

	switch (type->kind) {
	case GO_OPAQUE:
		return false;
	case GO_BOOL:
		return size == 1;
	case GO_INT:
	case GO_UINT:
		return size == 1 || size == 2 || size == 4 || size == 8;
	case GO_FLOAT:
		return size == 4 || size == 8;
	case GO_COMPLEX:
	case GO_STRING:
	case GO_INTERFACE:
		return size == 16 || (size == 8 && type->kind == GO_COMPLEX);
	case GO_SLICE:
		return size == 24;
	case GO_ARRAY:
	case GO_STRUCT:
		return true;
	}
	return size == 8;
}

static bool is_sound(const struct go_type *type)
{
	uint64_t bytes, end = 0;

	if (!go_type_has_size(type))
		return false;
	switch (type->kind) {
	case GO_SLICE:
	case GO_CHAN:
		return type->elem;
	case GO_MAP:
		return type->elem && type->key;
	case GO_ARRAY:
		return type->elem &&
		       !__builtin_mul_overflow(type->elem->size, type->length, &bytes) &&
		       bytes == type->size;
	case GO_STRUCT:
		for (size_t i = 0; i < type->num_fields; i++) {
			const struct go_field *field = &type->fields[i];

			if (!field->name || !field->type || field->offset < end ||
			    field->offset > type->size ||
			    field->type->size > type->size - field->offset)
				return false;
			end = field->offset + field->type->size;
		}
		return true;
	}
	return true;
}

bool go_type_complete(struct go_type *type)
{
	if (type->state == TYPE_SHALLOW) {
		type->state = TYPE_UNKNOWN;
		if (type->source->complete(type->types, type->context, type) && is_sound(type)) {
			type->state = TYPE_COMPLETE;
			type->types->num_complete++;
		}
	}
	return go_type_is_complete(type);
}

bool go_type_is_complete(const struct go_type *type)
{
	return type->state == TYPE_COMPLETE;
}

size_t go_types_num_complete(const struct go_types *types)
{
	return types->num_complete;
}

/* 0: unknown, or not found out in so many steps. */
static unsigned find_align(struct go_type *type, size_t *steps)
{
	unsigned align = 1;

	if (type->align || !*steps || !go_type_has_size(type))
		return type->align;
	--*steps;
	switch (type->kind) {
	case GO_BOOL:
	case GO_INT:
	case GO_UINT:
	case GO_FLOAT:
		align = (unsigned)type->size;
		break;
	case GO_COMPLEX:
		align = (unsigned)type->size / 2;
		break;
	case GO_ARRAY:
		align = go_type_complete(type) ? find_align(type->elem, steps) : 0;
		break;
	case GO_STRUCT:
		if (!go_type_complete(type))
			return 0;
		for (size_t i = 0; i < type->num_fields; i++) {
			unsigned inner = find_align(type->fields[i].type, steps);

			if (!inner)
				return 0;
			align = inner > align ? inner : align;
		}
		break;
	default:
		align = 8;
	}
	type->align = (uint8_t)align;
	return align;
}

unsigned go_type_align(struct go_type *type)
{
	size_t steps = MAX_STEPS;

	return find_align(type, &steps);
}

const struct go_piece *go_variable_piece(const struct go_variable *variable, uint64_t offset)
{
	for (size_t i = 0; i < variable->num_pieces; i++)
		if (offset - variable->pieces[i].offset < variable->pieces[i].size)
			return &variable->pieces[i];
	return NULL;
}
