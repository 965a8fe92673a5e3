/* SPDX-License-Identifier: MIT */
/* place.h - where something is in a program, as the user reads it. */
#ifndef GOFUNCGRAPH_NAMES_PLACE_H
#define GOFUNCGRAPH_NAMES_PLACE_H

#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "gofuncgraph/gobin.h"

/* Its texts are safe on a terminal, valid UTF-8, and end with a NUL. */
struct place {
	const char *function; /* NULL: unknown */
	const char *module;   /* in place of function: the name of the file that the code is in,
			       * another one than the probed; NULL: it is in that, or unknown */
	const char *file;     /* NULL: unknown */
	/* "main.f+12 /src/main.go:7", as much of it as is known, "libc.so.6+0x1234", else "0x1234",
	 * or "?" */
	const char *text;
	uint32_t text_len;
	uint32_t function_len;
	uint32_t file_len;
	unsigned line;	 /* 0: unknown */
	uint64_t offset; /* in the function, bytes; in a module: link-time virtual address,
			  * 0: unknown */
	/* What a format makes of the place once and prints again and again; NULL: nothing yet. It is
	 * freed with the place. */
	void *prepared;
};

/* One that is kept by its key, in one piece with its texts. */
struct known_place {
	struct hash_key key;
	struct place place;
};

/* Without a key. `func` may be NULL. NULL: out of memory. */
struct known_place *place_new(uint64_t va, const struct gobin_func *func, struct gobin_line line);

/* In another file, see struct modules. */
struct known_place *place_new_in_module(const char *module, uint64_t va);

/* NULL is fine. */
void place_free(struct known_place *place);

/* Sets `prepared`, which is malloc()'d and taken. */
void place_prepare(const struct place *place, void *prepared);

#endif
