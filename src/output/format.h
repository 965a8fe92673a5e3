/* SPDX-License-Identifier: MIT */
/*
 * format.h - what the formats share: one file a format behind one table of functions. A new format
 * is a file with a `struct format` and a line in format_list.h.
 *
 * begin() - what it has functions for, as it happens - end() - free(). A binary that is overwritten
 * while it is traced ends the output, and begins another one in the same place. After an error no
 * end() comes, only free().
 *
 * Formats write through out->writer, which keeps the first error. One whose target is a folder or a URL
 * opens out->options.path in begin(), and one that is rewritten replaces the file of that name; there is no
 * out->options.file then, and errors are in out->writer.errnum, or flush() is asked for them.
 */
#ifndef GOFUNCGRAPH_OUTPUT_FORMAT_H
#define GOFUNCGRAPH_OUTPUT_FORMAT_H

#include "base/hash.h"
#include "gofuncgraph/output.h"
#include "output/writer.h"

/* What -o has to name. */
enum format_target {
	FORMAT_TO_STREAM, /* a file, a pipe or a terminal: also without -o */
	FORMAT_TO_FILE, /* bytes that nobody reads on a terminal */
	FORMAT_TO_FOLDER,
	FORMAT_TO_URL,
};

/* What a format needs is what it has functions for: nothing else is collected and handed on. Each
 * may be NULL. */
struct format {
	const char *prints; /* "the trees", for messages */
	enum format_target target;
	/* In which --summary is written; NULL: it cannot be. */
	const struct format *summary;
	/* In which --live is written; NULL: it cannot be. */
	const struct format *live;
	/* out->options.about says what it is about, out->names what sites and addresses are. */
	struct error *(*begin)(struct output *out);
	/* Each record, before what it means is handed on. */
	void (*hear)(struct output *out, const struct record *record);
	/* Each as it begins: when, how deep, from where, and at which site it was entered. */
	void (*entry)(struct output *out, const struct tree *tree, const struct call *call);
	/* Each as it ends. */
	void (*call)(struct output *out, const struct tree *tree, const struct call *call);
	/* Each wait of a call, as it ends; the call may still be open. Without this, calls have
	 * them when they end. */
	void (*wait)(struct output *out, const struct tree *tree, const struct call *call,
		     const struct wait *wait);
	/* Records of an open tree were lost. */
	void (*lost)(struct output *out, const struct tree *tree, const struct loss *loss);
	/* Whole, or its last part, with all its calls. */
	void (*tree)(struct output *out, const struct tree *tree);
	void (*part)(struct output *out, const struct tree *tree); /* of an open one */
	void (*change)(struct output *out, const struct state_change *change);
	/* Sums of states: a table begins, and its rows. */
	void (*table)(struct output *out, const struct state_table *table);
	void (*row)(struct output *out, const struct state_row *row);
	/* What hunt found out about a target, at the end; a call that is stuck, at once. */
	void (*hunt)(struct output *out, const struct hunt_report *report);
	void (*stuck)(struct output *out, const struct hunt_stuck *stuck);
	/* How often it is written anew, unless --interval says so; 0: what is written stays. */
	uint64_t rewritten_ns;
	bool is_document; /* see format_is_document() */
	bool full_stacks; /* see format_wants_full_stacks() */
	bool by_goroutine; /* see format_wants_goroutines() */
	size_t num_slowest; /* see format_num_slowest() */
	/* Now and then, by the clock of records: what ended before has been told. */
	void (*tick)(struct output *out, uint64_t now_ns);
	void (*end)(struct output *out, const struct output_totals *totals);
	/* See output_count_sent(). */
	void (*count_sent)(const struct output *out, struct output_sent *sent);
	/* See output_flush(); of a format that does not write to a file. */
	struct error *(*flush)(struct output *out, int *errnum);
	void (*free)(struct output *out); /* `data`; also after a begin() that failed */
};

/* Those that formats of trees name as their `summary` and as their `live`. */
extern const struct format format_summary_text, format_summary_json;
extern const struct format format_live_text, format_live_json;
/* What people read of hunt. */
extern const struct format format_hunt_text;

struct output {
	const struct format *format;
	struct output_options options;
	struct names *names; /* those of the options */
	void *data; /* the format's own */
	/* Trees that were written while there is a limit: their other parts, and the trees of
	 * goroutines that they started, go with them. */
	struct hash written;
	uint64_t num_trees;
	uint32_t last_pid; /* see process_lines.h; 0: none yet */
	bool names_processes;
	uint64_t num_left_out; /* functions that the limit of the last summary left out */
	struct writer writer;
};

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

/* "gofuncgraph-c -u 'main.*' ./server", escaped; the caller frees it. NULL: out of memory. */
char *output_command(const struct output *out);

/* Where a call was entered. */
static inline const struct place *call_entry(struct names *names, const struct call *call)
{
	if (call->entry_site == CALLTREE_NO_SITE)
		return names_start(names, call->start_va);
	return names_site(names, call->entry_site);
}

static inline const struct place *output_entry(const struct output *out, const struct call *call)
{
	return call_entry(out->names, call);
}

#endif
