/* SPDX-License-Identifier: MIT */
/*
 * family.h - trees of goroutines that were started inside other trees, and when trees are handed
 * on.
 *
 * With keep_calls, a tree and all that were started inside it, and inside those, are one family.
 * Its root is handed on when all of them have ended, or a while after its own end; the others are
 * inside it. Those that are still open then go on as families of their own.
 */
#ifndef GOFUNCGRAPH_CALLTREE_FAMILY_H
#define GOFUNCGRAPH_CALLTREE_FAMILY_H

#include "calltree/trees.h"

/* A tree begins, with no family yet. */
void family_found(struct owner *owner);

/* The child, whose tree has just begun, was started inside the parent's open tree, as this RECORD_GO
 * says. */
void family_join(struct calltree *trees, struct owner *parent, struct owner *child,
		 const struct record_go *go);

/* A tree has ended, and is not in the table any more: hands on what is complete. */
void family_end(struct calltree *trees, struct owner *owner);

/* A tree is no longer inside another one, but those that were started inside it still are. */
void family_leave(struct calltree *trees, struct owner *owner);

/* Of a tree that is in no other: those that are inside it and open are by themselves from now on. */
void family_let_go(struct owner *owner);

/* Drops the ended trees inside a tree that goes on: its starts. */
void family_drop_started(struct calltree *trees, struct owner *owner);

/* Hands on the trees that have lingered for long enough. */
void family_tick(struct calltree *trees, uint64_t now_ns);

/* Drops a tree and all that are inside it. */
void family_drop(struct calltree *trees, struct owner *owner);

#endif
