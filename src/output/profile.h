/* SPDX-License-Identifier: MIT */
/* profile.h - what formats share that sum calls up by path (sums/paths.h) and write all of it at the end. */
#ifndef GOFUNCGRAPH_OUTPUT_PROFILE_H
#define GOFUNCGRAPH_OUTPUT_PROFILE_H

#include "output/format.h"
#include "sums/paths.h"

/* For struct format; out->data is a struct paths. */
struct error *profile_begin(struct output *out);
/* The same; by_goroutine: as in paths_new(). */
struct error *profile_begin_by(struct output *out, bool by_goroutine);
void profile_entry(struct output *out, const struct tree *tree, const struct call *call);
void profile_call(struct output *out, const struct tree *tree, const struct call *call);
void profile_free(struct output *out);

/* Own time of a path, by what it was spent on: "running" first, then whatever else it was, none of them 0. */
void profile_visit_spent(struct output *out, const struct path *path,
			 void (*visit)(void *context, const char *state, uint64_t ns),
			 void *context);

/* What the function is called, as people read it. */
const char *profile_function(const struct path *path);

#endif
