/* SPDX-License-Identifier: MIT */
/* path.c - which functions are between a target and what its slow calls spend their time on. */
#include <string.h>

#include "base/text.h"
#include "gofuncgraph/hunt_report.h"

/* More levels are not looked at. */
#define MAX_DEPTH 256

static bool is_runtime(const struct name *function)
{
	static const char *const packages[] = {"runtime.", "runtime/", "internal/runtime/"};

	for (size_t i = 0; function && i < sizeof(packages) / sizeof(packages[0]); i++)
		if (text_starts_with(function->text, packages[i]))
			return true;
	return false;
}

static bool is_same(const struct name *one, const struct name *other)
{
	return one && other && one->number == other->number;
}

static bool has(const struct hunt_path *path, const struct name *name)
{
	for (size_t i = 0; i < path->count; i++)
		if (is_same(path->funcs[i].function ?: path->funcs[i].module, name))
			return true;
	return false;
}

/* `host`: the function that has the code of what was inlined. */
static void add(struct hunt_path *path, const struct place *place, const struct name *host)
{
	const struct name *name = place->function ?: place->module;

	if (!name || path->count == HUNT_MAX_PATH || has(path, name))
		return;
	path->funcs[path->count++] = (struct hunt_path_func){
		.function = place->function,
		.module = place->function ? NULL : place->module,
		.va = place->va,
		.into = place->va ? NULL : host,
		.is_runtime = is_runtime(place->function),
	};
}

/* Adds either those that have code of their own there, or those that were inlined. */
static void add_all(const struct hunt_report *report, bool inlined, struct hunt_path *path)
{
	const struct name *hosts[MAX_DEPTH + 1] = {NULL}; /* of what is at each depth */

	for (size_t i = 0; i < report->num_nodes; i++) {
		const struct hunt_node *node = &report->tree[i];
		const struct place *place = &node->frame.place;

		if (node->kind || node->depth >= MAX_DEPTH)
			continue;
		hosts[node->depth + 1] = place->va ? place->function : hosts[node->depth];
		if (node->share >= HUNT_PATH_SHARE &&
		    !is_same(place->function, report->target.function) &&
		    (place->va == 0) == inlined)
			add(path, place, hosts[node->depth]);
	}
}

void hunt_path(const struct hunt_report *report, struct hunt_path *path)
{
	path->count = 0;
	add_all(report, false, path);
	add_all(report, true, path);
}
