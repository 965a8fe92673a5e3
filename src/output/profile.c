/* SPDX-License-Identifier: MIT */
#include "output/profile.h"

#include <errno.h>

#include "output/amounts.h"

struct error *profile_begin(struct output *out)
{
	return profile_begin_by(out, false);
}

struct error *profile_begin_by(struct output *out, bool by_goroutine)
{
	struct paths *paths;
	struct error *err = paths_new(by_goroutine, &paths);

	out->data = paths;
	return err;
}

void profile_free(struct output *out)
{
	paths_free(out->data);
}

/* Sums that lack calls would be wrong: the tool ends. */
static void check(struct output *out, bool is_complete)
{
	if (!is_complete && !out->writer.errnum)
		out->writer.errnum = ENOMEM;
}

void profile_entry(struct output *out, const struct tree *tree, const struct call *call)
{
	check(out, paths_call_began(out->data, output_entry(out, call), tree, call));
}

void profile_call(struct output *out, const struct tree *tree, const struct call *call)
{
	check(out, paths_call_ended(out->data, output_entry(out, call), tree, call));
}

void profile_visit_spent(struct output *out, const struct path *path,
			 void (*visit)(void *context, const char *state, uint64_t ns),
			 void *context)
{
	uint64_t run_ns = path->self_ns;

	for (size_t i = 0; i < path->self.num_parts; i++)
		run_ns -= path->self.parts[i].ns < run_ns ? path->self.parts[i].ns : run_ns;
	if (run_ns || !path->self_ns)
		visit(context, "running", run_ns);
	for (size_t i = 0; i < path->self.num_parts; i++) {
		const struct part *part = &path->self.parts[i];

		if (part->ns)
			visit(context,
			      amount_name(out->names, part->state, part->reason, "unknown"),
			      part->ns);
	}
}

const char *profile_function(const struct path *path)
{
	if (path->depth > PATHS_MAX_DEPTH)
		return "(deeper calls)";
	return path->entry.function ? path->entry.function->text : "?";
}
