/* SPDX-License-Identifier: MIT */
/* dwarf_internal.h - what the files behind dwarf.h share. */
#ifndef GOFUNCGRAPH_GOBIN_DWARF_INTERNAL_H
#define GOFUNCGRAPH_GOBIN_DWARF_INTERNAL_H

#include <elfutils/libdw.h>

#include "gobin/dwarf.h"

struct dwarf_index;
struct dwarf_functions;

struct dwarf {
	void *elf_bytes;
	Elf *elf; /* made of elf_bytes */
	Dwarf *dw;
	struct dwarf_index *index; /* NULL: not yet needed */
	struct dwarf_functions *functions; /* of the unit that was asked for last; the same */
};

/* The unit whose code holds va. */
bool dwarf_unit_at(struct dwarf *dwarf, uint64_t va, Dwarf_Die *unit);
/* The next sibling, always farther on: a DW_AT_sibling that points back would be a loop. */
bool dwarf_step(Dwarf_Die *die);
void dwarf_functions_free(struct dwarf_functions *functions); /* NULL is fine */

/* An attribute. False: there is none. */
bool dwarf_number(Dwarf_Die *die, unsigned name, uint64_t *number);

/* See go_variable.dictionary_word: as a parameter refers to its type. */
uint16_t dwarf_dictionary_word(Dwarf_Die *type);
/* Of a function that takes none, but is inside of one that does; made in `types`. */
struct go_dictionary dwarf_closure_dictionary(struct go_types *types, const struct arch *arch,
					      Dwarf_Die *function);
/* A variable that holds an address, as the compiler's own do. NULL: out of memory. */
struct go_type *dwarf_address_type(struct go_types *types);

/* The type at a place that refers to it. NULL: it cannot be read, or out of memory. */
struct go_type *dwarf_go_type(struct dwarf *dwarf, struct go_types *types, Dwarf_Die *at);

/*
 * An ELF file in memory that holds the debug sections for that use, unpacked, and nothing else.
 * libdw would unpack all there are, and libelf would read headers of a hostile file. NULL: out of
 * memory or not readable. The caller ends it and then frees *bytes.
 */
Elf *dwarf_make_elf(const struct image *image, enum dwarf_use use, void **bytes);

#endif
