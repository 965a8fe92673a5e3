/* SPDX-License-Identifier: MIT */
/* feed_trees.h - for tests: what a source tells of itself, fed to call trees. */
#ifndef GOFUNCGRAPH_FEED_TREES_H
#define GOFUNCGRAPH_FEED_TREES_H

#include <stdlib.h>

#include "facts.h"
#include "gofuncgraph/calltree.h"

static inline void feed_facts(struct calltree *trees, struct facts facts)
{
	if (calltree_feed(trees, FACTS_RECORD(&facts)))
		abort();
}

static inline void feed_tick(struct calltree *trees, uint64_t now_ns)
{
	feed_facts(trees, (struct facts){.kind = RECORD_TICK, .time_ns = now_ns});
}

static inline void feed_stop(struct calltree *trees, uint64_t now_ns)
{
	feed_facts(trees, (struct facts){.kind = RECORD_STOPPED, .time_ns = now_ns});
}

/* tid: of a thread without a goroutine, whose goid is 0; else 0. */
static inline void feed_lost(struct calltree *trees, uint32_t pid, uint64_t goid, uint32_t tid,
			     uint32_t lost)
{
	feed_facts(
		trees,
		(struct facts){
			.kind = RECORD_LOST, .pid = pid, .goid = goid, .tid = tid, .lost = lost});
}

static inline void feed_lost_end(struct calltree *trees, uint32_t pid, uint64_t goid, uint32_t tid,
				 uint32_t lost, uint64_t now_ns)
{
	feed_facts(trees, (struct facts){.kind = RECORD_LOST_END,
					 .time_ns = now_ns,
					 .pid = pid,
					 .goid = goid,
					 .tid = tid,
					 .lost = lost});
}

#endif
