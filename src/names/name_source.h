/* SPDX-License-Identifier: MIT */
/*
 * name_source.h - where functions, lines, wait reasons and other files' names are looked up: in a
 * binary, or in a table of them.
 */
#ifndef GOFUNCGRAPH_NAMES_NAME_SOURCE_H
#define GOFUNCGRAPH_NAMES_NAME_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "gofuncgraph/gobin.h"
#include "gofuncgraph/modules.h"

/* As the functions of gobin.h and modules.h of these names. Texts stay where they are. */
struct name_source {
	const void *context;
	const struct gobin_func *(*func_at)(const void *context, uint64_t va);
	struct gobin_line (*line_at)(const void *context, uint64_t va);
	uint64_t (*outermost_va)(const void *context, uint64_t va); /* NULL: nothing is inlined */
	/* NULL: nothing is inlined */
	size_t (*inlined_at)(const void *context, uint64_t va, struct gobin_inlined *calls,
			     size_t max);
	const char *(*wait_reason)(const void *context, unsigned reason); /* NULL: none is known */
	const struct arch *arch; /* for system calls; NULL: none is known */
	/* NULL: unknown */
	struct own_code (*own_code)(const void *context);
	/* Of addresses with FOREIGN_ADDRESS; NULL: none is known. */
	const void *modules;
	struct module_place (*module_place)(const void *modules, uint64_t number);
};

/* Each may be NULL, and neither is owned. */
struct name_source name_source_gobin(struct gobin *bin, const struct modules *modules);

/* Holds from `va` on, up to where the next one begins. */
struct name_line {
	uint64_t va;
	struct gobin_line line;
	uint64_t outermost_va; /* see gobin_outermost_va(); 0: the address itself */
};

struct name_module {
	uint64_t number; /* with FOREIGN_ADDRESS */
	struct module_place place;
};

/* Functions, lines and modules by rising va and number. */
struct name_table {
	const struct gobin_func *funcs;
	const struct name_line *lines;
	const struct name_module *modules;
	const char *const *reasons; /* by number; NULL: unknown */
	size_t num_funcs, num_lines, num_modules, num_reasons;
	const struct arch *arch; /* NULL: unknown */
	struct own_code own_code;
};

/* The table is not owned. */
struct name_source name_source_table(const struct name_table *table);

#endif
