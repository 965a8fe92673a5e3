/* SPDX-License-Identifier: MIT */
/* captured.h - the values that came with the entry and the return of a call stay with it. */
#ifndef GOFUNCGRAPH_CALLTREE_CAPTURED_H
#define GOFUNCGRAPH_CALLTREE_CAPTURED_H

#include "calltree/trees.h"

/* A copy of them; NULL: there are none. Where there is no room, the call says so. */
void captured_keep(struct calltree *trees, struct owner *owner, struct call *call,
		   const struct captured *captured);
/* The same of its results, with what of their types its arguments tell. */
void captured_keep_results(struct calltree *trees, struct owner *owner, struct call *call,
			   const struct captured *captured);
void captured_free(struct calltree *trees, struct owner *owner, struct call *call);

#endif
