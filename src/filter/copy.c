/* SPDX-License-Identifier: MIT */
/* copy.c - copies of trees; see copy.h. Recursive: the calltree bounds how deep trees nest. */
#include "filter/copy.h"

#include <stdlib.h>
#include <string.h>

/* False: out of memory; `*items` is NULL then, as it is where there are none. */
static bool copy_array(void *items, uint32_t count, size_t size)
{
	void **array = items, *copy = count ? malloc(count * size) : NULL;

	if (copy)
		memcpy(copy, *array, count * size);
	*array = copy;
	return copy || !count;
}

static bool copy_captured(struct captured **captured)
{
	return copy_array(captured, *captured != NULL, *captured ? captured_size(*captured) : 0);
}

/* What all calls own, the calls being a copy already. */
static bool copy_owned(struct tree *copy)
{
	bool is_complete = true;

	for (uint32_t i = 0; i < copy->num_calls; i++) {
		struct call *call = &copy->calls[i];

		call->waits = NULL;
		call->num_waits = 0;
		is_complete &= copy_captured(&call->captured);
		is_complete &= copy_captured(&call->results);
		is_complete &= copy_array(&call->parts, call->num_parts, sizeof(*call->parts));
	}
	return is_complete;
}

static bool copy_started(struct tree *copy)
{
	bool is_complete = true;

	for (uint32_t i = 0; i < copy->num_starts; i++) {
		struct start *start = &copy->starts[i];

		if (!start->tree)
			continue;
		start->tree = tree_copy(start->tree);
		is_complete &= start->tree != NULL;
	}
	return is_complete;
}

struct tree *tree_copy(const struct tree *tree)
{
	struct tree *copy = malloc(sizeof(*copy));
	bool is_complete;

	if (!copy)
		return NULL;
	*copy = *tree;
	is_complete =
		copy_array(&copy->calls, copy->num_calls, sizeof(*copy->calls)) && copy_owned(copy);
	is_complete &= copy_array(&copy->steps, copy->num_steps, sizeof(*copy->steps));
	is_complete &= copy_array(&copy->waits, copy->num_waits, sizeof(*copy->waits));
	is_complete &= copy_array(&copy->starts, copy->num_starts, sizeof(*copy->starts)) &&
		       copy_started(copy);
	if (is_complete)
		return copy;
	tree_free(copy);
	return NULL;
}

void tree_free(struct tree *copy)
{
	if (!copy)
		return;
	for (uint32_t i = 0; copy->calls && i < copy->num_calls; i++) {
		free(copy->calls[i].parts);
		free(copy->calls[i].captured);
		free(copy->calls[i].results);
	}
	for (uint32_t i = 0; copy->starts && i < copy->num_starts; i++)
		tree_free(copy->starts[i].tree);
	free(copy->calls);
	free(copy->steps);
	free(copy->waits);
	free(copy->starts);
	free(copy);
}

size_t tree_bytes(const struct tree *tree)
{
	size_t bytes = sizeof(*tree) + tree->num_calls * sizeof(*tree->calls) +
		       tree->num_steps * sizeof(*tree->steps) +
		       tree->num_waits * sizeof(*tree->waits) +
		       tree->num_starts * sizeof(*tree->starts);

	for (uint32_t i = 0; i < tree->num_calls; i++) {
		const struct call *call = &tree->calls[i];

		bytes += call->num_parts * sizeof(struct part);
		bytes += call->captured ? captured_size(call->captured) : 0;
		bytes += call->results ? captured_size(call->results) : 0;
	}
	for (uint32_t i = 0; i < tree->num_starts; i++)
		if (tree->starts[i].tree)
			bytes += tree_bytes(tree->starts[i].tree);
	return bytes;
}
