/* SPDX-License-Identifier: MIT */
/*
 * lasting.h - of records that somebody leaves out, those that hold on: who begins behind them has to know
 * them, such as stacks, which are told once.
 *
 * lasting_take() for each that is left out - lasting_tell() before the first that is not.
 */
#ifndef RECORDING_LASTING_H
#define RECORDING_LASTING_H

#include "base/bytes.h"
#include "base/hash.h"
#include "gofuncgraph/source.h"

/* All zero: empty. */
struct lasting {
	struct bytes told; /* records, each padded to 8 bytes */
	struct hash noted; /* of those: what they are of, and their kind */
	bool states_off, tells_starts;
	bool is_gap, is_rest; /* has begun, and not ended */
	struct record_one_in one_in; /* size 0: none */
	uint64_t counts[STAT_COUNT]; /* of before: they do not count */
};

/* What this kind tells holds on. */
bool lasting_is(uint8_t kind);

/* Those of which the newest says all, told apart by a number; else LASTING_NUM_NEWEST. */
enum lasting_newest {
	LASTING_COUNTS,
	LASTING_GAP,
	LASTING_REST,
	LASTING_ONE_IN,
	LASTING_NUM_NEWEST
};
enum lasting_newest lasting_newest_of(uint8_t kind);

/* False: out of memory. Of a kind that does not hold on, nothing is kept. */
bool lasting_take(struct lasting *lasting, const struct record *record);

/* All that holds at that time, as records of then; and forgets it, but for the counts. */
void lasting_tell(struct lasting *lasting, uint64_t time_ns, const struct record_sink *sink);

/* What was counted since then. */
void lasting_subtract(const struct lasting *lasting, struct record_statistics *statistics);

void lasting_clear(struct lasting *lasting);

#endif
