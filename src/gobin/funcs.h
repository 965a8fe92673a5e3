/* SPDX-License-Identifier: MIT */
/*
 * funcs.h - all functions of a Go program: .symtab and Go's function table, merged by address.
 */
#ifndef GOFUNCGRAPH_GOBIN_FUNCS_H
#define GOFUNCGRAPH_GOBIN_FUNCS_H

#include "gobin/pclntab.h"
#include "gofuncgraph/gobin.h"

struct funcs {
	struct gobin_func *items; /* sorted, not overlapping, each with bytes in the file */
	size_t count;
	const char **aliases; /* what gobin_func.aliases points into */
};

/*
 * What the table lacks comes from .symtab (of `symbol_image`) and the other way round. Where both
 * know a function, the table has its name; .symtab says more where it has the same one with its
 * ".abi0" or its type arguments, and all else that it calls the function are aliases. With a table,
 * functions outside its text are left out: they are C. Either may be NULL. Names are owned by the
 * images.
 */
struct error *funcs_merge(const struct image *image, const struct image *symbol_image,
			  const struct pclntab *table, struct funcs *funcs);
void funcs_release(struct funcs *funcs);

/* The index of the last function at or before va, or `count`. */
size_t funcs_search(const struct gobin_func *funcs, size_t count, uint64_t va);

#endif
