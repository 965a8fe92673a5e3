/* SPDX-License-Identifier: MIT */
/* gobin_internal.h - what the files behind gofuncgraph/gobin.h share. */
#ifndef GOFUNCGRAPH_GOBIN_INTERNAL_H
#define GOFUNCGRAPH_GOBIN_INTERNAL_H

#include "gofuncgraph/gobin.h"

#include "gobin/dwarf.h"
#include "gobin/funcs.h"
#include "gobin/image.h"
#include "gobin/pclntab.h"
#include "gobin/reasons.h"
#include "gobin/runtime_types.h"
#include "gobin/selfcheck.h"
#include "gobin/symbols.h"
#include "types/go_types.h"

struct gobin {
	struct image *image;
	struct image *debug_image; /* a separate debug file, or NULL */
	char *version;
	unsigned minor;
	struct pclntab *table; /* or NULL */
	struct funcs funcs;
	enum gobin_runtime runtime;
	struct dwarf *lines; /* NULL before it is needed, and where there is none */
	bool lines_are_open; /* they were looked for */
	struct dwarf *types; /* the same, for gobin_struct_offset() */
	bool types_are_open;
	struct go_types *go_types; /* NULL before they are needed */
	struct runtime_types *runtime_types; /* the same, and where there are none */
	bool runtime_types_are_open;
	struct dwarf *values; /* the same, and where there is none */
	bool values_are_open;
	struct symbol *symbols; /* the image's own; NULL before they are needed, and without any */
	size_t num_symbols;
	bool symbols_are_read;
	struct reasons *reasons; /* NULL before they are needed, and where no table is found */
	bool reasons_are_read;
	char *goroot, *module; /* see struct own_code */
	bool own_code_is_known;
	struct selfcheck selfcheck;
	bool selfcheck_is_found;
};

/* Go's own code calls by the ABI that has registers; assembly does not. */
bool gobin_has_registers(const struct gobin *bin);

/* The file that DWARF is in, or NULL. */
const struct image *gobin_dwarf_image(const struct gobin *bin);
/* Whether DWARF may be read although the same is known otherwise. */
bool gobin_dwarf_is_cheap(const struct gobin *bin, enum dwarf_use use);

/* A line from one source only, which is opened if it was not. {NULL, 0}: not known there. */
struct gobin_line gobin_line_from_dwarf(struct gobin *bin, uint64_t va);
struct gobin_line gobin_line_from_table(struct gobin *bin, uint64_t va);

/* Where types live, whoever makes them. NULL: out of memory. */
struct go_types *gobin_types(struct gobin *bin);
/* The binary's own type information. NULL: it cannot be found. */
struct runtime_types *gobin_runtime_types(struct gobin *bin);

/* Which of them the file is; gobin_runtime() tells it from then on. */
enum gobin_runtime gobin_find_runtime(const struct gobin *bin);

#endif
