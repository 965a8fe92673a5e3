/* SPDX-License-Identifier: MIT */
/*
 * waits.h - the waits of a tree by the calls that they were in.
 *
 * A calltree that keeps calls keeps waits with the tree (tree.waits); who takes calls one by one
 * expects them with each call (call.waits).
 */
#ifndef CALLTREE_WAITS_H
#define CALLTREE_WAITS_H

#include "gofuncgraph/calltree.h"

#define WAITS_NO_CALL UINT32_MAX

/* Of each wait the index of the call that it was in, or WAITS_NO_CALL, in `*call_of`, which the caller
 * frees. False: out of memory. */
bool waits_find_calls(const struct tree *tree, uint32_t **call_of);

/* The call of such an index; NULL: none. */
static inline struct call *waits_call(const struct tree *tree, uint32_t index)
{
	return index == WAITS_NO_CALL ? NULL : &tree->calls[index];
}

/* Gives each call its waits, in `*waits`, which the caller frees after waits_take_back(). False: out
 * of memory, and no call has any. */
bool waits_give(const struct tree *tree, struct wait **waits);

/* Waits that were left out of the tree: nobody knows which calls they were in, and the outermost that ends in
 * it has all of them. */
void waits_hand_down(const struct tree *tree);

/* No call has waits any more. Those of calls that are still open count as left out of them, since
 * the next part of the tree does not have them. */
void waits_take_back(const struct tree *tree);

#endif
