/* SPDX-License-Identifier: MIT */
/*
 * graph_content.h - what a line of a call tree tells on a terminal, and how that is made to fit.
 *
 * The columns are those of a file (graph_file.c), but where the time went stands before the place. Of a
 * line that is too wide, what matters least is left out.
 */
#ifndef GOFUNCGRAPH_GRAPH_CONTENT_H
#define GOFUNCGRAPH_GRAPH_CONTENT_H

#include "output/amounts.h"
#include "output/graph.h"

struct content {
	uint64_t time_ns, duration_ns;
	size_t depth;
	bool has_time, has_duration, has_function, has_parts, has_place;
	bool is_slowest, is_mostly_probes;
	char mark; /* of a long call; 0: none */
	bool is_own_place; /* the place is in the function itself */
	bool is_frame; /* the same, and of no interest is the offset */
	const char *before; /* "} " */
	struct place function;
	/* Calls whose values stand between brackets, and whose tree's labels and whose results stand
	 * behind `behind`; NULL: none. */
	const struct call *values_of, *labels_of, *results_of;
	const char *behind; /* ") {" */
	char note[96]; /* " [goroutine 41]" */
	const char *before_place;
	struct place place;
	struct amount amounts[MAX_AMOUNTS + 1]; /* of a call's time, the largest first */
	size_t num_amounts;
};

/* Writes the line, with as much of it as there is room for. */
void content_write(struct output *out, const struct content *content);

/* Dashes up to the column of calls, which stays free for them; fewer, where the text has no room
 * behind that. */
void content_write_change(struct output *out, const char *text);

#endif
