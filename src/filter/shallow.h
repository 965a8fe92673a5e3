/* SPDX-License-Identifier: MIT */
/*
 * shallow.h - so many levels of calls as they happen: a stage between call trees and what prints
 * calls, as filter.h is for whole trees.
 *
 * It keeps nothing. What was inside a call of the last level is known when that call ends: how many
 * calls the tree had meanwhile, and how long those took that it made itself.
 */
#ifndef GOFUNCGRAPH_FILTER_SHALLOW_H
#define GOFUNCGRAPH_FILTER_SHALLOW_H

#include "gofuncgraph/calltree.h"

struct shallow {
	struct calltree_sink next; /* without keep_calls */
	uint64_t depth; /* levels that are shown, at least 1 */
};

/* What to feed a calltree with; *shallow must stay where it is. */
struct calltree_sink shallow_sink(struct shallow *shallow);

#endif
