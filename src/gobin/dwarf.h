/* SPDX-License-Identifier: MIT */
/*
 * dwarf.h - lines and struct layouts out of DWARF 4 and 5, through libdw.
 *
 * What is asked for is read then: opening finds the sections (and unpacks compressed ones), the
 * first line reads the compilation units' address ranges, and a line reads its unit's table.
 */
#ifndef GOFUNCGRAPH_GOBIN_DWARF_H
#define GOFUNCGRAPH_GOBIN_DWARF_H

#include <stdbool.h>
#include <stdint.h>

#include "gobin/image.h"
#include "gofuncgraph/gobin.h"

struct dwarf;

/* True when the file has .debug_info in any form; costs nothing. */
bool dwarf_is_present(const struct image *image);

/* NULL: no DWARF in `image`, or none that libdw can read. The image must outlive it. */
struct dwarf *dwarf_open(const struct image *image);
void dwarf_close(struct dwarf *dwarf); /* NULL is fine */

/* The innermost inlined call's line; NULL and 0: unknown. The file's name is owned by `dwarf`. */
struct gobin_line dwarf_line(struct dwarf *dwarf, uint64_t va);

/* A struct's member: looked for by name, found at `offset` when `found`. */
struct dwarf_member {
	const char *type;   /* "runtime.g" */
	const char *member; /* "goid" */
	uint32_t offset;
	bool found;
};

/* Looks for members of structs of package runtime. */
void dwarf_find_members(struct dwarf *dwarf, struct dwarf_member *members, size_t count);

#endif
