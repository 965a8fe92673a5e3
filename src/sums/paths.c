/* SPDX-License-Identifier: MIT */
/* paths.c - calls summed up by the path that leads to them; see paths.h. */
#include "sums/paths.h"

#include <stdlib.h>

#include "base/array.h"

struct open_call {
	struct hash_key key; /* number of the call, and of its tree */
	struct path *path;
};

struct paths {
	struct hash by_key; /* struct path */
	struct hash open; /* struct open_call */
	bool by_goroutine;
	struct hash goroutines; /* that are told apart */
	struct path **items; /* by number */
	size_t count, capacity;
	struct own own;
};

struct error *paths_new(bool by_goroutine, struct paths **out)
{
	struct paths *paths = *out = calloc(1, sizeof(*paths));

	if (!paths)
		return error_out_of_memory();
	paths->by_goroutine = by_goroutine;
	return NULL;
}

void paths_free(struct paths *paths)
{
	if (!paths)
		return;
	hash_free_items(&paths->open);
	hash_clear(&paths->by_key);
	hash_free_items(&paths->goroutines);
	for (size_t i = 0; i < paths->count; i++) {
		spent_destroy(&paths->items[i]->self);
		free(paths->items[i]);
	}
	free(paths->items);
	own_destroy(&paths->own);
	free(paths);
}

/* Whose path one is that begins a tree; 0: of any. */
static uint64_t goid_of(struct paths *paths, const struct tree *tree)
{
	const struct hash_key key = {.first = tree->goid};

	if (!paths->by_goroutine || !tree->goid)
		return 0;
	if (hash_find(&paths->goroutines, key))
		return tree->goid;
	return paths->goroutines.count < PATHS_MAX_GOROUTINES && hash_note(&paths->goroutines, key)
		       ? tree->goid
		       : 0;
}

static struct path *add_path(struct paths *paths, const struct path *path)
{
	struct path *added;

	if (!array_reserve(&paths->items, &paths->capacity, paths->count + 1,
			   sizeof(*paths->items)))
		return NULL;
	added = malloc(sizeof(*added));
	if (!added)
		return NULL;
	*added = *path;
	added->number = paths->count + 1;
	if (!hash_add(&paths->by_key, &added->key)) {
		free(added);
		return NULL;
	}
	paths->items[paths->count++] = added;
	return added;
}

static struct path *path_of_any(struct paths *paths, const struct path *path);

/* Below `parent`; NULL: a tree of that goroutine begins. NULL: out of memory. */
static struct path *find_path(struct paths *paths, const struct path *parent, uint64_t goid,
			      const struct place *entry)
{
	static const struct place nowhere;
	struct path path = {
		.goid = goid, .parent = parent, .depth = parent ? parent->depth + 1 : 1};
	struct path *found;

	if (path.depth > PATHS_MAX_DEPTH + 1)
		return paths->items[parent->number - 1];
	path.entry = path.depth > PATHS_MAX_DEPTH ? nowhere : *entry;
	/* There are not so many parents. */
	path.key.first = parent ? parent->number : goid | 1ull << 63;
	path.key.second = path.entry.function ? path.entry.function->number : 0;
	found = hash_find(&paths->by_key, path.key);
	if (!found && goid && paths->count >= PATHS_MAX_BY_GOROUTINE)
		return path_of_any(paths, &path);
	return found ?: add_path(paths, &path);
}

/* The same path, but of any goroutine. Who goes on from there asks for no parents again: they are of any, too. */
static struct path *path_of_any(struct paths *paths, const struct path *path)
{
	const struct path *parent = path->parent;

	if (parent && parent->goid) {
		parent = path_of_any(paths, parent);
		if (!parent)
			return NULL;
	}
	return find_path(paths, parent, 0, &path->entry);
}

/* `parent`: NULL: its tree begins with it, or nobody knows. */
static struct path *path_of_call(struct paths *paths, const struct path *parent,
				 const struct tree *tree, const struct place *entry)
{
	return find_path(paths, parent, parent ? parent->goid : goid_of(paths, tree), entry);
}

static struct open_call *find_open(const struct paths *paths, const struct tree *tree,
				   uint64_t call)
{
	return hash_find(&paths->open, (struct hash_key){call, tree->number});
}

bool paths_call_began(struct paths *paths, const struct place *entry, const struct tree *tree,
		      const struct call *call)
{
	const struct open_call *parent = call->parent ? find_open(paths, tree, call->parent) : NULL;
	struct path *path = path_of_call(paths, parent ? parent->path : NULL, tree, entry);
	struct open_call *open = path ? malloc(sizeof(*open)) : NULL;

	if (!open)
		return false;
	*open = (struct open_call){.key = {call->number, tree->number}, .path = path};
	if (hash_add(&paths->open, &open->key))
		return true;
	free(open);
	return false;
}

bool paths_call_ended(struct paths *paths, const struct place *entry, const struct tree *tree,
		      const struct call *call)
{
	struct open_call *open = find_open(paths, tree, call->number);
	struct path *path = open ? open->path : path_of_call(paths, NULL, tree, entry);

	if (open)
		hash_remove(&paths->open, &open->key);
	free(open);
	if (!path)
		return false;
	path->calls++;
	if (!call_time_is_unknown(call))
		path->self_ns += call->end_ns - call->start_ns - call->inner_ns;
	return own_call_ended(&paths->own, tree, call, &path->self);
}

size_t paths_count(const struct paths *paths)
{
	return paths->count;
}

const struct path *paths_at(const struct paths *paths, size_t index)
{
	return paths->items[index];
}
