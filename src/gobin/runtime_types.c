/* SPDX-License-Identifier: MIT */
/* runtime_types.c - type descriptors as types. */
#include "gobin/runtime_types.h"

#include <stdlib.h>
#include <string.h>

#include "gobin/runtime_types_internal.h"

/* More than any struct has. */
#define MAX_FIELDS 16384
/* Elements of elements, for names. */
#define MAX_NESTING 32
/* Offsets of fields hold whether they are embedded before this version (src/runtime/type.go). */
#define PLAIN_OFFSETS_MINOR 19

static bool complete(struct go_types *types, void *context, struct go_type *type);
static const struct go_type_source source = {.complete = complete};

/* ---- names ---- */

static const char *join(struct go_types *types, const char *head, size_t head_length,
			const char *middle, const char *tail, size_t tail_length)
{
	size_t middle_length = strlen(middle);
	char *text = go_types_alloc(types, head_length + middle_length + tail_length + 1);

	if (!text)
		return NULL;
	memcpy(text, head, head_length);
	memcpy(text + head_length, middle, middle_length);
	memcpy(text + head_length + middle_length, tail, tail_length);
	return text;
}

/* What is printed has the package's name, "http.Request": its path instead. */
static const char *full_name(const struct runtime_types *runtime,
			     const struct descriptor *descriptor, const char *text, size_t length)
{
	const char *bracket = memchr(text, '[', length), *path = NULL;
	const char *point = memrchr(text, '.', bracket ? (size_t)(bracket - text) : length);
	struct uncommon uncommon;
	size_t path_length = 0;

	if (point && descriptor_uncommon(runtime, descriptor, &uncommon))
		path = descriptor_name(runtime, descriptor_va(runtime, uncommon.package),
				       &path_length, NULL);
	if (!path || !path_length)
		return join(runtime->types, text, length, "", "", 0);
	return join(runtime->types, path, path_length, "", point, length - (size_t)(point - text));
}

static struct go_type *get(struct runtime_types *runtime, uint64_t va, unsigned nesting);

/* What ends with its element's name, "[]http.Header" or "*http.Request". */
static const char *name_by_elem(struct runtime_types *runtime, const struct descriptor *descriptor,
				const char *text, size_t length, unsigned nesting)
{
	struct descriptor elem;
	struct go_type *type = NULL;
	const char *elem_text = NULL;
	size_t elem_length;
	uint64_t elem_va;

	if (descriptor->kind != RUNTIME_FUNC && descriptor->kind != RUNTIME_STRUCT &&
	    descriptor->kind != RUNTIME_INTERFACE && nesting < MAX_NESTING &&
	    descriptor->kind != RUNTIME_MAP && descriptor_elem(runtime, descriptor, &elem_va) &&
	    descriptor_read(runtime, elem_va, &elem))
		elem_text = descriptor_text(runtime, &elem, &elem_length);
	if (elem_text && elem_length < length &&
	    !memcmp(text + length - elem_length, elem_text, elem_length))
		type = get(runtime, elem_va, nesting + 1);
	if (!type || !*type->name)
		return join(runtime->types, text, length, "", "", 0);
	return join(runtime->types, text, length - elem_length, type->name, "", 0);
}

/* ---- types ---- */

static bool has_methods(const struct runtime_types *runtime, const struct descriptor *descriptor)
{
	uint64_t count;

	return descriptor->kind == RUNTIME_INTERFACE &&
	       image_read_u64(runtime->image, descriptor->va + 64, &count) && count;
}

static struct go_type *get(struct runtime_types *runtime, uint64_t va, unsigned nesting)
{
	struct descriptor descriptor;
	struct go_type *type;
	const char *text, *name;
	size_t length;
	bool is_new;

