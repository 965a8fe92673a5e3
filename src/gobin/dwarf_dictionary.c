/* SPDX-License-Identifier: MIT */
/* dwarf_dictionary.c - what DWARF says of dictionaries of types: src/cmd/internal/dwarf/dwarf.go. */
#include <dwarf.h>
#include <string.h>

#include "gobin/dwarf_internal.h"

#define DW_AT_go_dict_index 0x2906 /* of a typedef, in the function */
#define DW_AT_go_closure_offset                                                                    \
	0x2907 /* of a variable that a closure has captured; from Go 1.23 on */

uint16_t dwarf_dictionary_word(Dwarf_Die *type)
{
	uint64_t index;

	if (dwarf_tag(type) != DW_TAG_typedef || !dwarf_number(type, DW_AT_go_dict_index, &index) ||
	    index >= UINT16_MAX)
		return 0;
	return (uint16_t)(index + 1);
}

static bool complete(struct go_types *types, void *context, struct go_type *type)
{
	return true;
}

struct go_type *dwarf_address_type(struct go_types *types)
{
	static const struct go_type_source source = {complete};
	struct go_type *type;
	bool is_new;

	type = go_types_get(types, &source, NULL, 0, &is_new);
	if (type && is_new) {
		type->kind = GO_UNSAFE_POINTER;
		type->size = sizeof(uint64_t);
		type->name = "unsafe.Pointer";
	}
	return type;
}

static bool find_offset(Dwarf_Die *function, uint64_t *offset)
{
	Dwarf_Die die;

	if (dwarf_child(function, &die) != 0)
		return false;
	do {
		const char *name = dwarf_diename(&die);

		if (dwarf_tag(&die) == DW_TAG_variable && name && !strcmp(name, ".dict"))
			return dwarf_number(&die, DW_AT_go_closure_offset, offset) &&
			       *offset <= INT32_MAX;
	} while (dwarf_step(&die));
	return false;
}

struct go_dictionary dwarf_closure_dictionary(struct go_types *types, const struct arch *arch,
					      Dwarf_Die *function)
{
	const struct go_piece piece = {
		.size = sizeof(uint64_t), .place = GO_IN_REGISTER, .reg = arch->closure_register};
	struct go_variable *closure;
	uint64_t offset;

	if (!find_offset(function, &offset))
		return (struct go_dictionary){};
	closure = go_types_alloc(types, sizeof(*closure) + sizeof(piece));
	if (!closure)
		return (struct go_dictionary){};
	*closure = (struct go_variable){.name = "",
					.type = dwarf_address_type(types),
					.is_hidden = true,
					.is_placed = true,
					.pieces = memcpy(closure + 1, &piece, sizeof(piece)),
					.num_pieces = 1};
	return (struct go_dictionary){closure->type ? closure : NULL, true, (uint32_t)offset};
}
