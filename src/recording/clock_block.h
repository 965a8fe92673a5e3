/* SPDX-License-Identifier: MIT */
/* clock_block.h - BLOCK_CLOCK: what the wall clock said when. */
#ifndef RECORDING_CLOCK_BLOCK_H
#define RECORDING_CLOCK_BLOCK_H

#include "base/bytes.h"
#include "base/event_clock.h"

void clock_put(struct bytes *bytes, const struct event_clock *clock);
/* False: it is none, and the clock stays as it was. */
bool clock_take(struct cursor *bytes, struct event_clock *clock);

#endif
