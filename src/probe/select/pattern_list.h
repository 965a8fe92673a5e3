/* SPDX-License-Identifier: MIT */
/*
 * pattern_list.h - the patterns of one option, all of them tried on a name at once.
 *
 * A name costs about its length, and not one look for each pattern: names are looked up in a hash
 * table of the patterns' texts, and a wildcard is only tried where a fixed part of it is in the
 * name.
 */
#ifndef PROBE_PATTERN_LIST_H
#define PROBE_PATTERN_LIST_H

#include "probe/select/pattern.h"

struct pattern_list {
	struct pattern *items; /* in the user's order */
	size_t count;
	bool include_vendor;
	size_t num_vendored; /* matches left out since they are vendored */
	/* functions that any GLOB matched, also when a !GLOB took them out */
	size_t num_matched;
	size_t num_tried; /* wildcards that were tried on a name */
	size_t values; /* of the last pattern with values that matched the name tried last; 0: none */
	struct pattern_index *index; /* owned */
};

/* The texts must outlive the list. Only errors of memory; release it also after one. */
struct error *pattern_list_prepare(char **texts, size_t count, bool include_vendor,
				   struct pattern_list *list);
void pattern_list_release(struct pattern_list *list);

/*
 * A pattern that is this name, or an alias (gobin_func.aliases), as it stands means functions of that
 * name only: with "main.(*).Get" nobody wants a wildcard then. To be called for all names before any
 * is tried.
 */
void pattern_list_find_literal(struct pattern_list *list, const char *name, const char *typed,
			       const char *const *aliases);

/* True when the last pattern that matches the name, or an alias, puts it in. Counts matches. */
bool pattern_list_try(struct pattern_list *list, const char *name, const char *typed,
		      const char *const *aliases);

/* There is one without '!'. */
bool pattern_list_has_positive(const struct pattern_list *list);

#endif
