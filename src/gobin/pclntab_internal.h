/* SPDX-License-Identifier: MIT */
/*
 * pclntab_internal.h - the function table as its own files share it: where its parts are, how each
 * version of Go lays them out, and walks over its tables of values by code address.
 */
#ifndef GOFUNCGRAPH_GOBIN_PCLNTAB_INTERNAL_H
#define GOFUNCGRAPH_GOBIN_PCLNTAB_INTERNAL_H

#include "gobin/pclntab.h"

/* Numbers of tables, the same from Go 1.17 to 1.27: src/internal/abi/symtab.go. */
#define PCDATA_STACK_MAP_INDEX       1
#define PCDATA_INL_TREE_INDEX        2
#define FUNCDATA_ARGS_POINTER_MAPS   0
#define FUNCDATA_LOCALS_POINTER_MAPS 1
#define FUNCDATA_INL_TREE            3
#define FUNCDATA_ARG_INFO            5

/* The header up to and with its five offsets, in bytes. */
#define PCLNTAB_MAX_HEADER 72

/*
 * One layout of the table. Offsets in bytes: in the header (src/runtime/symtab.go, pcHeader), in a
 * function's record (src/runtime/runtime2.go, _func), in an inlined call's (src/runtime/symtab.go,
 * from 1.21 symtabinl.go, inlinedCall).
 */
struct pclntab_format {
	uint32_t magic;
	const char *version; /* of the releases that write it; NULL: it goes on */
	bool is_absolute; /* addresses and funcdata are pointers, not 32-bit offsets */
	uint8_t text_start; /* in the header; 0: there is none */
	uint8_t offsets; /* in the header: names, file tables, files, pc tables, functions */
	uint8_t name, pcfile, pcline, npcdata, cu, nfuncdata, func_size;
	uint8_t inl_name, inl_parent_pc, inl_size;
};

/* A part of the table: [va, va + len) lies in one segment's file-backed part. */
struct region {
	uint64_t va;
	uint64_t len;
};

struct pclntab {
	const struct image *image; /* not owned */
	const struct pclntab_format *format;
	uint64_t va; /* of the header */
	struct region names, cu_files, files, pc, funcs;
	size_t num_funcs;
	uint64_t text_va, text_end_va;
	struct moduledata module; /* its va is 0: it was not found */
	uint64_t gofunc_va; /* what funcdata is relative to; 0: unknown */
};

/* One function of the table. */
struct pclntab_entry {
	uint64_t va, end_va;
	uint64_t record_va; /* its _func */
	uint64_t record_len; /* from there to the end of the functions' region */
};

/* The address of the i-th function; of the last one's end for i == num_funcs. */
bool pclntab_entry_va(const struct pclntab *table, size_t i, uint64_t *va);

/* False when the entry makes no sense, see pclntab_func(). */
bool pclntab_entry(const struct pclntab *table, size_t i, struct pclntab_entry *entry);

/* The one that holds the instruction at va. */
bool pclntab_find_entry(const struct pclntab *table, uint64_t va, struct pclntab_entry *entry);

/* A 32-bit field of its record; false outside of the region. */
bool pclntab_field(const struct pclntab *table, const struct pclntab_entry *entry, uint64_t at,
		   uint32_t *value);

/* Where the function's table of values by code address is, in the region of pc tables: PCDATA_...
 * False: it has none of that number. */
bool pclntab_pcdata(const struct pclntab *table, const struct pclntab_entry *entry, unsigned number,
		    uint32_t *offset);
/* Where data of the function is: FUNCDATA_... False: it has none of that number, or it is not known
 * where. */
bool pclntab_funcdata(const struct pclntab *table, const struct pclntab_entry *entry,
		      unsigned number, uint64_t *va);

/* The function name at an offset of the names' region, or NULL. */
const char *pclntab_name(const struct pclntab *table, uint32_t offset);

/* The file that a function's table of files calls `number`, or NULL. */
const char *pclntab_file(const struct pclntab *table, const struct pclntab_entry *entry,
			 int32_t number);

/*
 * A walk over one function's table of values by code address (src/runtime/symtab.go, pcvalue and
 * step): runs of instructions with one value, by rising address. It ends after at most two steps a
 * byte of code, however long the table is.
 */
struct pcvalue {
	const struct pclntab *table;
	uint64_t next_va; /* of the byte of the table that comes next */
	uint64_t left; /* bytes from there to the end of the region */
	const uint8_t *bytes, *bytes_end; /* those that are read in */
	uint64_t func_va, func_end_va;
	uint64_t start_va, end_va; /* the run: [start_va, end_va) has `value` */
	int32_t value;
	uint8_t quantum; /* bytes of code that lengths are counted in */
	uint64_t steps_left;
};

/* offset: of the walk's first byte in the region of pc tables; 0: there is no such table. */
void pcvalue_begin(struct pcvalue *walk, const struct pclntab *table,
		   const struct pclntab_entry *entry, uint32_t offset);
/* False: no more runs. Runs may be empty. */
bool pcvalue_next(struct pcvalue *walk);
/* Goes on to the run that holds va, which is no smaller than that of the call before. False: there
 * is none. */
bool pcvalue_seek(struct pcvalue *walk, uint64_t va);

#endif
