/* SPDX-License-Identifier: MIT */
#include "probe/select/fragments.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/cleanup.h"

#define ROOT 0

/* A place in the tree of all fragments: what was read to come here is the beginning of some. */
struct node {
	uint32_t child; /* the first one; ROOT: none */
	uint32_t sibling; /* the next child of the same node */
	uint32_t shorter; /* where the longest proper end of what was read leads to */
	uint32_t ending; /* the nearest node by way of `shorter` at which an item's fragment ends */
	uint32_t item; /* the last one attached, plus one; 0: none */
	uint32_t uses;
	uint8_t byte; /* that leads here */
};

struct fragments {
	struct node *nodes;
	size_t num_nodes, capacity;
	bool begins[256]; /* some fragment begins with this byte */
	uint32_t *next_item; /* by item: the next one at the same node, plus one */
};

struct error *fragments_new(size_t num_items, struct fragments **out)
{
	struct fragments *fragments = calloc(1, sizeof(*fragments));

	*out = fragments;
	if (!fragments)
		return error_out_of_memory();
	fragments->next_item = calloc(num_items + 1, sizeof(*fragments->next_item));
	if (!fragments->next_item ||
	    !array_reserve(&fragments->nodes, &fragments->capacity, 1, sizeof(*fragments->nodes)))
		return error_out_of_memory();
	fragments->nodes[fragments->num_nodes++] = (struct node){0};
	return NULL;
}

void fragments_free(struct fragments *fragments)
{
	if (!fragments)
		return;
	free(fragments->nodes);
	free(fragments->next_item);
	free(fragments);
}

/* ROOT: there is none. */
static uint32_t find_child(const struct fragments *fragments, uint32_t node, uint8_t byte)
{
	uint32_t child = fragments->nodes[node].child;

	while (child != ROOT && fragments->nodes[child].byte != byte)
		child = fragments->nodes[child].sibling;
	return child;
}

static struct error *add_child(struct fragments *fragments, uint32_t node, uint8_t byte,
			       uint32_t *child)
{
	if (fragments->num_nodes == UINT32_MAX ||
	    !array_reserve(&fragments->nodes, &fragments->capacity, fragments->num_nodes + 1,
			   sizeof(*fragments->nodes)))
		return error_out_of_memory();
	if (node == ROOT)
		fragments->begins[byte] = true;
	*child = (uint32_t)fragments->num_nodes++;
	fragments->nodes[*child] =
		(struct node){.byte = byte, .sibling = fragments->nodes[node].child};
	fragments->nodes[node].child = *child;
	return NULL;
}

struct error *fragments_add(struct fragments *fragments, const char *text, size_t length)
{
	uint32_t node = ROOT;

	for (size_t i = 0; i < length; i++) {
		uint32_t child = find_child(fragments, node, (uint8_t)text[i]);

		if (child == ROOT) {
			struct error *err = add_child(fragments, node, (uint8_t)text[i], &child);

			if (err)
				return err;
		}
		node = child;
	}
	fragments->nodes[node].uses++;
	return NULL;
}

/* The node of what was added. */
static struct node *find_node(const struct fragments *fragments, const char *text, size_t length)
{
	uint32_t node = ROOT;

	for (size_t i = 0; i < length; i++)
		node = find_child(fragments, node, (uint8_t)text[i]);
	return &fragments->nodes[node];
}

size_t fragments_uses(const struct fragments *fragments, const char *text, size_t length)
{
	return find_node(fragments, text, length)->uses;
}

void fragments_attach(struct fragments *fragments, const char *text, size_t length, size_t item)
{
	struct node *node = find_node(fragments, text, length);

	fragments->next_item[item] = node->item;
	node->item = (uint32_t)item + 1;
}

/* Where the automaton is after one byte more. */
static uint32_t step(const struct fragments *fragments, uint32_t node, uint8_t byte)
{
	uint32_t child;

	while ((child = find_child(fragments, node, byte)) == ROOT && node != ROOT)
		node = fragments->nodes[node].shorter;
	return child;
}

static void link_child(struct fragments *fragments, uint32_t parent, uint32_t child)
{
	struct node *node = &fragments->nodes[child];
	const struct node *shorter;

	node->shorter = parent == ROOT
				? ROOT
				: step(fragments, fragments->nodes[parent].shorter, node->byte);
	shorter = &fragments->nodes[node->shorter];
	node->ending = shorter->item ? node->shorter : shorter->ending;
}

/* Level by level: what `shorter` leads to is nearer to the root. */
struct error *fragments_finish(struct fragments *fragments)
{
	_cleanup_free_ uint32_t *queue = calloc(fragments->num_nodes, sizeof(*queue));
	size_t num_queued = 1; /* the root */

	if (!queue)
		return error_out_of_memory();
	for (size_t i = 0; i < num_queued; i++) {
		uint32_t child = fragments->nodes[queue[i]].child;

		for (; child != ROOT; child = fragments->nodes[child].sibling) {
			link_child(fragments, queue[i], child);
			queue[num_queued++] = child;
		}
	}
	return NULL;
}

void fragments_find(const struct fragments *fragments, const char *text,
		    void (*visit)(void *context, size_t item), void *context)
{
	uint32_t node = ROOT;

	if (fragments->num_nodes == 1)
		return;
	for (; *text; text++) {
		/* Most bytes of most names: quickly over them. */
		if (node == ROOT && !fragments->begins[(uint8_t)*text])
			continue;
		node = step(fragments, node, (uint8_t)*text);
		for (uint32_t end = node; end != ROOT; end = fragments->nodes[end].ending) {
			uint32_t item = fragments->nodes[end].item;

			for (; item; item = fragments->next_item[item - 1])
				visit(context, item - 1);
		}
	}
}
