/* SPDX-License-Identifier: MIT */
/* replay.h - the calls of a tree, one by one, as if they had just begun and ended. */
#ifndef GOFUNCGRAPH_FILTER_REPLAY_H
#define GOFUNCGRAPH_FILTER_REPLAY_H

#include "gofuncgraph/calltree.h"

/* Calls call_began, call_ended and wait_ended of the sink, for the trees of goroutines that were started
 * inside the tree too. False: out of memory, and some were not handed on. */
bool replay_calls(const struct calltree_sink *sink, struct tree *tree);

#endif
