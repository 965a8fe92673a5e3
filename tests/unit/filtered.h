/* SPDX-License-Identifier: MIT */
/*
 * filtered.h - for tests: a filter between call trees and the text of calltree_text.h. Times are small, so that a tree
 * that comes in parts is one of 10 s.
 */
#ifndef GOFUNCGRAPH_FILTERED_H
#define GOFUNCGRAPH_FILTERED_H

#include "calltree_text.h"

#include "gofuncgraph/filter.h"

#define SECOND 1000000000ull

struct filtered {
	struct fixture f; /* what comes out of the filter */
	struct filter *filter;
};

static inline void on_part(void *context, const struct tree *tree)
{
	struct fixture *f = context;

	if (tree->num_steps > 1000)
		return;
	add(f, "#%u ", tree->part);
	add_tree(f, tree);
	if (tree->left_out)
		add(f, " -%llu", (unsigned long long)tree->left_out);
	add(f, "~|");
}

/* What comes behind it gets calls, if `by_call`, or whole trees and parts. */
static inline struct filtered *filtered_start(const struct filter_options *options, bool by_call)
{
	struct filtered *one = calloc(1, sizeof(*one));
	struct calltree_sink next = {.context = &one->f,
				     .call_ended = by_call ? on_call_ended : NULL,
				     .tree_ended = on_tree_ended,
				     .tree_settled = on_part,
				     .func_of_site = func_of_site,
				     .states = true,
				     .min_wait_ns = 10};

	assert_non_null(one);
	assert_true(filter_is_needed(options));
	assert_null(filter_new(options, &next, &one->filter));
	struct calltree_sink sink = filter_sink(one->filter);
	assert_null(calltree_new(&sink, &one->f.trees));
	return one;
}

static inline void filtered_stop(struct filtered *one)
{
	assert_null(filter_take_error(one->filter));
	calltree_free(one->f.trees);
	filter_free(one->filter);
	free(one);
}

#endif
