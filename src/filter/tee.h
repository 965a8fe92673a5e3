/* SPDX-License-Identifier: MIT */
/*
 * tee.h - calls and trees to two sinks: `first` gets each before `then`, which may change what it takes.
 *
 * What sinks want of the calltree besides, both want alike: states, waits, the numbers of trees. `first` has no use for
 * waits by themselves, and `then` neither if `first` keeps calls.
 */
#ifndef GOFUNCGRAPH_FILTER_TEE_H
#define GOFUNCGRAPH_FILTER_TEE_H

#include "gofuncgraph/calltree.h"

struct tee {
	struct calltree_sink first, then;
};

/* What to feed a calltree with; *tee must stay where it is. */
struct calltree_sink tee_sink(struct tee *tee);

#endif
