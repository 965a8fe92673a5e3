/* SPDX-License-Identifier: MIT */
/* place.h - where something is in a program. */
#ifndef GOFUNCGRAPH_NAMES_PLACE_H
#define GOFUNCGRAPH_NAMES_PLACE_H

#include <stddef.h>
#include <stdint.h>

/* The name of a function or of a file: safe on a terminal, valid UTF-8, with a NUL behind it. */
struct name {
	const char *text;
	const char *json; /* the same with the quotes of JSON */
	uint32_t len, json_len;
	uint32_t number; /* among the names of one source; from 1 */
};

struct place {
	const struct name *function; /* NULL: unknown */
	/* in place of function: the file that the code is in, another one than the probed; NULL: it
	 * is in that, or unknown */
	const struct name *module;
	const struct name *file; /* NULL: unknown */
	uint64_t va; /* of the place itself; 0: unknown, too */
	/* in the function, bytes; in a module: link-time virtual address, 0: unknown */
	uint64_t offset;
	unsigned line; /* 0: unknown */
};

#endif
