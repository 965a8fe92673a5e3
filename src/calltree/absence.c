/* SPDX-License-Identifier: MIT */
/* absence.c - see absence.h. */
#include "calltree/absence.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "calltree/frames.h"

void absence_gap(struct calltree *trees, uint64_t time_ns)
{
	if (trees->is_gap)
		return;
	trees->is_gap = true;
	trees->gap_ns = time_ns;
	trees->num_gaps++;
}

void absence_gap_end(struct calltree *trees, uint64_t time_ns)
{
	trees->gaps_ns = gaps_until(trees, time_ns);
	trees->is_gap = false;
}

/* False: out of memory. */
static bool remember_taken_off(struct calltree *trees, uint32_t site)
{
	size_t end = (size_t)site / 64 * 64 + 64;

	if (end > trees->taken_off_end) {
		uint64_t *grown = realloc(trees->taken_off, end / 8);

		if (!grown)
			return false;
		memset(grown + trees->taken_off_end / 64, 0, (end - trees->taken_off_end) / 8);
		trees->taken_off = grown;
		trees->taken_off_end = end;
	}
	trees->taken_off[site / 64] |= UINT64_C(1) << site % 64;
	return true;
}

struct error *absence_taken_off(struct calltree *trees, const struct record_frame *off)
{
	struct owner *owner;

	if (!remember_taken_off(trees, off->site))
		return error_out_of_memory();
	trees->num_off++;
	DL_FOREACH2(trees->table.owners, owner, younger)
	{
		owner->tree.num_off = trees->num_off;
		frames_give_up(trees, owner, off->site, off->header.time_ns);
	}
	return NULL;
}

void absence_states_off(struct calltree *trees)
{
	struct owner *owner;

	trees->states_off = true;
	DL_FOREACH2(trees->table.owners, owner, younger)
	{
		owner->timeline.has_lost = true;
	}
}
