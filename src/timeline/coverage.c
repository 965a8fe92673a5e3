/* SPDX-License-Identifier: MIT */
/* coverage.c - what of a stream was seen; see gofuncgraph/timeline.h. */
#include "gofuncgraph/timeline.h"

static bool tells_of_losses(struct timeline_coverage *coverage, const struct record *record)
{
	uint64_t num_lost;

	if (record->kind != RECORD_STATISTICS)
		return record->flags & RECORD_AFTER_LOSS || record->kind == RECORD_UNREADABLE;
	num_lost = ((const struct record_statistics *)record)->counts[STAT_LOST];
	if (num_lost == coverage->num_lost)
		return false;
	coverage->num_lost = num_lost;
	return true;
}

void timeline_cover(struct timeline_coverage *coverage, const struct record *record)
{
	if (!tells_of_losses(coverage, record))
		return;
	coverage->lost_ns = record->time_ns;
	timeline_cover_since(coverage, record->time_ns);
}
