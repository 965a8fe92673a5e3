/* SPDX-License-Identifier: MIT */
/* tls.h - where a thread keeps its current g, as the program's own code says. */
#ifndef GOFUNCGRAPH_GOBIN_TLS_H
#define GOFUNCGRAPH_GOBIN_TLS_H

#include "base/error.h"
#include "gobin/image.h"
#include "gofuncgraph/gobin.h"

/*
 * The offset of g from the thread's FS base, read out of functions of the runtime that every
 * program has (`funcs`). Errors: no such function is there, or they do not agree.
 */
struct error *tls_find_g(const struct image *image, const struct gobin_func *funcs, size_t count,
			 int32_t *offset);

/* An instruction that reads or writes the thread's g, and the one that loads its offset. */
struct tls_access {
	size_t at;     /* of its first byte, from the first byte looked at */
	unsigned reg;  /* number of the register that is read or written: 14 is R14 */
	bool loads;    /* reg is loaded with g */
	int32_t tls_g; /* 0: it is in a relocation that cannot be resolved */
};

/* The first one that begins in the first `max` bytes of code at va. False: none. */
bool tls_find_access(const struct image *image, uint64_t va, size_t max, struct tls_access *access);

#endif
