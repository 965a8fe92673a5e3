/* SPDX-License-Identifier: MIT */
/* family.c - families of trees; see family.h. */
#include "calltree/family.h"

#include <stdlib.h>
#include <utlist.h>

#include "calltree/captured.h"
#include "calltree/frames.h"
#include "calltree/parts.h"

void family_found(struct owner *owner)
{
	owner->root = owner;
}

static bool add_start(struct calltree *trees, struct owner *owner, const struct start *start)
{
	struct tree *tree = &owner->tree;

	if (!owner_reserve(&tree->starts, &owner->starts_capacity, tree->num_starts + 1,
			   sizeof(*tree->starts)) ||
	    !frames_reserve_steps(owner, 1)) {
		add_lost(tree, 1);
		return false;
	}
	tree->steps[tree->num_steps++] =
		(struct step){.index = (uint32_t)tree->num_starts, .type = STEP_START};
	tree->starts[tree->num_starts++] = *start;
	trees->total_starts++;
	return true;
}

/* The tree that it is inside of at last. */
static struct owner *find_root(struct owner *owner)
{
	while (owner->parent)
		owner = owner->parent;
	return owner;
}

/* Puts an open tree into the family of its parent. */
static void enter(struct owner *owner)
{
	owner->root = find_root(owner->parent);
	owner->generation = owner->parent->generation + 1;
	DL_APPEND(owner->root->members, owner);
}

static void be_alone(struct owner *owner)
{
	owner->parent = NULL;
	owner->root = owner;
	owner->generation = 0;
}

void family_join(struct calltree *trees, struct owner *parent, struct owner *child,
		 const struct record_go *go)
{
	struct start start = {.time_ns = parent->timeline.now_ns,
			      .goid = go->header.goid,
			      .start_va = go->origin.start_va,
			      .go_va = go->origin.go_va,
			      .depth = parent->num_frames ? (uint32_t)parent->num_frames - 1 : 0};

	child->tree.parent_tree = parent->tree.number;
	if (!trees->sink.keep_calls || parent->tree.num_starts >= CALLTREE_MAX_WAITS ||
	    trees->total_starts >= CALLTREE_MAX_TOTAL_WAITS || !add_start(trees, parent, &start) ||
	    parent->generation >= MAX_GENERATIONS)
		return;
	child->parent = parent;
	child->start = parent->tree.num_starts - 1;
	enter(child);
}

/* ---- ends ---- */

/* Frees what the calls own; `owner` has none but these when it is closed. */
static void free_call(struct calltree *trees, struct owner *owner, struct call *call)
{
	parts_free(trees, owner, call);
	captured_free(trees, owner, call);
	free(call->waits);
}

void family_drop_started(struct calltree *trees, struct owner *owner)
{
	struct tree *tree = &owner->tree;

	for (size_t i = 0; i < tree->num_starts; i++)
		if (tree->starts[i].tree)
			family_drop(trees, owner_of(tree->starts[i].tree));
	trees->total_starts -= tree->num_starts;
	tree->num_starts = 0;
}

/* No deeper than MAX_GENERATIONS calls. */
void family_drop(struct calltree *trees, struct owner *owner)
{
	struct tree *tree = &owner->tree;

	family_drop_started(trees, owner);
	for (size_t i = 0; i < owner->num_passing; i++)
		free_call(trees, owner, &owner->passing[i]);
	for (size_t i = 0; (owner->num_parts || owner->num_captured) && i < tree->num_calls; i++)
		free_call(trees, owner, &tree->calls[i]);
	trees->total_open -= owner->num_frames;
	trees->total_calls -= tree->num_calls;
	trees->total_waits -= owner->num_waits;
	table_recycle(&trees->table, owner);
}

void family_let_go(struct owner *owner)
{
	struct owner *members = owner->members, *member, *next;

	/* A parent comes before its children. */
	owner->members = NULL;
	DL_FOREACH_SAFE(members, member, next)
	{
		if (member->parent == owner || member->parent->has_ended)
			be_alone(member);
		else
			enter(member);
	}
}

/* Hands on an ended root with all that is inside it. */
static void hand_on(struct calltree *trees, struct owner *root)
{
	family_let_go(root);
	if (root->tree.part)
		root->tree.part++;
	if (trees->sink.tree_ended)
		trees->sink.tree_ended(trees->sink.context, &root->tree);
	family_drop(trees, root);
}

/* An ended root has waited for its members; one of them is a member no more. */
static void hand_on_if_complete(struct calltree *trees, struct owner *root)
{
	if (!root->has_ended || root->members)
		return;
	DL_DELETE(trees->lingering, root);
	hand_on(trees, root);
}

void family_end(struct calltree *trees, struct owner *owner)
{
	struct owner *root = owner->root;

	owner->has_ended = true;
	if (owner != root) {
		DL_DELETE(root->members, owner);
		owner->parent->tree.starts[owner->start].tree = &owner->tree;
		table_make_small(owner);
		hand_on_if_complete(trees, root);
	} else if (root->members) {
		table_make_small(root);
		DL_APPEND(trees->lingering, root);
	} else {
		hand_on(trees, root);
	}
}

void family_leave(struct calltree *trees, struct owner *owner)
{
	struct owner *root = owner->root, *members = root->members, *member, *next;

	if (owner == root)
		return;
	root->members = NULL;
	be_alone(owner);
	DL_FOREACH_SAFE(members, member, next)
	{
		if (member != owner)
			enter(member);
	}
	hand_on_if_complete(trees, root);
}

void family_tick(struct calltree *trees, uint64_t now_ns)
{
	struct owner *root, *next;

	DL_FOREACH_SAFE(trees->lingering, root, next)
	{
		if (now_ns < root->timeline.now_ns ||
		    now_ns - root->timeline.now_ns < CALLTREE_LINGER_NS)
			continue;
		DL_DELETE(trees->lingering, root);
		hand_on(trees, root);
	}
}
