/* SPDX-License-Identifier: MIT */
/*
 * moduledata.h - runtime.firstmoduledata, in which the Go linker tells where everything is.
 *
 * A stripped program has no symbol for it. But its first word points at the function table, and the
 * words behind that repeat what the table's header says.
 */
#ifndef GOFUNCGRAPH_GOBIN_MODULEDATA_H
#define GOFUNCGRAPH_GOBIN_MODULEDATA_H

#include <stdbool.h>
#include <stdint.h>

#include "gobin/image.h"

/* What the function table says of itself, to tell its moduledata by. */
struct moduledata_hint {
	uint64_t table_va;
	uint64_t names_va;
	uint64_t funcs_va;
	uint64_t num_funcs;
};

struct moduledata {
	uint64_t va;
	uint64_t text_va, text_end_va;
	uint64_t funcs_len; /* bytes from hint.funcs_va to the end of the functions' records */
	uint64_t gofunc_va; /* go:func.*, what funcdata is relative to; 0: unknown (before 1.18) */
};

/*
 * Looks for it in the data segments, or in the relocations where there are any. False: it was not
 * found.
 */
bool moduledata_find(const struct image *image, const struct moduledata_hint *hint,
		     struct moduledata *found);

/* Where its type descriptors are (src/internal/abi/type.go). */
struct moduledata_types {
	uint64_t start_va, end_va; /* with the names that belong to them */
	/* Up to Go 1.26 there is a list of those without a name, offsets of 4 bytes from start_va. */
	uint64_t links_va, num_links;
	/* From then on they come first, one behind the other, up to here; 0: they do not. */
	uint64_t linked_end_va;
};

/* `minor` is that of Go's version. False: they are not where this Go has them. */
bool moduledata_find_types(const struct image *image, const struct moduledata *module,
			   unsigned minor, struct moduledata_types *types);

#endif
