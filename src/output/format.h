/* SPDX-License-Identifier: MIT */
/*
 * format.h - what the formats share: one file a format behind one table of functions. A new format
 * is a file with a `struct format` and a line in format_list.h.
 */
#ifndef GOFUNCGRAPH_OUTPUT_FORMAT_H
#define GOFUNCGRAPH_OUTPUT_FORMAT_H

#include "base/hash.h"
#include "gofuncgraph/output.h"
#include "output/writer.h"

/* What a format needs is what it has functions for: nothing else is collected and handed on. Each
 * may be NULL. */
struct format {
	const char *prints; /* "the trees", for messages */
	struct error *(*begin)(struct output *out);
	/* Each as it begins, with its time, its caller and the site that it was entered at. */
	void (*entry)(struct output *out, const struct tree *tree, const struct call *call);
	/* Each as it ends. */
	void (*call)(struct output *out, const struct tree *tree, const struct call *call);
	/* Whole, or its last part, with all its calls. */
	void (*tree)(struct output *out, const struct tree *tree);
	void (*part)(struct output *out, const struct tree *tree); /* of an open one */
	void (*change)(struct output *out, const struct state_change *change);
	/* Totals: of all goroutines, then of all functions that they were started with. */
	void (*goroutine)(struct output *out, const struct state_goroutine *one);
	void (*function)(struct output *out, const struct state_goroutine *one);
	void (*end)(struct output *out);
};

struct output {
	const struct format *format;
	struct output_options options;
	struct names *names; /* those of the options */
	void *data; /* the format's own */
	/* Trees written by "graph", with a limit: their other parts and followed trees go with
	 * them. */
	struct hash written;
	uint64_t num_trees;
	struct writer writer;
};

extern const struct format format_graph, format_json, format_states_text, format_states_json;

/* True of a goroutine that was started inside a tree. */
static inline bool output_is_followed(const struct tree *tree)
{
	return tree->parent_goid || tree->parent_tree;
}

/* True of the call that such a goroutine begins with. */
static inline bool output_is_start(const struct tree *tree, const struct call *call)
{
	return output_is_followed(tree) && (call->entry_site == CALLTREE_NO_SITE || call->start_va);
}

/* Where a call was entered. */
static inline const struct place *output_entry(const struct output *out, const struct call *call)
{
	if (call->entry_site == CALLTREE_NO_SITE)
		return names_start(out->names, call->start_va);
	return names_site(out->names, call->entry_site);
}

#endif
