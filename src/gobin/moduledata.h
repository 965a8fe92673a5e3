/* SPDX-License-Identifier: MIT */
/*
 * moduledata.h - runtime.firstmoduledata, the Go linker's account of where everything is.
 *
 * It has no symbol in a stripped program, but its first word points at the function table and what
 * follows repeats what the table's header says.
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

/* Sweeps the data segments, or the relocations where there are any. False: not found. */
bool moduledata_find(const struct image *image, const struct moduledata_hint *hint,
		     struct moduledata *found);

#endif
