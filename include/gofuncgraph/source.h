/* SPDX-License-Identifier: MIT */
/*
 * source.h - where records come from: the kernel now (live.h), a file, a test. Whoever reads the
 * records cannot tell.
 *
 * Life cycle: the source's own way to start it, after which all that happens is seen -
 * source_poll() as long as wanted - source_look_away() - source_detach() - source_stop() -
 * source_free(). Records are handed on during source_poll(), source_detach() and source_stop()
 * only; each has been checked (record_is_valid()).
 */
#ifndef GOFUNCGRAPH_SOURCE_H
#define GOFUNCGRAPH_SOURCE_H

#include <stdint.h>

#include "base/error.h"
#include "gofuncgraph/record.h"

/* Where records go; the pointer is good during the call only. */
struct record_sink {
	void (*handle)(void *context, const struct record *record);
	void *context;
};

struct source;

struct source_ops {
	struct error *(*poll)(struct source *source, int timeout_ms);
	void (*look_away)(struct source *source, uint64_t stop_ns);
	struct error *(*detach)(struct source *source);
	void (*stop)(struct source *source);
	void (*free)(struct source *source);
};

/* The first member of each source. */
struct source {
	const struct source_ops *ops;
};

/* Waits up to timeout_ms for records and hands on all there are, then RECORD_TICK; returns early on
 * signals. Error also when they cannot come any more. */
static inline struct error *source_poll(struct source *source, int timeout_ms)
{
	return source->ops->poll(source, timeout_ms);
}

/* Nothing that happens from now on, which is stop_ns by the clock of records, is seen any more:
 * what is open now was still running when tracing ended. */
static inline void source_look_away(struct source *source, uint64_t stop_ns)
{
	source->ops->look_away(source, stop_ns);
}

/* Lets go of what is traced, then hands on the records that are left. */
static inline struct error *source_detach(struct source *source)
{
	return source->ops->detach(source);
}

/* Hands on what is to be told at the end: losses, statistics, RECORD_STOPPED. */
static inline void source_stop(struct source *source)
{
	source->ops->stop(source);
}

/* Detaches too; NULL is fine. */
static inline void source_free(struct source *source)
{
	if (source)
		source->ops->free(source);
}

#endif
