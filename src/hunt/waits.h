/* SPDX-License-Identifier: MIT */
/* waits.h - what a record of a wait tells: its piece, and the history's entry of it. */
#ifndef HUNT_WAITS_H
#define HUNT_WAITS_H

#include "gofuncgraph/record.h"
#include "hunt/history.h"

/* One that has not ended may not have been made ready either. */
uint64_t wait_ready_ns(const struct record_wait *wait);

/* Of the time up to when it was ready. */
struct piece wait_piece(const struct record_wait *wait);

/* Who waited is asked about it later, unless that was short. False: out of memory. */
bool wait_remember(struct history *history, const struct record_wait *wait,
		   const struct piece *piece, bool is_in_target);

#endif
