/* SPDX-License-Identifier: MIT */
/*
 * funcs.h - all functions of a Go program: .symtab and Go's function table, merged by address.
 */
#ifndef GOFUNCGRAPH_GOBIN_FUNCS_H
#define GOFUNCGRAPH_GOBIN_FUNCS_H

#include "gobin/pclntab.h"
#include "gofuncgraph/gobin.h"

/*
 * What the table lacks comes from .symtab (of `symbol_image`) and the other way round; where both
 * know a function, .symtab has the better name (".abi0"). With a table, functions outside its text
 * are left out: they are C. Either may be NULL. Sorted, not overlapping, each with bytes in the
 * file of `image`. The caller frees *funcs; names are owned by the images.
 */
struct error *funcs_merge(const struct image *image, const struct image *symbol_image,
			  const struct pclntab *table, struct gobin_func **funcs, size_t *count);

/* The index of the last function at or before va, or `count`. */
size_t funcs_search(const struct gobin_func *funcs, size_t count, uint64_t va);

#endif
