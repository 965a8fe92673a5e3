/* SPDX-License-Identifier: MIT */
/*
 * compare.h - two recordings of one program: which functions became slower, and in what kind of time.
 *
 * A function is said to have become slower if what it takes of its own time in a tree (tree_times.h)
 * - ranks higher than before, by a Mann-Whitney U test that is corrected for as many functions as are compared:
 *   p below COMPARE_MAX_P,
 * - mostly: two trees of before and of now, taken at random, differ that way with a probability of at least
 *   COMPARE_MIN_SUPERIORITY,
 * - and by enough: its mean grows by COMPARE_MIN_GROWTH of itself, and by COMPARE_MIN_SHARE of what a tree takes.
 * The same the other way round is faster.
 */
#ifndef COMPARE_COMPARE_H
#define COMPARE_COMPARE_H

#include "base/error.h"
#include "base/terminal.h"
#include "compare/tree_times.h"
#include "output/writer.h"

#define COMPARE_MIN_TREES       10 /* on each side; with fewer nothing is said */
#define COMPARE_MAX_P           0.001
#define COMPARE_MIN_SUPERIORITY 0.64
#define COMPARE_MIN_GROWTH      0.05
#define COMPARE_MIN_SHARE       0.01

/* In the order in which they are told. */
enum compare_verdict {
	COMPARE_SLOWER,
	COMPARE_FASTER,
	COMPARE_ALIKE, /* or nobody can tell */
	COMPARE_TOO_FEW, /* trees */
};

/* One side of it. */
struct compared_side {
	const struct times_row *row; /* NULL: there are no calls of it */
	uint64_t num_trees; /* that begin with its root */
	struct histogram own; /* as row->own, with 0 of trees that it was not called in */
	double own_ns; /* mean of that */
	double tree_ns; /* the same of the whole tree */
};

struct compared {
	const char *root, *function; /* of a row of either side */
	struct compared_side old, new;
	enum compare_verdict verdict;
	double p, superiority;
};

/* How much more of its own time it takes in a tree, ns. */
static inline double compared_growth_ns(const struct compared *one)
{
	return one->new.own_ns - one->old.own_ns;
}

struct comparison {
	const struct tree_times *old, *new; /* not owned */
	struct compared *rows; /* by verdict, then the largest change first, then by name */
	size_t count;
	size_t num_verdicts[COMPARE_TOO_FEW + 1];
	size_t num_roots;
};

struct error *compare(const struct tree_times *old, const struct tree_times *new,
		      struct comparison *comparison);
void comparison_destroy(struct comparison *comparison);

/* One kind of time of a function, mean of its trees. */
struct compared_kind {
	const char *name;
	double old_ns, new_ns;
};

/* How many there are, at most `max`: those that grew most first. 0 also if it is not known of both sides. */
size_t compare_kinds(const struct compared *one, struct compared_kind *kinds, size_t max);

void comparison_text(const struct comparison *comparison, struct writer *writer, bool has_color);
void comparison_json(const struct comparison *comparison, struct writer *writer);

#endif
