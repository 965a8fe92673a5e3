/* SPDX-License-Identifier: MIT */
/* tls.h - where a thread keeps its current g, as the program's own code says. */
#ifndef GOFUNCGRAPH_GOBIN_TLS_H
#define GOFUNCGRAPH_GOBIN_TLS_H

#include "base/error.h"
#include "gobin/image.h"
#include "gofuncgraph/gobin.h"

/* Where g is, from the thread pointer (on x86-64 the FS base). Neither: unknown. */
struct tls_place {
	int32_t offset; /* in bytes */
	uint64_t slot_va; /* else: of the 8 bytes that hold the offset, once the file is loaded */
};

/*
 * Reads it out of functions of the runtime that every program has (`funcs`), or, where the runtime
 * is in another file, out of the relocation of runtime.tlsg. Errors: neither is there, or they do
 * not agree.
 */
struct error *tls_find_g(const struct image *image, const struct gobin_func *funcs, size_t count,
			 struct tls_place *place);

/* The relocation that names the variable which holds g: it is in another file. */
bool tls_find_relocation(const struct image *image, struct image_relocation *relocation);

/* An instruction that reads or writes the thread's g, and the one that loads its offset. */
struct tls_access {
	size_t at; /* of its first byte, from the first byte looked at */
	unsigned reg; /* that is read or written, as the instruction set numbers it */
	bool loads; /* reg is loaded with g */
	struct tls_place place;
};

/*
 * Finds the first such instruction in the first `max` bytes of the code at va. False: there is
 * none.
 */
bool tls_find_access(const struct image *image, uint64_t va, size_t max, struct tls_access *access);

#endif
