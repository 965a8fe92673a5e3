/* SPDX-License-Identifier: MIT */
/*
 * cost_limit.h - whether there is time for more of what may take only a part of all time: what it cost is paid back by
 * the time that goes by, and no more than so much may be owed.
 */
#ifndef BASE_COST_LIMIT_H
#define BASE_COST_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

/* All zero: nothing was done yet. */
struct cost_limit {
	uint64_t owed_ns; /* what is done is to be added */
	uint64_t seen_ns; /* when it was asked for last */
};

/* At `now_ns`, by one clock: less than most_ns is owed where one part in `share` of all time pays. */
static inline bool cost_limit_allows(struct cost_limit *limit, uint64_t now_ns, uint64_t most_ns,
				     uint64_t share)
{
	uint64_t paid_ns = now_ns > limit->seen_ns ? (now_ns - limit->seen_ns) / share : 0;

	limit->owed_ns -= paid_ns < limit->owed_ns ? paid_ns : limit->owed_ns;
	limit->seen_ns = now_ns;
	return limit->owed_ns < most_ns;
}

#endif
