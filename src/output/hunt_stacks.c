/* SPDX-License-Identifier: MIT */
#include "output/hunt_stacks.h"

#include <inttypes.h>

void hunt_stacks_visit(const struct hunt_report *report,
		       void (*visit)(void *context, const struct hunt_stack *stack), void *context)
{
	struct hunt_stack stack;

	for (size_t i = 0; i < report->num_nodes; i++) {
		const struct hunt_node *node = &report->tree[i];

		if (!node->kind && node->depth < HUNT_STACKS_MAX_DEPTH)
			stack.frames[node->depth] = &node->frame.place;
		if (!node->kind || !node->all_ns)
			continue;
		stack.leaf = node;
		stack.count =
			node->depth < HUNT_STACKS_MAX_DEPTH ? node->depth : HUNT_STACKS_MAX_DEPTH;
		/* Time in no place that is known. */
		if (!stack.count)
			stack.frames[stack.count++] = &report->target;
		visit(context, &stack);
	}
}

const char *hunt_frame_name(const struct place *frame, char room[HUNT_FRAME_SIZE])
{
	const struct name *name = frame->function ?: frame->module;

	if (name)
		return name->text;
	if (!frame->va)
		return "?";
	snprintf(room, HUNT_FRAME_SIZE, "0x%" PRIx64, frame->va);
	return room;
}
