/* SPDX-License-Identifier: MIT */
/*
 * format.h - what the formats share: one file a format behind one table of functions. A new format
 * is a file with a `struct format` and a line in output.c.
 */
#ifndef GOFUNCGRAPH_OUTPUT_FORMAT_H
#define GOFUNCGRAPH_OUTPUT_FORMAT_H

#include "base/hash.h"
#include "gofuncgraph/output.h"
#include "output/writer.h"

struct format {
	const char *name;
	bool keep_calls; /* write_tree needs tree.calls and tree.steps */
	/* Each may be NULL. */
	struct error *(*init)(struct output *out);
	void (*destroy)(struct output *out);
	void (*write_call)(struct output *out, const struct tree *tree, const struct call *call);
	/* Whole, or its last part. */
	void (*write_tree)(struct output *out, const struct tree *tree);
	void (*write_part)(struct output *out, const struct tree *tree); /* of an open one */
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

extern const struct format format_graph;
extern const struct format format_json;

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
