/* SPDX-License-Identifier: MIT */
#include "names/lead_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *lead_text(char text[LEAD_TEXT_SIZE], uint64_t goid, enum lead_by by, uint64_t object,
		      bool is_wait_group)
{
	static const char *const ways[] = {[LEAD_HAS] = "has", [LEAD_SHARES] = "shares what has"};

	if (by == LEAD_STARTED)
		snprintf(text, LEAD_TEXT_SIZE, "goroutine %" PRIu64 " was started by it", goid);
	else
		snprintf(text, LEAD_TEXT_SIZE, "goroutine %" PRIu64 " %s the %s at 0x%" PRIx64 "%s",
			 goid, ways[by], is_wait_group ? "wait group" : "channel", object,
			 by == LEAD_HAS ? " on its stack" : "");
	return text;
}

bool telling_frame_is(struct telling_frame *so_far, const char *function, bool is_own)
{
	/* What the compiler makes of a go statement calls what it names. */
	bool is_wrapper = strstr(function, ".gowrap") || strstr(function, ".func");

	if (so_far->has_own || (so_far->has_any && is_wrapper && !is_own))
		return false;
	so_far->has_any = true;
	so_far->has_own = is_own;
	return true;
}
