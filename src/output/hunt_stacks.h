/* SPDX-License-Identifier: MIT */
/* hunt_stacks.h - the tree of hunt's report as stacks, for formats of flame graphs: each with a kind of time. */
#ifndef GOFUNCGRAPH_OUTPUT_HUNT_STACKS_H
#define GOFUNCGRAPH_OUTPUT_HUNT_STACKS_H

#include "output/format.h"

/* Of deeper stacks, the innermost functions are left out. */
#define HUNT_STACKS_MAX_DEPTH 300

struct hunt_stack {
	const struct place *frames[HUNT_STACKS_MAX_DEPTH]; /* the outermost first: at least one */
	size_t count;
	const struct hunt_node *leaf; /* what was done there */
};

/* Those that took some time, the largest first below each function. */
void hunt_stacks_visit(const struct hunt_report *report,
		       void (*visit)(void *context, const struct hunt_stack *stack), void *context);

/* What a frame is called; `room` may hold it. */
#define HUNT_FRAME_SIZE 24
const char *hunt_frame_name(const struct place *frame, char room[HUNT_FRAME_SIZE]);

#endif
