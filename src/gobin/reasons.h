/* SPDX-License-Identifier: MIT */
/* reasons.h - names of the runtime's wait reasons, by number. */
#ifndef GOFUNCGRAPH_GOBIN_REASONS_H
#define GOFUNCGRAPH_GOBIN_REASONS_H

#include "gobin/image.h"
#include "gofuncgraph/gobin.h"

/* g.waitreason is one byte. */
#define MAX_REASONS     256
#define MAX_REASON_NAME 64

struct reasons {
	size_t count;
	char names[MAX_REASONS][MAX_REASON_NAME + 1];
};

/*
 * The table in the program itself: by its symbol in .symtab, else by the code of
 * runtime.waitReason.String. NULL: not found, it makes no sense, or out of memory. The caller frees
 * it.
 */
struct reasons *reasons_read(const struct image *image, const struct gobin_func *funcs,
			     size_t count);

/*
 * What Go 1.`minor` calls the reason; for a newer Go, what the newest known one calls it. NULL:
 * there is no such reason.
 */
const char *reasons_by_version(unsigned minor, unsigned reason);

#endif
