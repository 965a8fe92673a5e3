/* SPDX-License-Identifier: MIT */
/*
 * packed.h - bytes in a text, as they come: compressed (zlib, RFC 1950), then base64 (RFC 4648), which is safe
 * inside of anything. Memory does not grow with them.
 */
#ifndef GOFUNCGRAPH_OUTPUT_PACKED_H
#define GOFUNCGRAPH_OUTPUT_PACKED_H

#include <zlib.h>

#include "output/writer.h"

/* A multiple of what base64 takes at once. */
#define PACKED_SIZE (3 * 8192)

struct packed {
	struct writer *writer; /* not owned */
	z_stream stream;
	unsigned char room[PACKED_SIZE]; /* compressed */
};

/* NULL: out of memory. */
struct packed *packed_new(struct writer *writer);
void packed_put(struct packed *packed, const void *data, size_t size);
/* Writes what is left. */
void packed_end(struct packed *packed);
void packed_free(struct packed *packed); /* NULL is fine */

#endif
