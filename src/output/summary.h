/* SPDX-License-Identifier: MIT */
/*
 * summary.h - what the formats of --summary share: calls go into sums/functions.h, and come out as
 * tables, one at the end, and with an interval one whenever it is over, of the calls that ended in
 * it. A format of it has a begin() that calls summary_begin(), and all other functions from here.
 */
#ifndef GOFUNCGRAPH_OUTPUT_SUMMARY_H
#define GOFUNCGRAPH_OUTPUT_SUMMARY_H

#include "output/format.h"
#include "sums/functions.h"

struct summary_layout {
	/* Of a table that has rows. NULL: there is none. */
	void (*head)(struct output *out, uint64_t time_ns);
	void (*row)(struct output *out, const struct function_row *row, uint64_t time_ns);
};

/* `layout`: not owned. */
struct error *summary_begin(struct output *out, const struct summary_layout *layout);
void summary_entry(struct output *out, const struct tree *tree, const struct call *call);
void summary_call(struct output *out, const struct tree *tree, const struct call *call);
void summary_tick(struct output *out, uint64_t now_ns);
void summary_end(struct output *out, const struct output_totals *totals);
void summary_free(struct output *out);

/* What the time was spent on, as a call that took that long. */
struct call summary_call_of(const struct spent *spent, uint64_t ns);

/* The own time of all functions of the table whose rows are put. */
uint64_t summary_self_ns(const struct output *out);

#endif
