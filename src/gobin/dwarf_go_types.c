/* SPDX-License-Identifier: MIT */
/*
 * dwarf_go_types.c - Go's types out of DWARF, as src/cmd/link/internal/ld/dwarf.go writes them.
 *
 * libdw bounds its reads; references may lead anywhere, also around in circles, and sizes may be anything.
 */
#include <dwarf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "gobin/dwarf_internal.h"

/* src/cmd/internal/dwarf/dwarf.go */
#define DW_AT_go_kind           0x2900
#define DW_AT_go_key            0x2901
#define DW_AT_go_elem           0x2902
#define DW_AT_go_embedded_field 0x2903

#define MAX_TYPEDEFS 16
#define MAX_FIELDS   4096

bool dwarf_number(Dwarf_Die *die, unsigned name, uint64_t *number)
{
	Dwarf_Attribute attribute;
	Dwarf_Word word;

	if (!dwarf_attr(die, name, &attribute) || dwarf_formudata(&attribute, &word) != 0)
		return false;
	*number = word;
	return true;
}

static bool reference_of(Dwarf_Die *die, unsigned name, Dwarf_Die *to)
{
	Dwarf_Attribute attribute;

	return dwarf_attr_integrate(die, name, &attribute) && dwarf_formref_die(&attribute, to);
}

static const char *name_of(Dwarf_Die *die)
{
	return dwarf_diename(die) ?: "";
}

/* "go.shape.*uint8" stands for any pointer, whatever it points to. */
static bool is_pointer_shape(const char *name)
{
	return text_starts_with(name, "go.shape.*");
}

/* Some say no more: "*int" of Go 1.19 has kind 0 at times. */
static enum go_kind kind_by_tag(Dwarf_Die *die)
{
	uint64_t encoding = 0;

	switch (dwarf_tag(die)) {
	case DW_TAG_pointer_type:
		return dwarf_hasattr(die, DW_AT_type) ? GO_POINTER : GO_UNSAFE_POINTER;
	case DW_TAG_structure_type:
		return !strcmp(name_of(die), "string") ? GO_STRING : GO_STRUCT;
	case DW_TAG_array_type:
		return GO_ARRAY;
	case DW_TAG_subroutine_type:
		return GO_FUNC;
	case DW_TAG_base_type:
		dwarf_number(die, DW_AT_encoding, &encoding);
	}
	return encoding == DW_ATE_boolean         ? GO_BOOL
	       : encoding == DW_ATE_signed        ? GO_INT
	       : encoding == DW_ATE_unsigned      ? GO_UINT
	       : encoding == DW_ATE_float         ? GO_FLOAT
	       : encoding == DW_ATE_complex_float ? GO_COMPLEX
						  : GO_OPAQUE;
}

static enum go_kind kind_of(Dwarf_Die *die)
{
	uint64_t kind;

	if (is_pointer_shape(name_of(die)))
		return GO_UNSAFE_POINTER;
	if (dwarf_number(die, DW_AT_go_kind, &kind) && kind)
		return go_kind_by_number(kind);
	return kind_by_tag(die);
}

static uint64_t size_of(Dwarf_Die *die, enum go_kind kind)
{
	uint64_t size;

	switch (kind) {
	case GO_POINTER:
	case GO_UNSAFE_POINTER:
	case GO_MAP:
	case GO_CHAN:
	case GO_FUNC:
		return 8;
	case GO_INTERFACE:
		return 16;
	default:
		return dwarf_number(die, DW_AT_byte_size, &size) ? size : 0;
	}
}

/* A typedef for a struct of the runtime. */
static bool has_methods(Dwarf_Die *interface)
{
	Dwarf_Die layout;

	return reference_of(interface, DW_AT_type, &layout) &&
	       !strcmp(name_of(&layout), "runtime.iface");
}

/* "main.T", and none that is put together from others. */
static bool has_own_name(const char *name)
{
	size_t plain = strcspn(name, "*[(<{ ");

	return memchr(name, '.', plain) && (!name[plain] || name[plain] == '[');
}

/* "int" of "go.shape.int_0", as Go before 1.20 has it; and any pointer is one. */
static const char *copy_shape(const char *from, FILE *to)
{
	const char *end;
	size_t depth = 0;

	if (*from == '*') {
		fputs("unsafe.Pointer", to);
		return from + strcspn(from, ",]");
	}
	for (end = from; *end && (depth || !strchr(",]", *end)); end++)
		depth += strchr("[{(", *end) ? 1u : strchr("]})", *end) ? -1u : 0;
	size_t length = (size_t)(end - from), digits = length;

	while (digits && from[digits - 1] >= '0' && from[digits - 1] <= '9')
		digits--;
	if (digits && digits < length && from[digits - 1] == '_')
		length = digits - 1;
	fwrite(from, 1, length, to);
	return end;
}

