/* SPDX-License-Identifier: MIT */
/* hunt_tree.h - the wall-time tree of hunt's report, for people: JSON has all of its nodes. */
#ifndef GOFUNCGRAPH_OUTPUT_HUNT_TREE_H
#define GOFUNCGRAPH_OUTPUT_HUNT_TREE_H

#include "output/format.h"

/* Nothing if there is none. */
void hunt_tree_put(struct output *out, const struct hunt_report *report);

#endif
