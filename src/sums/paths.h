/* SPDX-License-Identifier: MIT */
/*
 * paths.h - calls summed up by the path that leads to them: who called whom, from the first call of a tree
 * down. A pure state machine, fed with calls as they begin and as they end, as functions.h is; what is said
 * there of ends and of names holds here, too.
 *
 * Memory is bounded by the paths that there are, whoever takes them, by PATHS_MAX_BY_GOROUTINE, and by the calls
 * that are open.
 */
#ifndef SUMS_PATHS_H
#define SUMS_PATHS_H

#include "base/error.h"
#include "names/place.h"
#include "sums/own.h"

/* Levels that are told apart: what is called deeper is one path, whatever it is. */
#define PATHS_MAX_DEPTH 1024

/* Goroutines that are told apart. */
#define PATHS_MAX_GOROUTINES 1000

/* When there are so many paths, further ones are not of one goroutine each. */
#define PATHS_MAX_BY_GOROUTINE 65536

struct path {
	struct hash_key key; /* numbers of the parent and of the name */
	uint64_t goid; /* of the tree, and the same of its parents; 0: of any, or of none */
	uint64_t number; /* from 1, a parent before its children */
	const struct path *parent; /* NULL: a tree begins here */
	uint32_t
		depth; /* from 1; more than PATHS_MAX_DEPTH: of all deeper calls, `entry` is empty */
	struct place entry; /* of the first call of it */
	uint64_t calls;
	uint64_t self_ns; /* own time of those whose time is known */
	struct spent self; /* what of that they did not run */
};

struct paths;

/* by_goroutine: each has paths of its own, up to the limits above; what is beyond them is shared. */
struct error *paths_new(bool by_goroutine, struct paths **paths);
void paths_free(struct paths *paths); /* NULL is fine */

/* As functions_call_began() and functions_call_ended(). `entry`: where it is entered; its names are to be there
 * as long as `paths`. */
bool paths_call_began(struct paths *paths, const struct place *entry, const struct tree *tree,
		      const struct call *call);
bool paths_call_ended(struct paths *paths, const struct place *entry, const struct tree *tree,
		      const struct call *call);

/* Each path, by number: a parent before its children. */
size_t paths_count(const struct paths *paths);
const struct path *paths_at(const struct paths *paths, size_t index);

#endif