/* The names of generic functions' types as people know them. */
static const char *shown_name(struct go_types *types, const char *name)
{
	static const char shape[] = "go.shape.";
	char *text = NULL;
	size_t size;
	FILE *to;

	if (!strstr(name, shape))
		return name;
	to = open_memstream(&text, &size);
	if (!to)
		return name;
	for (const char *at = name; *at;) {
		if (text_starts_with(at, shape))
			at = copy_shape(at + strlen(shape), to);
		else
			fputc(*at++, to);
	}
	if (fclose(to) == 0)
		name = go_types_text(types, text) ?: name;
	free(text);
	return name;
}

static bool complete(struct go_types *types, void *context, struct go_type *type);
static const struct go_type_source source = {complete};

/* Typedefs that say no more than what they stand for. */
static bool skip_typedefs(Dwarf_Die *die)
{
	for (int i = 0; i < MAX_TYPEDEFS; i++) {
		if (dwarf_tag(die) != DW_TAG_typedef || dwarf_hasattr(die, DW_AT_go_kind))
			return true;
		if (!reference_of(die, DW_AT_type, die))
			return false;
	}
	return false;
}

struct go_type *dwarf_go_type(struct dwarf *dwarf, struct go_types *types, Dwarf_Die *at)
{
	Dwarf_Die die = *at;
	struct go_type *type;
	bool is_new;

	if (!skip_typedefs(&die))
		return NULL;
	type = go_types_get(types, &source, dwarf, dwarf_dieoffset(&die), &is_new);
	if (!type || !is_new)
		return type;
	type->kind = (uint8_t)kind_of(&die);
	type->size = size_of(&die, (enum go_kind)type->kind);
	type->name = shown_name(types, name_of(&die));
	type->is_named = has_own_name(type->name);
	type->has_methods = type->kind == GO_INTERFACE && has_methods(&die);
	type->is_any_pointer = is_pointer_shape(name_of(&die));
	return type;
}

static struct go_type *type_of(struct dwarf *dwarf, struct go_types *types, Dwarf_Die *die,
			       unsigned attribute)
{
	Dwarf_Die to;

	return reference_of(die, attribute, &to) ? dwarf_go_type(dwarf, types, &to) : NULL;
}

/* ---- what is inside ---- */

/* The next member; `die` is the struct itself at first. */
static bool next_member(Dwarf_Die *die, bool *is_first)
{
	do {
		if (*is_first ? dwarf_child(die, die) != 0 : !dwarf_step(die))
			return false;
		*is_first = false;
	} while (dwarf_tag(die) != DW_TAG_member);
	return true;
}

static size_t count_members(Dwarf_Die die)
{
	bool is_first = true;
	size_t count = 0;

	while (count < MAX_FIELDS && next_member(&die, &is_first))
		count++;
	return count;
}

static bool read_field(struct dwarf *dwarf, struct go_types *types, Dwarf_Die *member,
		       struct go_field *field)
{
	uint64_t is_embedded = 0;

	dwarf_number(member, DW_AT_go_embedded_field, &is_embedded);
	field->is_embedded = is_embedded;
	field->name = name_of(member);
	field->type = type_of(dwarf, types, member, DW_AT_type);
	return field->type && dwarf_number(member, DW_AT_data_member_location, &field->offset);
}

static bool read_fields(struct dwarf *dwarf, struct go_types *types, Dwarf_Die *die,
			struct go_type *type)
{
	size_t count = count_members(*die);
	bool is_first = true;

	type->fields = go_types_alloc(types, count * sizeof(*type->fields));
	if (!type->fields)
		return false;
	while (type->num_fields < count && next_member(die, &is_first)) {
		if (!read_field(dwarf, types, die, &type->fields[type->num_fields]))
			return false;
		type->num_fields++;
	}
	return true;
}

static bool read_array(struct dwarf *dwarf, struct go_types *types, Dwarf_Die *die,
		       struct go_type *type)
{
	type->elem = type_of(dwarf, types, die, DW_AT_type);
	if (!type->elem || dwarf_child(die, die) != 0)
		return false;
	return dwarf_tag(die) == DW_TAG_subrange_type &&
	       dwarf_number(die, DW_AT_count, &type->length);
}

static bool complete(struct go_types *types, void *context, struct go_type *type)
{
	struct dwarf *dwarf = context;
	Dwarf_Die die;

	if (!dwarf_offdie(dwarf->dw, type->id, &die))
		return false;
	switch (type->kind) {
	case GO_OPAQUE:
		return false;
	case GO_STRUCT:
		return read_fields(dwarf, types, &die, type);
	case GO_ARRAY:
		return read_array(dwarf, types, &die, type);
	case GO_POINTER:
		type->elem = type_of(dwarf, types, &die, DW_AT_type);
		return true;
	case GO_MAP:
		type->key = type_of(dwarf, types, &die, DW_AT_go_key);
		/* fall through */
	case GO_SLICE:
	case GO_CHAN:
		type->elem = type_of(dwarf, types, &die, DW_AT_go_elem);
		break;
	}
	return true;
}
