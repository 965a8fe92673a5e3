/* SPDX-License-Identifier: MIT */
/*
 * choose.h - patterns to functions.
 */
#ifndef PROBE_CHOOSE_H
#define PROBE_CHOOSE_H

#include "gofuncgraph/probe.h"
#include "probe/pattern.h"

/* The patterns of one option, in the user's order. */
struct pattern_list {
	struct pattern *items;
	size_t count;
	bool include_vendor;
	size_t num_vendored; /* matches left out since they are vendored */
	size_t num_matched;  /* functions that any GLOB matched, also when a !GLOB took them out */
};

struct error *pattern_list_prepare(char **texts, size_t count, bool include_vendor,
				   struct pattern_list *list);
void pattern_list_release(struct pattern_list *list);

/* True when the last pattern that matches the name, or an alias (gobin_func.aliases), puts it in.
 * Counts matches. */
bool pattern_list_try(struct pattern_list *list, const char *name, const char *typed,
		      const char *const *aliases);

struct chosen_func {
	const struct gobin_func *func;
	bool target;
};

struct chosen {
	struct chosen_func *items; /* by rising va */
	size_t count;
};

/* Errors: nothing matched; with suggestions. */
struct error *choose_functions(struct gobin *bin, const struct selection *selection,
			       struct chosen *chosen);
void chosen_release(struct chosen *chosen);

#endif
