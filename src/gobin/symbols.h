/* SPDX-License-Identifier: MIT */
/* symbols.h - functions and variables of an ELF symbol table (.symtab). */
#ifndef GOFUNCGRAPH_GOBIN_SYMBOLS_H
#define GOFUNCGRAPH_GOBIN_SYMBOLS_H

#include "base/error.h"
#include "gobin/image.h"

struct symbol {
	const char *name; /* owned by the image */
	uint64_t va;
	uint64_t size; /* 0: unknown */
};

/*
 * The function symbols in `symbol_image` (the image itself or its separate debug file, which has no
 * code of its own) that lie in executable segments of `image`, by rising va; of several at one
 * address those with a size come first. Mere markers of the linker are left out. No .symtab: none. The caller frees *symbols. The only error is out of memory.
 */
struct error *symbols_read_functions(const struct image *image, const struct image *symbol_image,
				     struct symbol **symbols, size_t *count);

/* The marks around the code of the FIPS 140 module: src/cmd/link/internal/ld/fips140.go. */
#define SYMBOLS_FIPS_START "go:textfipsstart"
#define SYMBOLS_FIPS_END   "go:textfipsend"

/* Names that Go's linker gives to places in the text that are no functions
 * (src/cmd/link/internal/ld); some are in the function table too. */
bool symbols_is_marker(const char *name);

/* Finds the variable of this name, and its size in bytes. False: it is not in .symtab. */
bool symbols_find_object(const struct image *image, const char *name, uint64_t *va, uint64_t *size);

#endif
