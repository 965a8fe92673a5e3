/* SPDX-License-Identifier: MIT */
/* states_terminal.h - states and sums of them in lines that fit a terminal. */
#ifndef GOFUNCGRAPH_OUTPUT_STATES_TERMINAL_H
#define GOFUNCGRAPH_OUTPUT_STATES_TERMINAL_H

#include "output/format.h"
#include "output/line.h"
#include "output/states_shared.h"

/* The data of the format "text". */
struct states_text {
	bool is_terminal;
	bool has_header; /* one was written */
	bool has_pids; /* the last one of changes on a terminal */
	/* In rows, whose command lines follow at the end. */
	uint32_t *pids;
	size_t num_pids, pids_capacity;
	struct state_table table; /* that rows are of */
	struct line line; /* of a terminal */
};

void states_terminal_change(struct output *out, const struct state_change *change);
void states_terminal_table(struct output *out); /* its header */
void states_terminal_row(struct output *out, const struct state_row *row);

#endif
