/* SPDX-License-Identifier: MIT */
/*
 * pclntab.h - Go's own function table (runtime.pclntab), which every Go program has.
 *
 * Takes an ELF image; hands on functions, lines and inlined calls, as the runtime itself would say
 * them (src/runtime/symtab.go). Works for Go 1.17 and newer. Nothing is walked at opening: it costs
 * the same for a small and for a large program.
 *
 * Every byte of the table is hostile. What does not add up is left out or unknown; addresses are
 * link-time virtual addresses. Everything returned by pointer is in the image's memory and lives as
 * long as the image, which must outlive the table.
 */
#ifndef GOFUNCGRAPH_GOBIN_PCLNTAB_H
#define GOFUNCGRAPH_GOBIN_PCLNTAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "gobin/image.h"
#include "gobin/moduledata.h"
#include "gobin/arguments.h"
#include "gofuncgraph/gobin.h"

struct pclntab;

/*
 * `minor` is the 22 of go1.22 (gobin_minor_version()); 0 or a number that does not go with the
 * table's magic: unknown, then the magic decides. No table in the file: *out is NULL and there is
 * no error. Errors: out of memory; a table that is there but cannot be used, and why.
 */
struct error *pclntab_open(const struct image *image, unsigned minor, struct pclntab **out);
void pclntab_close(struct pclntab *table); /* NULL is fine */

/* "go1.18 or go1.19": the releases that write this layout, the oldest one first. NULL: new ones may
 * as well. */
const char *pclntab_version(const struct pclntab *table);

/* The linker's own description of the program. NULL: it was not found. */
const struct moduledata *pclntab_module(const struct pclntab *table);

/* Where the functions' code is: [start, end). */
void pclntab_text(const struct pclntab *table, uint64_t *start_va, uint64_t *end_va);

/* Entries of the table, by rising address. */
size_t pclntab_num_funcs(const struct pclntab *table);

/*
 * The i-th entry, in constant time: its code is [va, end_va), padding included; name is
 * NUL-terminated. False when the entry makes no sense (empty, not in order, outside the text,
 * no name): skip it then. Entries of a hostile table may still overlap: also skip one that begins
 * before the end of what was taken last.
 */
bool pclntab_func(const struct pclntab *table, size_t i, uint64_t *va, uint64_t *end_va,
		  const char **name);

/* The line of the instruction at va, of the innermost inlined call there. NULL and 0: unknown. */
struct gobin_line pclntab_line(struct pclntab *table, uint64_t va);

/* See gobin_inlined_at(). Names that cannot be read are NULL. */
size_t pclntab_inlined_at(const struct pclntab *table, uint64_t va, struct gobin_inlined *calls,
			  size_t max);

/* See gobin_outermost_va(). */
uint64_t pclntab_outermost_va(const struct pclntab *table, uint64_t va);

/* See gobin_stack_delta(). */
bool pclntab_stack_delta(const struct pclntab *table, uint64_t va, int32_t *delta);

/* See gobin_live_words(). */
bool pclntab_live_words(const struct pclntab *table, uint64_t va, struct gobin_live_words *words);

/* See gobin_frames(). The last one is the function itself, unless there are more than max. */
size_t pclntab_frames(struct pclntab *table, uint64_t va, struct gobin_frame *frames, size_t max);

/* The words of the function's arguments, all ARGUMENT_SOMEWHERE. False: the table does not tell. It tells
 * none of assembly that Go's own code knows nothing of. */
bool pclntab_arguments(const struct pclntab *table, uint64_t func_va, struct arguments *arguments);

/*
 * Visits every call that was inlined, once for each function and call: `name` was inlined into the
 * function that begins at `func_va`, at the line that `call` says. `visit` returns false to stop.
 * Reads the whole table.
 */
struct error *pclntab_for_each_inlining(struct pclntab *table,
					bool (*visit)(void *context, const char *name,
						      uint64_t func_va, struct gobin_line call),
					void *context);

#endif
