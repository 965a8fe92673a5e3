/* SPDX-License-Identifier: MIT */
/*
 * graph.h - the format "graph": graph.c walks a tree, and its lines are written in one of two ways, for
 * files and pipes (graph_file.c) and for a terminal (graph_terminal.c), where none is wider than that.
 */
#ifndef GOFUNCGRAPH_OUTPUT_GRAPH_H
#define GOFUNCGRAPH_OUTPUT_GRAPH_H

#include "base/text.h"
#include "output/format.h"
#include "output/line.h"

/* A tree, or one of a goroutine that was started in it. */
struct branch {
	const struct tree *tree;
	size_t depth; /* of its first call */
	bool is_nested;
};

/* One function a kind of line. */
struct graph_lines {
	void (*entry)(struct output *out, const struct branch *branch, const struct call *call,
		      bool again);
	void (*exit)(struct output *out, const struct branch *branch, const struct call *call);
	void (*leaf)(struct output *out, const struct branch *branch, const struct call *call);
	void (*folded)(struct output *out, const struct branch *branch, const struct call *call);
	void (*wait)(struct output *out, const struct branch *branch, const struct wait *wait);
	void (*start)(struct output *out, const struct branch *branch, const struct start *start);
	/* One of those that called the tree's first call. */
	void (*caller)(struct output *out, const struct place *frame);
	/* "(3 events lost in this tree)", without the brackets. */
	void (*note)(struct output *out, const struct branch *branch, const char *text);
	/* "-------- goroutine 17 => 20": lines of another goroutine follow. */
	void (*change)(struct output *out, const char *text);
};

extern const struct graph_lines graph_lines_of_file, graph_lines_of_terminal;

/* What is before each line of a goroutine when several go on at once: "    34) ". */
struct prefix {
	char text[64];
	size_t len; /* bytes and columns; 0: there is none */
	const char *style; /* on a terminal with colours; NULL: none */
};

/* What the format keeps. */
struct graph {
	const struct graph_lines *lines;
	enum caller_style caller; /* not CALLER_AUTO */
	/* The last second that was written, since to ask for local time is slow: when it began, and
	 * "18 15:48:05.000000"; empty: none yet. */
	uint64_t second_ns;
	char second[TEXT_TIME_SIZE];
	size_t width; /* of the terminal, asked for each tree; 0: unknown */
	struct line line; /* of the terminal */
	struct prefix prefix;
	/* Of the tree that is written, with colours: its first call's time, by whose share lines are
	 * coloured (0: none is), and the calls that are emphasised (see slowest.h; NULL: none). */
	bool has_color;
	uint64_t root_ns;
	const struct tree *tree;
	bool *slowest;
	/* What all trees lack from then on is told at the first of them. */
	uint64_t told_off; /* of tree.num_off_before */
	bool told_states_off;
};

static inline struct graph *graph_of(const struct output *out)
{
	return out->data;
}

#define GRAPH_TIME_WIDTH (sizeof("18 15:48:05.000000") - 1)

/* Calls deeper than that are not indented further: a recursion of 20,000 calls would make nearly a
 * gigabyte of spaces. */
#define GRAPH_MAX_INDENT 500

/* Of the lines of this output, which are to be all 0 before. */
void graph_init(struct output *out, struct graph *graph);

/* The terminal may have become wider or narrower. */
void graph_ask_width(struct output *out);

/* Who called the tree's first call, the goroutine's first function above. */
void graph_write_stack(struct output *out, const struct tree *tree);

/* "(3 events lost)"; nothing when there are none. */
void graph_note_count(struct output *out, const struct branch *branch, uint64_t count,
		      const char *one, const char *many);

/* What a tree lacks since probes were off for a while, or functions lost theirs for good. What it shares with all that
 * come after it is told once. */
void graph_note_off(struct output *out, const struct branch *branch);

/* Day and time of a record, GRAPH_TIME_WIDTH bytes; returns their end. */
char *graph_put_time(struct output *out, char *to, uint64_t monotonic_ns);

/* text_format_duration(), of what is mostly the time of probes with "~" in it: "~00.000005". */
size_t graph_put_duration(char *to, uint64_t ns, bool is_mostly_probes);

/* What stands behind the function's name: " [panic]". NULL: the place that it was left at. */
const char *graph_end_mark(const struct call *call);

#endif
