/* SPDX-License-Identifier: MIT */
/*
 * player.h - a recording as a source of records (gofuncgraph/source.h), with all that is needed to print
 * them as if they came now. Any bytes may be in the file.
 *
 * source_poll() hands on the records of one block, until player_is_over(). What is missing of a file that
 * was damaged is told as a time without probes (RECORD_GAP); one that was cut off ends with the last
 * record that is there. source_stop() ends it before: what is open was still running then.
 */
#ifndef RECORDING_PLAYER_H
#define RECORDING_PLAYER_H

#include <stdio.h>

#include "base/event_clock.h"
#include "gofuncgraph/calltree.h"
#include "gofuncgraph/source.h"
#include "goroutines/unwind.h"
#include "process/command_lines.h"
#include "recording/about.h"

/* What is known so far of what records are about; owned by the player. */
struct player_state {
	struct recording_about about;
	struct names *names;
	const struct value_lists *values; /* that calls' values are of */
	struct unwind_code code; /* of hunt: how much stack code uses */
	double share_of_exact; /* the same: see struct hunt_report */
	struct hit_time *hit_times; /* by site */
	struct event_clock clock;
	struct command_lines *command_lines; /* as of the record that is handed on */
};

/* A part of a recording, by the clock of records; both are in it. */
struct player_window {
	uint64_t since_ns, until_ns;
	uint64_t
		offset; /* in the file, where what there is of that time begins: recording_index_offset() */
};

struct player_options {
	FILE *file; /* not owned; may be a pipe */
	const char *path; /* for messages; not owned */
	struct record_sink sink;
	/* Not owned. Only records of then are handed on, as if tracing had begun and stopped there: what was
	 * told once before is told at its beginning. NULL: all. Not of a pipe. */
	const struct player_window *window;
	/* The records that follow are about something else, from the first one on: all of the state is
	 * new, but the clock. `end` comes before that, of what was begun. With the sink's context. */
	struct error *(*begin)(void *context, const struct player_state *state);
	void (*end)(void *context);
};

/* Reads up to where `begin` is called for the first time, or with a window, would be. Error: it is no
 * recording. */
struct error *player_new(const struct player_options *options, struct source **player);

/* All has been handed on, RECORD_STOPPED as the last. */
bool player_is_over(const struct source *player);

/* How many bytes of the file were read. */
uint64_t player_offset(const struct source *player);

/* What was not as it should be. */
struct player_trouble {
	bool is_cut; /* the file ends before recording was ended */
	uint64_t num_damaged; /* blocks that were left out */
	uint64_t offset; /* of the first, or of the cut, in the file */
};
struct player_trouble player_trouble(const struct source *player);

#endif
