/* SPDX-License-Identifier: MIT */
/*
 * hunt_folded.c - the wall time of slow calls as folded stacks, which flame graphs are made of: functions
 * from the target on with `;` in between, the kind of time in brackets, a space, nanoseconds of a call on
 * average.
 */
#include <string.h>

#include "output/format.h"
#include "output/place_text.h"

/* What would end a name there. */
static void put_name(struct writer *writer, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		writer_put(writer, text[i] == ';' ? ":" : &text[i], 1);
}

static void put_function(struct writer *writer, const struct place *place)
{
	const struct name *name = place->function ?: place->module;

	if (name)
		put_name(writer, name->text, name->len);
	else
		writer_put_place(writer, place);
}

/* Functions above the node, by depth. */
#define MAX_DEPTH 300

static void put_leaf(struct output *out, const struct hunt_report *report, const size_t *above,
		     const struct hunt_node *leaf)
{
	struct writer *writer = &out->writer;

	/* Time in no place that is known. */
	if (!leaf->depth)
		put_function(writer, &report->target);
	for (unsigned i = 0; i < leaf->depth && i < MAX_DEPTH; i++) {
		if (i)
			writer_puts(writer, ";");
		put_function(writer, &report->tree[above[i]].frame.place);
	}
	writer_puts(writer, ";[");
	put_name(writer, leaf->kind, strlen(leaf->kind));
	writer_puts(writer, "] ");
	writer_put_number(writer, leaf->ns);
	writer_puts(writer, "\n");
}

static void put_report(struct output *out, const struct hunt_report *report)
{
	size_t above[MAX_DEPTH];

	for (size_t i = 0; i < report->num_nodes; i++) {
		const struct hunt_node *node = &report->tree[i];

		if (node->kind && node->ns)
			put_leaf(out, report, above, node);
		else if (!node->kind && node->depth < MAX_DEPTH)
			above[node->depth] = i;
	}
}

const struct format format_hunt_folded = {
	.prints = "the stacks",
	.hunt = put_report,
	.full_stacks = true,
};
