/* SPDX-License-Identifier: MIT */
/* ends.h - how trees end: one, those of a process, all; and what losses do to them. */
#ifndef GOFUNCGRAPH_CALLTREE_ENDS_H
#define GOFUNCGRAPH_CALLTREE_ENDS_H

#include "calltree/trees.h"

/* Ends what is open of the tree, and forgets its goroutine. */
void end_tree(struct calltree *trees, struct owner *owner, enum call_end end, uint64_t time_ns);

void end_process(struct calltree *trees, uint32_t pid, uint64_t time_ns);

/* Tracing is over: what is open was still running. */
void end_all(struct calltree *trees, uint64_t now_ns);

/* RECORD_LOST, RECORD_LOST_END */
void hear_loss(struct calltree *trees, const struct record *record);

/* A record of this process was lost, and nobody knows of which goroutine. */
void lose_of_process(struct calltree *trees, uint32_t pid);

/* What is known of this process is not true: its trees end. */
void distrust_process(struct calltree *trees, uint32_t pid, uint64_t time_ns);

#endif
