/* SPDX-License-Identifier: MIT */
/* allgs.h - the variable runtime.allgs, as code tells it. */
#ifndef GOFUNCGRAPH_GOBIN_ALLGS_H
#define GOFUNCGRAPH_GOBIN_ALLGS_H

#include "gobin/image.h"
#include "gofuncgraph/gobin.h"

/* `func`: runtime.forEachG. False: it is not as it is known. */
bool allgs_find_in_code(const struct image *image, const struct gobin_func *func, uint64_t *va);

#endif
