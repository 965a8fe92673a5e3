/* SPDX-License-Identifier: MIT */
/*
 * run_record.h - what a run traces into a recording (recording/recorder.h), besides or instead of showing it.
 *
 * run_record_open() - run_record_begin() whenever tracing has begun - run_record_add() for each record -
 * run_record_report() - run_record_close().
 */
#ifndef COMMAND_RUN_RECORD_H
#define COMMAND_RUN_RECORD_H

#include "command/run.h"
#include "recording/recorder.h"

/* All zero: nothing is recorded. */
struct run_record {
	const char *path; /* not owned; NULL: nothing is recorded */
	struct keep_limits keep;
	uint64_t
		dump_slower_ns; /* what is kept goes into a file when a call took that long; 0: never */
	bool is_output; /* the file is that of the run itself (-o) */
	/* With hunt: how much stack code uses, of the run's binary; not owned. Else NULL. */
	const struct unwind_code *code;
	double share_of_exact; /* the same: see struct hunt_report */
	FILE *file;
	struct recorder *recorder; /* NULL: tracing has never begun */
	bool has_begun; /* it has, and has not stopped */
	struct bytes early; /* records that came before, each padded to 8 bytes */
	struct hash open; /* calls that began trees and are open: when they began */
	bool is_closed; /* with is_output: nobody reads it any more, which is no error */
	unsigned num_dumps;
	unsigned last_dump; /* the number in the name of the last one */
	uint64_t num_roots; /* calls that began trees */
};

/* Opens the file, once, and changes nothing of it yet. After the run's own file was opened. */
struct error *run_record_open(struct run_record *record, const struct run *run);
/* After run_start(). */
struct error *run_record_begin(struct run_record *record, const struct run *run);
/* After run_saw(). */
struct error *run_record_add(struct run_record *to, const struct record *record);
/* What was not begun is of no interest any more: it starts anew, with another binary. */
void run_record_forget(struct run_record *record);
/* How much was recorded, as a message. */
void run_record_report(const struct run_record *record);
void run_record_close(struct run_record *record);

#endif
