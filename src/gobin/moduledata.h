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

#endif
