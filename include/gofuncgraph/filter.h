/* SPDX-License-Identifier: MIT */
/*
 * filter.h - which trees are shown, and what of them: a stage between call trees and what prints
 * them, which takes a sink of calltree.h and is one.
 *
 * It is no part of the call trees, which are to be right whatever is wanted of them, and no part of
 * the formats, which need not know why a tree is not there. It decides when a tree ends, or when a
 * part of it comes that tells enough: so it has the calltree keep calls, and hands on those of a
 * tree that is shown, one by one, to a sink that wants them so. Until then it keeps copies of the
 * parts of trees that are open, and of the slowest trees, in at most FILTER_MAX_BYTES.
 *
 * It changes trees in the arrays that they were handed on with: calls have the number of those that
 * were folded into them from part to part, as calltree.h says.
 *
 * A goroutine that was started inside a tree (calltree.h) goes with it; one that is handed on by
 * itself is judged by its own first call.
 */
#ifndef GOFUNCGRAPH_FILTER_H
#define GOFUNCGRAPH_FILTER_H

#include "gofuncgraph/calltree.h"
#include "sums/histogram.h"
#include "values/where.h"

/* All zero: everything is shown as it comes, and no filter is needed. */
struct filter_options {
	uint64_t slower_ns; /* trees whose first call took at least that long */
	uint64_t slowest; /* the so many that took longest, when asked for; 0: each when it ends */
	bool by_begin; /* the slowest in order of time, not the slowest first */
	uint64_t interval_ns; /* with `slowest`: they are asked for so often; 0: at the end */
	/* Calls inside a tree that took less are folded: struct call's folded_calls has them. */
	uint64_t min_duration_ns;
	uint64_t depth; /* so many levels of calls are shown, deeper ones are folded; 0: all are */
	/* What the values of a tree's first call must satisfy, of these lists; NULL: nothing. Not owned. */
	const struct where *where;
	const struct value_lists *values;
};

#define FILTER_MAX_SLOWEST 10000
#define FILTER_MAX_BYTES   (256u << 20)

/* The calls that began trees; not those that followed goroutines began with. */
struct filter_sums {
	/* Those that do not satisfy `where`, or nobody knows whether they do. They are in nothing else. */
	uint64_t rejected, undecided;
	/* Of those that had not ended when tracing did: the time until then. */
	struct histogram durations;
	uint64_t lost; /* besides those: how they ended was lost, and so how long they took */
	uint64_t num_waiting; /* trees that are among the slowest so far, and may be shown */
	uint64_t not_kept; /* trees among the slowest for which there was no room */
};

struct filter;

bool filter_is_needed(const struct filter_options *options);
/* Not all trees are shown. */
bool filter_chooses(const struct filter_options *options);

/* `next`: copied. What it wants of calls and trees, it gets of those that are shown. */
struct error *filter_new(const struct filter_options *options, const struct calltree_sink *next,
			 struct filter **filter);
void filter_free(struct filter *filter); /* NULL is fine */

/* What to feed a calltree with. */
struct calltree_sink filter_sink(struct filter *filter);

/* To be called now and then: time has passed, by the clock of records. */
void filter_tick(struct filter *filter, uint64_t now_ns);

/* After the last tree: hands on what it kept. */
void filter_end(struct filter *filter);

/* The first error met since the last call, out of memory; NULL: none. A tree that it met in is not
 * handed on as a whole. */
struct error *filter_take_error(struct filter *filter);

const struct filter_sums *filter_sums(const struct filter *filter);

#endif
