/* SPDX-License-Identifier: MIT */
/* tree.c - the wall time of slow calls as one tree: functions by who called them, at the leaves the kind. */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "hunt/analysis.h"

/* Time of further ones stays with the function above. */
#define MAX_NODES 65536
/* Beyond that, further leaves are not of one goroutine each. */
#define MAX_NODES_BY_GOROUTINE (MAX_NODES / 2)

struct tree_node {
	struct hash_key key; /* parent and function; line, or kind of a leaf */
	struct hunt_frame frame;
	const char *kind; /* of a leaf */
	enum hunt_kind kind_of; /* the same */
	uint64_t goid; /* the same; 0: of any */
	double ns, times; /* with the weights of the calls */
	double line_ns; /* of the piece that the line is of */
	struct tree_node *first_child, *next_sibling;
};

struct tree {
	struct hash by_key;
	struct tree_node **nodes;
	size_t count, capacity;
	struct tree_node root; /* of nothing */
};

static struct tree_node *add_node(struct tree *tree, struct tree_node *parent, struct hash_key key)
{
	struct tree_node *node;

	if (!array_reserve(&tree->nodes, &tree->capacity, tree->count + 1, sizeof(*tree->nodes)))
		return NULL;
	node = calloc(1, sizeof(*node));
	if (!node)
		return NULL;
	node->key = key;
	if (!hash_add(&tree->by_key, &node->key)) {
		free(node);
		return NULL;
	}
	tree->nodes[tree->count++] = node;
	node->next_sibling = parent->first_child;
	parent->first_child = node;
	return node;
}

/* Which number a node has: its address, as there are no others of that. */
static struct hash_key key_below(const struct tree_node *parent, uint32_t number, uint64_t rest)
{
	return (struct hash_key){.first = (uint64_t)(uintptr_t)parent,
				 .second = rest << 32 | number};
}

static uint32_t number_of(const struct place *place)
{
	const struct name *name = place->function ?: place->module;

	return name ? name->number : 0;
}

/* *node becomes the one below it. has_line: one for each line. False: out of memory. */
static bool go_down(struct tree *tree, struct tree_node **node, const struct hunt_frame *frame,
		    bool has_line, double ns)
{
	struct hash_key key =
		key_below(*node, number_of(&frame->place), has_line ? frame->place.line : 0);
	struct tree_node *below = hash_find(&tree->by_key, key);

	if (!below && tree->count >= MAX_NODES)
		return true;
	if (!below) {
		below = add_node(tree, *node, key);
		if (!below)
			return false;
		below->frame = *frame;
	}
	if (ns > below->line_ns) {
		below->frame.place.line = frame->place.line;
		below->line_ns = ns;
	}
	below->ns += ns;
	*node = below;
	return true;
}

/* Texts of kinds have one place each. */
static struct hash_key key_of_leaf(const struct tree_node *node, const char *kind, uint64_t goid)
{
	uint64_t salt = goid ? hash_mix(goid) : 0;

	return (struct hash_key){.first = (uint64_t)(uintptr_t)node,
				 .second = ((uint64_t)(uintptr_t)kind ^ salt) | 1ull << 63};
}

/* `told`: kind, kind_of, goid. */
static bool add_leaf(struct tree *tree, struct tree_node *node, struct hunt_node told, double ns,
		     double times)
{
	struct hash_key key = key_of_leaf(node, told.kind, told.goid);
	struct tree_node *leaf = hash_find(&tree->by_key, key);

	if (!leaf && told.goid && tree->count >= MAX_NODES_BY_GOROUTINE) {
		told.goid = 0;
		return add_leaf(tree, node, told, ns, times);
	}
	if (!leaf && tree->count >= MAX_NODES)
		return true;
	leaf = leaf ?: add_node(tree, node, key);
	if (!leaf)
		return false;
	leaf->kind = told.kind;
	leaf->kind_of = told.kind_of;
	leaf->goid = told.goid;
	leaf->ns += ns;
	leaf->times += times;
	return true;
}

/* Of the frames of a stack, the innermost first: those that get nodes. Sets their `is_hidden` else. */
static void choose_frames(struct hunt_frame *frames, size_t count, bool full_stacks)
{
	bool has_own = false, is_below_library = false;

	for (size_t i = 0; i < count; i++)
		has_own = has_own || frames[i].is_own;
	if (full_stacks || !has_own)
		return;
	/* Of Go's library, what is called by something else. */
	for (size_t i = count; i-- > 0;) {
		if (frames[i].is_hidden)
			continue;
		frames[i].is_hidden = is_below_library && !frames[i].is_own;
		is_below_library = !frames[i].is_own;
	}
}

