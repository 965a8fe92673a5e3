/* SPDX-License-Identifier: MIT */
/* dwarf_internal.h - what dwarf.c and dwarf_types.c share. */
#ifndef GOFUNCGRAPH_GOBIN_DWARF_INTERNAL_H
#define GOFUNCGRAPH_GOBIN_DWARF_INTERNAL_H

#include <elfutils/libdw.h>

struct dwarf_index;

struct dwarf {
	Elf *elf;
	Dwarf *dw;
	struct dwarf_index *index; /* NULL: not yet needed */
};

#endif
