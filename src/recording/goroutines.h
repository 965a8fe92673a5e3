/* SPDX-License-Identifier: MIT */
/*
 * goroutines.h - what all goroutines of a process do (goroutines/snapshot.h), as a block of a recording, and
 * back: with all that is printed of them, whatever is chosen. Any bytes may be in a block.
 */
#ifndef RECORDING_GOROUTINES_H
#define RECORDING_GOROUTINES_H

#include "base/bytes.h"
#include "goroutines/report.h"

/* `report` without groups; `line`: what the process was started with, or NULL. */
void goroutines_write(const struct report *report, const struct command_line *line,
		      struct bytes *bytes);

/* All zero at first. */
struct recorded_goroutines {
	pid_t pid;
	uint64_t now_ns; /* as in struct report */
	struct command_lines *lines; /* of this process */
	struct places places;
	struct snapshot snapshot;
	struct locks locks;
};

/* False: it is none, or there is no memory. goroutines_release() in any case. */
bool goroutines_read(struct cursor *cursor, struct recorded_goroutines *goroutines);
void goroutines_release(struct recorded_goroutines *goroutines);

#endif
