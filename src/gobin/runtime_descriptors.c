/* SPDX-License-Identifier: MIT */
/* runtime_descriptors.c - a type descriptor's parts, bounded (src/internal/abi/type.go; before Go 1.21
 * src/runtime/type.go). */
#include <string.h>

#include "gobin/runtime_types_internal.h"

/* Generic names reach some thousand bytes. */
#define MAX_NAME 16384
/* Bits of the kind that say how values are kept, up to Go 1.25. */
#define KIND_MASK 31

/* type UncommonType, type Method */
#define UNCOMMON_SIZE 16
#define METHOD_SIZE   16

/* Of a map's descriptor from that version on. */
static const struct map_size {
	unsigned minor;
	uint8_t size;
} map_sizes[] = {{17, 88}, {24, 112}, {27, 136}};

static int32_t field32(const uint8_t *bytes, size_t at)
{
	int32_t value;

	memcpy(&value, bytes + at, sizeof(value));
	return value;
}

uint64_t descriptor_va(const struct runtime_types *runtime, int32_t offset)
{
	return offset > 0 && (uint64_t)offset < runtime->end_va - runtime->start_va
		       ? runtime->start_va + (uint64_t)offset
		       : 0;
}

bool descriptor_read(const struct runtime_types *runtime, uint64_t va,
		     struct descriptor *descriptor)
{
	const uint8_t *bytes;

	if (va < runtime->start_va || va >= runtime->end_va || va % 8 ||
	    runtime->end_va - va < DESCRIPTOR_SIZE ||
	    !(bytes = image_at_va(runtime->image, va, DESCRIPTOR_SIZE)))
		return false;
	*descriptor = (struct descriptor){
		.va = va,
		.flags = bytes[20],
		.kind = bytes[23] & KIND_MASK,
		.text = field32(bytes, 40),
	};
	memcpy(&descriptor->size, bytes, sizeof(descriptor->size));
	return descriptor->kind >= RUNTIME_BOOL && descriptor->kind <= RUNTIME_UNSAFE_POINTER;
}

/* Up to the uncommon part. */
static uint64_t base_length(const struct runtime_types *runtime,
			    const struct descriptor *descriptor)
{
	uint64_t size = 0;

	switch (descriptor->kind) {
	case RUNTIME_ARRAY:
		return 72;
	case RUNTIME_CHAN:
		return 64;
	case RUNTIME_FUNC:
	case RUNTIME_POINTER:
	case RUNTIME_SLICE:
		return 56;
	case RUNTIME_INTERFACE:
	case RUNTIME_STRUCT:
		return 80;
	case RUNTIME_MAP:
		for (size_t i = 0; i < sizeof(map_sizes) / sizeof(*map_sizes); i++)
			if (map_sizes[i].minor <= runtime->minor)
				size = map_sizes[i].size;
		return size;
	}
	return DESCRIPTOR_SIZE;
}

uint64_t descriptor_length(const struct runtime_types *runtime, const struct descriptor *descriptor)
{
	uint64_t length = base_length(runtime, descriptor), count = 0;
	const uint8_t *counts;
	struct uncommon uncommon;

	switch (descriptor->kind) {
	case RUNTIME_FUNC: /* parameters and results */
		counts = image_at_va(runtime->image, descriptor->va + DESCRIPTOR_SIZE, 4);
		if (!counts)
			return 0;
		length += 8u * (field32(counts, 0) & 0xffff) +
			  8u * (field32(counts, 0) >> 16 & 0x7fff);
		break;
	case RUNTIME_INTERFACE: /* methods */
	case RUNTIME_STRUCT: /* fields */
		if (!image_read_u64(runtime->image, descriptor->va + 64, &count) ||
		    count > runtime->end_va - runtime->start_va)
			return 0;
		length += count * (descriptor->kind == RUNTIME_STRUCT ? 24 : 8);
		break;
	}
	if (descriptor_uncommon(runtime, descriptor, &uncommon))
		length += UNCOMMON_SIZE + (uint64_t)uncommon.num_methods * METHOD_SIZE;
	return length;
}

bool descriptor_uncommon(const struct runtime_types *runtime, const struct descriptor *descriptor,
			 struct uncommon *uncommon)
{
	uint64_t va = descriptor->va + base_length(runtime, descriptor);
	const uint8_t *bytes;

	if (!(descriptor->flags & DESCRIPTOR_UNCOMMON) ||
	    !(bytes = image_at_va(runtime->image, va, UNCOMMON_SIZE)))
		return false;
	*uncommon = (struct uncommon){
		.package = field32(bytes, 0),
		.num_methods = (uint32_t)field32(bytes, 4) & 0xffff,
		.methods_va = va + (uint32_t)field32(bytes, 8),
	};
	return true;
}

bool descriptor_method(const struct runtime_types *runtime, const struct uncommon *uncommon,
		       uint32_t i, struct method *method)
{
	uint64_t va = uncommon->methods_va + (uint64_t)i * METHOD_SIZE;
	const uint8_t *bytes = image_at_va(runtime->image, va, METHOD_SIZE);

	if (!bytes)
		return false;
	*method = (struct method){
		.type = field32(bytes, 4),
		.code = field32(bytes, 12),
	};
	return true;
}

bool descriptor_elem(const struct runtime_types *runtime, const struct descriptor *descriptor,
		     uint64_t *elem_va)
{
	return image_read_pointer(runtime->image, descriptor->va + DESCRIPTOR_SIZE, elem_va);
}

/* A flag byte, the length, the text; behind it may be more. */
const char *descriptor_name(const struct runtime_types *runtime, uint64_t va, size_t *length,
			    bool *is_embedded)
{
	const uint8_t *bytes;
	unsigned head = 1;

	if (va < runtime->start_va || va >= runtime->end_va)
		return NULL;
	*length = 0;
	for (unsigned shift = 0; shift <= 14; shift += 7) {
		bytes = image_at_va(runtime->image, va, head + 1);
		if (!bytes)
			return NULL;
		*length |= (size_t)(bytes[head] & 0x7f) << shift;
		if (bytes[head++] < 0x80)
			break;
	}
	if (*length > MAX_NAME || !(bytes = image_at_va(runtime->image, va, head + *length)) ||
	    memchr(bytes + head, 0, *length))
		return NULL;
	if (is_embedded)
		*is_embedded = bytes[0] >> 3 & 1;
	return (const char *)bytes + head;
}

const char *descriptor_text(const struct runtime_types *runtime,
			    const struct descriptor *descriptor, size_t *length)
{
	const char *text =
		descriptor_name(runtime, descriptor_va(runtime, descriptor->text), length, NULL);

	if (text && *length && *text == '*' && descriptor->flags & DESCRIPTOR_EXTRA_STAR) {
		text++;
		--*length;
	}
	return text && *length ? text : NULL;
}
