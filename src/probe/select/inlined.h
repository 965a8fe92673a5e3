/* SPDX-License-Identifier: MIT */
/* inlined.h - functions that exist only inside others, so that there is nothing to probe. */
#ifndef PROBE_INLINED_H
#define PROBE_INLINED_H

#include "probe/select/choose.h"

/* No more places than this are kept. */
#define INLINED_MAX 65536

struct inlined {
	struct gobin_inlining *places; /* by name, then by place; names are the gobin's */
	size_t count;
	bool cut; /* there were more than INLINED_MAX */
};

/*
 * Every place of every function that one of the lists (NULL-terminated) puts in and that has no
 * code of its own. Slow: see gobin_for_each_inlining().
 */
struct error *inlined_find(struct gobin *bin, struct pattern_list *const *lists,
			   struct inlined *inlined);
void inlined_release(struct inlined *inlined);

#endif
