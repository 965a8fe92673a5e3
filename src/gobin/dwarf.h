/* SPDX-License-Identifier: MIT */
/*
 * dwarf.h - lines, types and functions' parameters out of DWARF 4 and 5, through libdw.
 *
 * Opening unpacks the sections that the use needs, which takes some 5 ms a megabyte; then the first
 * line reads the compilation units' address ranges, and a line reads its unit's table.
 */
#ifndef GOFUNCGRAPH_GOBIN_DWARF_H
#define GOFUNCGRAPH_GOBIN_DWARF_H

#include <stdbool.h>
#include <stdint.h>

#include "gobin/image.h"
#include "gofuncgraph/gobin.h"
#include "types/go_types.h"

struct dwarf;

enum dwarf_use {
	DWARF_FOR_TYPES,
	DWARF_FOR_VALUES, /* types, functions' parameters and where they are */
	DWARF_FOR_LINES,
};

/* True when the file has .debug_info in any form; costs nothing. */
bool dwarf_is_present(const struct image *image);
/* Bytes that opening would read and unpack, as the sections' headers say. */
uint64_t dwarf_unpacked_size(const struct image *image, enum dwarf_use use);

/* NULL: no DWARF in `image`, or none that libdw can read. The image must outlive it. */
struct dwarf *dwarf_open(const struct image *image, enum dwarf_use use);
void dwarf_close(struct dwarf *dwarf); /* NULL is fine */

/* The innermost inlined call's line; NULL and 0: unknown. The file's name is owned by `dwarf`. */
struct gobin_line dwarf_line(struct dwarf *dwarf, uint64_t va);

/* A struct's member: looked for by name, found at `offset` when `found`. */
struct dwarf_member {
	const char *type; /* "runtime.g" */
	const char *member; /* "goid" */
	uint32_t offset;
	bool found;
};

/* Looks for members of structs of package runtime. */
void dwarf_find_members(struct dwarf *dwarf, struct dwarf_member *members, size_t count);

/* Which function it is, and what is known of it otherwise. */
struct dwarf_function_id {
	uint64_t va;
	const struct arch *arch;
	unsigned minor; /* of Go's version */
	bool in_registers; /* see go_signature_place() */
};

/* DWARF_FOR_VALUES. `dwarf` must live as long as `types`. */
struct error *dwarf_signature(struct dwarf *dwarf, struct go_types *types,
			      const struct dwarf_function_id *id, struct go_signature *signature);

#endif
