/* SPDX-License-Identifier: MIT */
/*
 * hunt_folded.c - the wall time of slow calls as folded stacks, which flame graphs are made of: functions
 * from the target on with `;` in between, the kind of time in brackets, a space, nanoseconds of a call on
 * average.
 */
#include "output/hunt_stacks.h"
#include "output/place_text.h"

/* What would end a name there. */
static void put_name(struct writer *writer, const char *text)
{
	for (; *text; text++)
		writer_put(writer, *text == ';' ? ":" : text, 1);
}

static void put_stack(void *context, const struct hunt_stack *stack)
{
	struct writer *writer = context;
	char room[HUNT_FRAME_SIZE];

	if (!stack->leaf->ns)
		return;
	for (size_t i = 0; i < stack->count; i++) {
		put_name(writer, hunt_frame_name(stack->frames[i], room));
		writer_puts(writer, ";");
	}
	writer_puts(writer, "[");
	put_name(writer, stack->leaf->kind);
	writer_puts(writer, "] ");
	writer_put_number(writer, stack->leaf->ns);
	writer_puts(writer, "\n");
}

static void put_report(struct output *out, const struct hunt_report *report)
{
	hunt_stacks_visit(report, put_stack, &out->writer);
}

const struct format format_hunt_folded = {
	.prints = "the stacks",
	.hunt = put_report,
	.full_stacks = true,
};
