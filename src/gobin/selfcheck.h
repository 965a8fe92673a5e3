/* SPDX-License-Identifier: MIT */
/*
 * selfcheck.h - code that a program reads to see whether somebody changed it.
 *
 * A probe changes the code that it is on: such a program then panics or aborts, usually as it
 * starts. Takes what a Go executable is made of; hands on the ranges of such code:
 *
 * - Go's FIPS 140 module, from Go 1.24 on. crypto/internal/fips140/check compares it with a
 *   checksum when FIPS 140 is on, which the environment can do to any program. Where it is, the
 *   linker writes into a variable that it marks (src/cmd/link/internal/ld/fips140.go), and the
 *   function table has marks at both its ends.
 * - BoringCrypto (GOEXPERIMENT=boringcrypto), C code that Go's own linker puts into Go's text.
 */
#ifndef GOFUNCGRAPH_GOBIN_SELFCHECK_H
#define GOFUNCGRAPH_GOBIN_SELFCHECK_H

#include "gobin/image.h"
#include "gobin/pclntab.h"
#include "gofuncgraph/gobin.h"

/* A program has one FIPS 140 module at most. When there seem to be more than these, all code counts
 * as checked. */
#define SELFCHECK_MAX_RANGES 16

struct selfcheck_range {
	uint64_t start_va;
	uint64_t end_va;
	const char *reason; /* static text, a clause for the user */
};

struct selfcheck {
	struct selfcheck_range ranges[SELFCHECK_MAX_RANGES]; /* in any order; may overlap */
	size_t count;
};

/* `table`: NULL where there is none. `funcs`: by rising va. */
void selfcheck_find(const struct image *image, struct pclntab *table,
		    const struct gobin_func *funcs, size_t count, struct selfcheck *found);

/* See gobin_self_check(). */
const char *selfcheck_reason(const struct selfcheck *selfcheck, uint64_t va, uint64_t size);

#endif
