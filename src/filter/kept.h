/* SPDX-License-Identifier: MIT */
/*
 * kept.h - copies of trees of which it is not known yet whether they are shown: the parts so far of
 * trees that are open, and the slowest that ended. All of them take at most FILTER_MAX_BYTES.
 */
#ifndef GOFUNCGRAPH_FILTER_KEPT_H
#define GOFUNCGRAPH_FILTER_KEPT_H

#include "base/hash.h"
#include "gofuncgraph/filter.h"

struct kept {
	struct hash_key number; /* of the tree */
	struct tree **parts; /* in order; one, if it did not come in parts */
	size_t num_parts;
	size_t capacity;
	size_t bytes; /* of all parts */
	uint64_t duration_ns; /* once it has ended */
	uint64_t dropped; /* calls of parts that there was no room for, not told yet */
	bool has_gaps; /* some were dropped */
	bool is_shown; /* parts that come are shown at once */
};

/* All zero: empty. */
struct keep {
	struct hash open; /* of trees that are open and came in parts */
	struct kept **slowest; /* that ended, by falling duration */
	size_t num_slowest;
	size_t capacity;
	size_t bytes; /* of all parts */
};

/* ---- open trees ---- */

/* NULL: nothing was kept of it. */
struct kept *keep_find(const struct keep *keep, const struct tree *tree);

/* Which there must not be yet. NULL: out of memory. */
struct kept *keep_open(struct keep *keep, const struct tree *tree);

/* A part that follows those that are there. Without room those are dropped, or else this one. False:
 * out of memory; it is dropped. */
bool keep_part(struct keep *keep, struct kept *kept, const struct tree *part);

/* It has been shown. */
void keep_drop_parts(struct keep *keep, struct kept *kept);

/* The tree has ended: the kept of it is owned by nobody now. */
void keep_close(struct keep *keep, struct kept *kept);

void keep_free(struct keep *keep,
	       struct kept *kept); /* one that is in none of the two; NULL is fine */

/* ---- the slowest ---- */

/* True if a tree of this duration is among the `most` slowest now. */
bool keep_is_slow(const struct keep *keep, uint64_t most, uint64_t duration_ns);

/* Drops those that took less, until there is room for so many bytes; how many. */
uint64_t keep_make_room(struct keep *keep, uint64_t duration_ns, size_t bytes);

/* Takes a tree that is among them; the last one gives way. False: out of memory; it is freed. */
bool keep_slow(struct keep *keep, uint64_t most, struct kept *kept);

/* In the order in which they began; then they are only dropped. */
void keep_sort_slowest(struct keep *keep);

void keep_drop_slowest(struct keep *keep);

void keep_destroy(struct keep *keep);

#endif
