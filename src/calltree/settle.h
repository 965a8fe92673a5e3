/* SPDX-License-Identifier: MIT */
/*
 * settle.h - trees that stay open for long: what is settled of them is handed on as a part, and
 * forgotten. See calltree_sink.tree_settled.
 */
#ifndef GOFUNCGRAPH_CALLTREE_SETTLE_H
#define GOFUNCGRAPH_CALLTREE_SETTLE_H

#include "calltree/trees.h"

/* Something is about to happen in this open tree: hands on a part of it if it keeps too much. */
void settle_if_full(struct calltree *trees, struct owner *owner);

/* Hands on parts of the trees that have been open for long enough. */
void settle_tick(struct calltree *trees, uint64_t now_ns);

#endif
