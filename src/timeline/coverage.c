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

/* True while there is a gap, and of the record that ends it. */
static bool is_in_gap(struct timeline_coverage *coverage, const struct record *record)
{
	bool was_gap = coverage->is_gap;

	if (record->kind == RECORD_GAP)
		coverage->is_gap = true;
	if (record->kind == RECORD_GAP_END)
		coverage->is_gap = false;
	return was_gap || coverage->is_gap;
}

void timeline_cover(struct timeline_coverage *coverage, const struct record *record)
{
	bool is_lost = tells_of_losses(coverage, record);

	if (!is_in_gap(coverage, record) && !is_lost)
		return;
	if (record->time_ns > coverage->lost_ns)
		coverage->lost_ns = record->time_ns;
	timeline_cover_since(coverage, record->time_ns);
}
