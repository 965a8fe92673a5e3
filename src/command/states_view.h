/* SPDX-License-Identifier: MIT */
/*
 * states_view.h - records as changes of goroutines' states, or sums of them, on an output, be the records
 * traced now or read from a file.
 */
#ifndef COMMAND_STATES_VIEW_H
#define COMMAND_STATES_VIEW_H

#include "command/states_args.h"
#include "gofuncgraph/output.h"
#include "gofuncgraph/states.h"

struct states_view {
	const struct states_args *args; /* not owned; all else is zero at first */
	struct states_summary summary; /* that of args; with a limit on a terminal */
	struct output *output;
	struct states *states;
	uint64_t num_changes; /* of states, before any was left out by what the user chose */
	uint64_t num_lines;
	uint64_t num_left_out[STATES_NUM_TABLES]; /* rows that --limit left out of each table */
	uint64_t num_forgotten; /* see states_num_forgotten() */
};

/* Again after states_view_close(), for another binary. `options`: what the output is about. */
struct error *states_view_open(struct states_view *view, const struct output_options *options);
/* Before the first record: since when there are all. */
struct error *states_view_start(struct states_view *view, uint64_t start_ns);
void states_view_close(struct states_view *view);

/* `lost`: records so far, for what is written at the end. */
struct error *states_view_feed(struct states_view *view, const struct record *record,
			       uint64_t lost);

/* As many changes as --limit wants. */
bool states_view_is_full(const struct states_view *view);

/* What was not shown, at the end, as messages. */
void states_view_report(const struct states_view *view);
/* Nothing was shown: why, if there were changes. */
void states_view_explain(const struct states_view *view);

#endif
