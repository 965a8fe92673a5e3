/* SPDX-License-Identifier: MIT */
/* lead_text.h - who may serve what a goroutine waits for, as people read it. */
#ifndef NAMES_LEAD_TEXT_H
#define NAMES_LEAD_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "gofuncgraph/lead.h"

/* "goroutine 6 shares what has the channel at 0xc000076060". `object`: the address of what is waited for, a channel or
 * a wait group; not used for LEAD_STARTED. Returns `text`. */
#define LEAD_TEXT_SIZE 112
const char *lead_text(char text[LEAD_TEXT_SIZE], uint64_t goid, enum lead_by by, uint64_t object,
		      bool is_wait_group);

/*
 * Which frame of a lead's stack says where it is: the innermost of the program's own, else the outermost one. Frames are
 * asked about from the innermost one on; the last one that it is true of is the one. `so_far`: all zero at first.
 */
struct telling_frame {
	bool has_any, has_own;
};
bool telling_frame_is(struct telling_frame *so_far, const char *function, bool is_own);

#endif
