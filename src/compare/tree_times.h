/* SPDX-License-Identifier: MIT */
/*
 * tree_times.h - how much of its own time each function takes in a tree of calls, tree by tree: what a recording
 * is compared by (compare.h). A pure state machine, fed with calls as they begin and as they end.
 *
 * A tree is one observation, since calls inside of one depend on each other; what a function takes in it grows
 * with its calls being slower and with there being more of them. Trees are told apart by the function that they
 * begin with, so that it does not matter how many there are of each. A tree whose calls may be missing (records
 * were lost) or that has not ended is left out.
 *
 * Calls of functions that are taken for untraced are handed up: their own time is that of their caller.
 */
#ifndef COMPARE_TREE_TIMES_H
#define COMPARE_TREE_TIMES_H

#include "base/hash.h"
#include "compare/untraced.h"
#include "names/names.h"
#include "sums/histogram.h"
#include "sums/own.h"

/* What time was spent on: "running", "no cpu", "sleep". */
struct times_kind {
	char *name;
	uint64_t ns;
};

/* A function in trees of one kind. */
struct times_row {
	struct hash_key key; /* of root and function */
	char *root; /* function that the trees begin with */
	char *function;
	uint64_t num_calls; /* that ended, in all trees */
	struct histogram durations; /* of those whose time is known */
	struct histogram own; /* ns of its own in each tree that it was called in */
	uint64_t trees_ns; /* of the root itself: how long those trees took */
	struct times_kind *kinds; /* what those were spent on */
	size_t num_kinds, capacity;
	bool lacks_states; /* of some: nothing is known of kinds */
	bool is_untraced; /* its calls are handed up, but for those that trees begin with */
};

struct tree_times {
	/* To be set first: those of both recordings; NULL: not known yet, and trees are left out from the first one
	 * on. Not owned. */
	const struct untraced *untraced;
	struct hash
		rows; /* struct times_row; that of the root itself has one of `own` for each tree */
	uint64_t num_left_out; /* trees */
	uint64_t num_taken_off; /* of those, trees in which the guard left out functions */
	/* Its own: */
	struct hash trees, calls; /* that are open */
	struct own own;
	struct hash handed; /* to calls that are open */
	struct hash numbered; /* rows by the numbers of names */
	struct names *names;
	bool has_states;
};

/* All zero: empty. Calls that follow have these names, which are to be there until the next ones; calls that
 * are open are forgotten. `has_states`: calls tell what they were spent on. */
void tree_times_begin(struct tree_times *times, struct names *names, bool has_states);
void tree_times_destroy(struct tree_times *times);

/* False: out of memory, and something is missing. */
bool tree_times_call_began(struct tree_times *times, const struct name *function,
			   const struct tree *tree, const struct call *call);
bool tree_times_call_ended(struct tree_times *times, const struct name *function,
			   const struct tree *tree, const struct call *call);

/* NULL: there is none. */
const struct times_row *tree_times_find(const struct tree_times *times, const char *root,
					const char *function);
#endif
