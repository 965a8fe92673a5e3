/* SPDX-License-Identifier: MIT */
/* slowest.h - where most of a tree's time went. */
#ifndef GOFUNCGRAPH_OUTPUT_SLOWEST_H
#define GOFUNCGRAPH_OUTPUT_SLOWEST_H

#include <stdbool.h>

#include "gofuncgraph/calltree.h"

/* The first call's time; 0: it has not ended, or its end was lost. */
uint64_t slowest_root_ns(const struct tree *tree);

/*
 * The first call of a tree, of the calls that it made the longest, and so on while that is a tenth
 * of the first one's time: true for those of tree.calls. The caller frees it. NULL: out of memory,
 * or slowest_root_ns() is 0.
 */
bool *slowest_path(const struct tree *tree);

#endif
