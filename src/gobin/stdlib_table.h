/* SPDX-License-Identifier: MIT */
/*
 * stdlib_table.h - signatures of functions of Go's standard library, for binaries that do not tell them:
 * a table that scripts/stdlib-signatures writes.
 *
 *	{0, "(*ServeMux).ServeHTTP", "mux *.ServeMux;w .ResponseWriter;r *.Request="}
 *
 * Parameters with the receiver, "=", results: a name and a type, or the type alone. A type that begins with
 * a point is of the same package; "func" is that of any function. Of functions without parameters there
 * are none.
 */
#ifndef GOFUNCGRAPH_GOBIN_STDLIB_TABLE_H
#define GOFUNCGRAPH_GOBIN_STDLIB_TABLE_H

#include <stddef.h>

struct stdlib_row {
	unsigned minor; /* from this Go on, until there is another row of the name */
	const char *name;
	const char *text; /* NULL: it is no more */
};

struct stdlib_package {
	const char *path; /* NULL: the last one */
	const struct stdlib_row *rows; /* by name */
	size_t count;
};

extern const struct stdlib_package stdlib_packages[];
/* What types with a name are that are no structs: "interface" of those that have methods, "func", or a
 * type. The last one has no name. */
extern const struct stdlib_row stdlib_types[];

#endif
