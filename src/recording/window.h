/* SPDX-License-Identifier: MIT */
/* window.h - which part of a recording: from when until when, as users write it. */
#ifndef RECORDING_WINDOW_H
#define RECORDING_WINDOW_H

#include "recording/index.h"
#include "recording/player.h"

enum window_from {
	WINDOW_OPEN, /* not told */
	WINDOW_BEGIN, /* so long after the first record */
	WINDOW_END, /* so long before the last one */
	WINDOW_CLOCK, /* by the wall clock here */
};

struct window_time {
	enum window_from from;
	uint64_t ns; /* of WINDOW_CLOCK: since midnight */
	unsigned day; /* of WINDOW_CLOCK: of the month; 0: not told */
};

struct window_times {
	struct window_time since, until; /* all zero: the whole recording */
};

/* "+2m30s", "-30s", "15:48", "15:48:05.25", "18 15:48:05", as text_format_time() writes it. */
struct error *window_time_parse(const char *text, struct window_time *time);

static inline bool window_is_wanted(const struct window_times *times)
{
	return times->since.from != WINDOW_OPEN || times->until.from != WINDOW_OPEN;
}

/* The day of a time of day is the one on which it is in the recording, or nearest to it. Error: nothing is in
 * there, and when what is there was. */
struct error *window_find(const struct window_times *times, const struct recording_index *index,
			  const char *path, struct player_window *window);

#endif
