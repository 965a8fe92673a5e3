/* SPDX-License-Identifier: MIT */
/* hunt_known.h - lines of hunt's report on what is known of the calls, and what is not. */
#ifndef GOFUNCGRAPH_OUTPUT_HUNT_KNOWN_H
#define GOFUNCGRAPH_OUTPUT_HUNT_KNOWN_H

#include "output/format.h"

/* Whether waits are sampled. */
void hunt_known_put_mode(struct output *out, const struct hunt_report *report);
/* How much of the calls' time is accounted for, and which calls are not among these. */
void hunt_known_put_coverage(struct output *out, const struct hunt_report *report);
/* Of all targets together. */
void hunt_known_put_samples(struct output *out, const struct output_totals *totals);

#endif
