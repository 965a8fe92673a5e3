/* SPDX-License-Identifier: MIT */
/*
 * recorder.h - records into a recording, with all that is needed to print them as if they came now.
 *
 * recorder_new() - recorder_begin() - recorder_add() for each record - recorder_end() - recorder_free().
 * What was recorded a second ago is in the file, whatever happens.
 */
#ifndef RECORDING_RECORDER_H
#define RECORDING_RECORDER_H

#include <stdio.h>

#include "base/event_clock.h"
#include "gofuncgraph/calltree.h"
#include "goroutines/unwind.h"
#include "process/command_lines.h"
#include "recording/about.h"
#include "recording/kept_blocks.h"

struct recorder;

/* What is looked at meanwhile, and may change but for the values. Not owned; NULL: there is none. */
struct recorder_state {
	const struct value_lists *values; /* that calls' values are of */
	const struct unwind_code *code; /* with hunt: how much stack code uses */
	const double *share_of_exact; /* with hunt: see struct hunt_report */
	const struct hit_time *hit_times; /* by site */
	const struct event_clock *clock;
	const struct command_lines *command_lines;
};

/* The file, open for writing and empty, is not owned. With a limit, nothing is in it until the end. */
struct error *recorder_new(FILE *file, const struct keep_limits *limits,
			   struct recorder **recorder);
void recorder_free(struct recorder *recorder); /* NULL is fine */

/* What follows is about this; also in the middle, of a binary that was overwritten. `about` is not kept; what
 * `names` and types look things up in must stay until this is called again or the recorder is freed. */
struct error *recorder_begin(struct recorder *recorder, const struct recording_about *about,
			     const struct name_source *names, const struct recorder_state *state);

/* After the process of the record was seen (command_lines_see()), and before anything is printed of it.
 * Error: the file cannot be written any more; what was written before stays. */
struct error *recorder_add(struct recorder *recorder, const struct record *record);

/* With a limit: what is kept by now as a recording of its own, into another file. How many bytes
 * that is. */
struct error *recorder_dump(struct recorder *recorder, FILE *file, uint64_t *num_bytes);

/* There are no more, of this binary: writes all that is left. */
struct error *recorder_end(struct recorder *recorder);

/* An error was that nobody reads the file, a pipe, any more. */
bool recorder_is_closed(const struct recorder *recorder);

/* What was recorded by now, and the bytes of the file. */
struct recorder_sums {
	uint64_t num_records, num_bytes;
};
struct recorder_sums recorder_sums(const struct recorder *recorder);

#endif
