/* SPDX-License-Identifier: MIT */
/* sums.h - how long the calls of targets took, those that are not shown included, as messages. */
#ifndef COMMAND_SUMS_H
#define COMMAND_SUMS_H

#include "gofuncgraph/filter.h"

/* The last line of tracing; before it a warning, if trees that may be wanted were not kept. */
void sums_report(const struct filter_sums *sums, uint64_t num_shown);

/* A line for each power of two ns, from the shortest to the longest. */
void sums_report_histogram(const struct filter_sums *sums);

#endif
