/* SPDX-License-Identifier: MIT */
/* absence.h - probes that are away, for a time or for good, and what is not known because of it. */
#ifndef GOFUNCGRAPH_CALLTREE_ABSENCE_H
#define GOFUNCGRAPH_CALLTREE_ABSENCE_H

#include "calltree/trees.h"

/* RECORD_GAP, RECORD_GAP_END: a time without any probes. */
void absence_gap(struct calltree *trees, uint64_t time_ns);
void absence_gap_end(struct calltree *trees, uint64_t time_ns);

/* RECORD_TAKEN_OFF: a function lost its probes. Fails only when out of memory. */
struct error *absence_taken_off(struct calltree *trees, const struct record_frame *off);

/* RECORD_STATES_OFF: waits that were not over had no end that anybody saw. */
void absence_states_off(struct calltree *trees);

#endif
