/* SPDX-License-Identifier: MIT */
/*
 * dwarf_types.c - finds members of the runtime's structs.
 *
 * Go's linker puts all types of a program into a unit of package runtime
 * (src/cmd/link/internal/ld/dwarf.go, movetomodule); there is one for its Go code and one for each
 * of its assembly files, and only those are walked.
 */
#include <dwarf.h>
#include <string.h>

#include "gobin/dwarf.h"
#include "gobin/dwarf_internal.h"

/* Large programs have some 100,000 types; a struct of the runtime has less than 100 members. */
#define MAX_TYPES   (1 << 22)
#define MAX_MEMBERS 4096

bool dwarf_step(Dwarf_Die *die)
{
	Dwarf_Off before = dwarf_dieoffset(die);

	return dwarf_siblingof(die, die) == 0 && dwarf_dieoffset(die) > before;
}

static void find_in_struct(Dwarf_Die *type, const char *type_name, struct dwarf_member *members,
			   size_t count)
{
	Dwarf_Die child;

	if (dwarf_child(type, &child) != 0)
		return;
	for (size_t left = MAX_MEMBERS; left; left--) {
		const char *name =
			dwarf_tag(&child) == DW_TAG_member ? dwarf_diename(&child) : NULL;
		for (size_t i = 0; name && i < count; i++) {
			Dwarf_Attribute attribute;
			Dwarf_Word offset;
			if (members[i].found || strcmp(members[i].member, name) != 0 ||
			    strcmp(members[i].type, type_name) != 0)
				continue;
			if (!dwarf_attr(&child, DW_AT_data_member_location, &attribute) ||
			    dwarf_formudata(&attribute, &offset) != 0 || offset > UINT32_MAX)
				continue;
			members[i].offset = offset;
			members[i].found = true;
		}
		if (!dwarf_step(&child))
			return;
	}
}

static bool is_wanted(const char *type_name, const struct dwarf_member *members, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!members[i].found && strcmp(members[i].type, type_name) == 0)
			return true;
	}
	return false;
}

static bool all_found(const struct dwarf_member *members, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!members[i].found)
			return false;
	}
	return true;
}

/* Walks a unit's types; `left` bounds what is walked in all. */
static void find_in_unit(Dwarf_Die *unit, struct dwarf_member *members, size_t count, size_t *left)
{
	Dwarf_Die type;

	if (dwarf_child(unit, &type) != 0)
		return;
	for (; *left && !all_found(members, count); --*left) {
		const char *name = NULL;
		if (dwarf_tag(&type) == DW_TAG_structure_type)
			name = dwarf_diename(&type);
		if (name && is_wanted(name, members, count))
			find_in_struct(&type, name, members, count);
		if (!dwarf_step(&type))
			return;
	}
}

void dwarf_find_members(struct dwarf *dwarf, struct dwarf_member *members, size_t count)
{
	size_t left = MAX_TYPES;
	Dwarf_CU *cu = NULL;
	Dwarf_Die unit;

	for (size_t i = 0; i < count; i++)
		members[i].found = false;
	while (left && !all_found(members, count) &&
	       dwarf_get_units(dwarf->dw, cu, &cu, NULL, NULL, &unit, NULL) == 0) {
		const char *name = dwarf_diename(&unit);
		if (name && strcmp(name, "runtime") == 0)
			find_in_unit(&unit, members, count, &left);
	}
}
