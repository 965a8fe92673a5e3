/* SPDX-License-Identifier: MIT */
/* parts.h - the parts of calls: what time they spent not running. */
#ifndef GOFUNCGRAPH_CALLTREE_PARTS_H
#define GOFUNCGRAPH_CALLTREE_PARTS_H

#include "calltree/trees.h"

/* One more item in an array without a capacity of its own: there is room for a power of two. */
bool parts_reserve_one(void *items, uint32_t count, size_t size);

/* Adds to the parts of a call of this owner. Where there is no room, to one of the same state but
 * another reason; if there is none, the tree lost a record. */
void parts_add(struct calltree *trees, struct owner *owner, struct call *call,
	       const struct part *part);

/* Adds those of a call to the one that made it. */
void parts_fold(struct calltree *trees, struct owner *owner, const struct call *call,
		struct call *caller);

/* Same, but the call has none any more. */
void parts_move(struct calltree *trees, struct owner *owner, struct call *call,
		struct call *caller);

void parts_free(struct calltree *trees, struct owner *owner, struct call *call);

#endif
