/* SPDX-License-Identifier: MIT */
/* copy.h - trees that outlive the call that they were handed on by. */
#ifndef GOFUNCGRAPH_FILTER_COPY_H
#define GOFUNCGRAPH_FILTER_COPY_H

#include "gofuncgraph/calltree.h"

/* With the trees of the goroutines that were started inside it. NULL: out of memory. */
struct tree *tree_copy(const struct tree *tree);
void tree_free(struct tree *copy); /* NULL is fine */

/* What a copy takes. */
size_t tree_bytes(const struct tree *tree);

#endif