static bool add_piece(struct tree *tree, const struct analysis *analysis, const struct piece *piece,
		      const struct looked_at *of)
{
	struct sites *sites = analysis->sites;
	double scale = analysis_scaled(piece, analysis->slow_scale);
	bool is_sampled = piece->flags & PIECE_SAMPLED;
	const struct stack_site *site = sites_find(sites, piece->stack, is_sampled);
	enum hunt_kind kind = sites_kind(sites, piece, site);
	int32_t detail = sites_detail(kind, piece, site);
	size_t count = sites_frames(sites, piece->stack, is_sampled), innermost = 0;
	struct tree_node *node = &tree->root;
	double ns = (double)piece->ns * of->weight * scale;

	if (!scale)
		return true;
	choose_frames(sites->frames, count, analysis->full_stacks);
	tree->root.ns += ns;
	while (innermost < count && sites->frames[innermost].is_hidden)
		innermost++;
	for (size_t i = count; i-- > innermost;) {
		const struct hunt_frame *frame = &sites->frames[i];

		if (frame->is_hidden)
			continue;
		/* Code that runs is on a different line in each sample; what it calls is not. Lines of
		 * the library tell its user nothing. */
		if (!go_down(tree, &node, frame, frame->is_own && (i > 0 || !is_sampled), ns))
			return false;
	}
	return add_leaf(tree, node,
			(struct hunt_node){
				.kind = sites_kind_name(sites, kind, detail),
				.kind_of = kind,
				.goid = analysis->by_goroutine ? of->call->goroutine.first : 0,
			},
			ns, (double)piece->count * of->weight);
}

/* ---- in order ---- */

static int compare(const void *one, const void *other)
{
	const struct tree_node *a = *(struct tree_node *const *)one;
	const struct tree_node *b = *(struct tree_node *const *)other;

	if (a->ns != b->ns)
		return a->ns > b->ns ? -1 : 1;
	/* Keys of leaves are not the same in each run. */
	if (a->kind && b->kind && strcmp(a->kind, b->kind) != 0)
		return strcmp(a->kind, b->kind);
	if (a->kind && b->kind)
		return a->goid < b->goid ? -1 : 1;
	return a->key.second < b->key.second ? -1 : 1;
}

static bool emit(const struct tree_node *parent, double weight, double total_ns, unsigned depth,
		 struct hunt_report *report)
{
	_cleanup_free_ struct tree_node **children = NULL;
	size_t count = 0;

	for (struct tree_node *child = parent->first_child; child; child = child->next_sibling)
		count++;
	children = calloc(count + 1, sizeof(struct tree_node *));
	if (!children)
		return false;
	count = 0;
	for (struct tree_node *child = parent->first_child; child; child = child->next_sibling)
		children[count++] = child;
	qsort(children, count, sizeof(struct tree_node *), compare);
	for (size_t i = 0; i < count; i++) {
		size_t at = report->num_nodes++;

		report->tree[at] = (struct hunt_node){
			.frame = children[i]->frame,
			.ns = (uint64_t)(children[i]->ns / weight),
			.all_ns = (uint64_t)(children[i]->ns + 0.5),
			.times = (uint64_t)(children[i]->times + 0.5),
			.share = total_ns > 0 ? children[i]->ns / total_ns : 0,
			.kind = children[i]->kind,
			.kind_of = children[i]->kind_of,
			.goid = children[i]->goid,
			.depth = depth,
		};
		if (!emit(children[i], weight, total_ns, depth + 1, report))
			return false;
		report->tree[at].end = report->num_nodes;
	}
	return true;
}

bool tree_make(const struct analysis *analysis, struct hunt_report *report)
{
	struct tree tree = {0};
	bool is_full = true;

	for (size_t i = 0; is_full && i < analysis->num_slow; i++) {
		const struct looked_at *one = &analysis->slow[i];

		for (size_t j = 0; is_full && j < one->call->pieces.count; j++) {
			struct piece parts[2];
			size_t count =
				sites_divide(analysis->sites, &one->call->pieces.items[j], parts);

			for (size_t k = 0; is_full && k < count; k++)
				is_full = add_piece(&tree, analysis, &parts[k], one);
		}
	}
	report->tree = calloc(tree.count + 1, sizeof(*report->tree));
	is_full = is_full && report->tree &&
		  emit(&tree.root, analysis->slow_weight, tree.root.ns, 0, report);
	for (size_t i = 0; i < tree.count; i++)
		free(tree.nodes[i]);
	free(tree.nodes);
	hash_clear(&tree.by_key);
	return is_full;
}