	if (!descriptor_read(runtime, va, &descriptor) ||
	    !(text = descriptor_text(runtime, &descriptor, &length)))
		return NULL;
	type = go_types_get(runtime->types, &source, runtime, va, &is_new);
	if (!type || !is_new)
		return type;
	type->kind = go_kind_by_number(descriptor.kind);
	type->size = descriptor.size;
	type->is_named = descriptor.flags & DESCRIPTOR_NAMED && memchr(text, '.', length);
	type->has_methods = has_methods(runtime, &descriptor);
	name = descriptor.flags & DESCRIPTOR_NAMED
		       ? full_name(runtime, &descriptor, text, length)
		       : name_by_elem(runtime, &descriptor, text, length, nesting);
	if (!name)
		return NULL;
	type->name = name;
	return type;
}

struct go_type *runtime_types_at(struct runtime_types *runtime, uint64_t va)
{
	return get(runtime, va, 0);
}

/* Of the type whose descriptor's address is at `at` bytes of this one. */
static struct go_type *inner(struct runtime_types *runtime, const struct go_type *type, uint64_t at)
{
	uint64_t va;

	return image_read_pointer(runtime->image, type->id + at, &va)
		       ? runtime_types_at(runtime, va)
		       : NULL;
}

/* ---- what is inside ---- */

static bool read_field(struct runtime_types *runtime, uint64_t va, struct go_field *field)
{
	uint64_t name_va, type_va, offset;
	size_t length;
	const char *name;

	if (!image_read_pointer(runtime->image, va, &name_va) ||
	    !image_read_pointer(runtime->image, va + 8, &type_va) ||
	    !image_read_u64(runtime->image, va + 16, &offset) ||
	    !(name = descriptor_name(runtime, name_va, &length, &field->is_embedded)))
		return false;
	if (runtime->minor < PLAIN_OFFSETS_MINOR) {
		field->is_embedded = offset & 1;
		offset >>= 1;
	}
	field->name = join(runtime->types, name, length, "", "", 0);
	field->type = runtime_types_at(runtime, type_va);
	field->offset = offset;
	return field->name && field->type;
}

static bool read_fields(struct runtime_types *runtime, struct go_type *type)
{
	uint64_t va, count;

	if (!image_read_pointer(runtime->image, type->id + 56, &va) ||
	    !image_read_u64(runtime->image, type->id + 64, &count) || count > MAX_FIELDS ||
	    va > UINT64_MAX - count * 24)
		return false;
	type->fields = go_types_alloc(runtime->types, (count + 1) * sizeof(*type->fields));
	if (!type->fields)
		return false;
	for (uint64_t i = 0; i < count; i++)
		if (!read_field(runtime, va + i * 24, &type->fields[i]))
			return false;
	type->num_fields = count;
	return true;
}

static bool complete(struct go_types *types, void *context, struct go_type *type)
{
	struct runtime_types *runtime = context;

	switch (type->kind) {
	case GO_ARRAY:
		if (!image_read_u64(runtime->image, type->id + 64, &type->length))
			return false;
		/* fallthrough */
	case GO_SLICE:
	case GO_POINTER:
	case GO_CHAN:
		type->elem = inner(runtime, type, DESCRIPTOR_SIZE);
		return true;
	case GO_MAP:
		type->key = inner(runtime, type, DESCRIPTOR_SIZE);
		type->elem = inner(runtime, type, DESCRIPTOR_SIZE + 8);
		return true;
	case GO_STRUCT:
		return read_fields(runtime, type);
	}
	return true;
}

/* ---- opening ---- */

struct runtime_types *runtime_types_open(const struct image *image, const struct moduledata *module,
					 unsigned minor, struct go_types *types)
{
	struct runtime_types *runtime;
	struct moduledata_types place;

	if (!moduledata_find_types(image, module, minor, &place))
		return NULL;
	runtime = calloc(1, sizeof(*runtime));
	if (!runtime)
		return NULL;
	*runtime = (struct runtime_types){
		.image = image,
		.types = types,
		.minor = minor,
		.start_va = place.start_va,
		.end_va = place.end_va,
		.text_va = module->text_va,
		.links_va = place.links_va,
		.num_links = place.num_links,
		.walk_end_va = place.linked_end_va,
	};
	return runtime;
}

void runtime_types_close(struct runtime_types *runtime)
{
	if (runtime) {
		free(runtime->methods);
		free(runtime->pointers);
	}
	free(runtime);
}
