/* SPDX-License-Identifier: MIT */
/* dwarf_internal.h - what the files behind dwarf.h share. */
#ifndef GOFUNCGRAPH_GOBIN_DWARF_INTERNAL_H
#define GOFUNCGRAPH_GOBIN_DWARF_INTERNAL_H

#include <elfutils/libdw.h>

#include "gobin/dwarf.h"

struct dwarf_index;

struct dwarf {
	void *elf_bytes;
	Elf *elf; /* made of elf_bytes */
	Dwarf *dw;
	struct dwarf_index *index; /* NULL: not yet needed */
};

/*
 * An ELF file in memory that holds the debug sections for that use, unpacked, and nothing else.
 * libdw would unpack all there are, and libelf would read headers of a hostile file. NULL: out of
 * memory or not readable. The caller ends it and then frees *bytes.
 */
Elf *dwarf_make_elf(const struct image *image, enum dwarf_use use, void **bytes);

#endif
