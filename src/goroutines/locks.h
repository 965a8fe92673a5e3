/* SPDX-License-Identifier: MIT */
/*
 * locks.h - which locks goroutines wait for, and who may hold them: Go does not note that, but the address of
 * a lock that is to be unlocked at a function's end (`defer mutex.Unlock()`) is on the stack of who has it. And which
 * channels and conditions, while others wait for locks: who has one on its stack may be the one to serve it, which is
 * to send, to receive or to signal.
 */
#ifndef GOROUTINES_LOCKS_H
#define GOROUTINES_LOCKS_H

#include "base/hash.h"
#include "goroutines/snapshot.h"
#include "goroutines/sync_object.h"

/* Goroutines that are named of those that may hold one. */
#define LOCKS_MAX_HOLDERS 4
/* Goroutines of a circle. */
#define LOCKS_MAX_CIRCLE 8

/* A lock, a channel or a condition that somebody waits for. */
struct lock {
	struct hash_key key; /* its address */
	bool is_served; /* no lock */
	/* Goroutines that do not wait for it, and have its address on their stacks: so many, and the first of
	 * them, by their index in the snapshot. */
	size_t num_holders;
	size_t holders[LOCKS_MAX_HOLDERS];
	size_t last_holder;
	size_t place; /* on the way of who looks for circles, from 1, since they began so often: */
	uint64_t search;
	uint8_t begun; /* of the kinds of circles, the last that was looked for from here */
};

struct locks {
	struct hash by_address;
	/* Goroutines in a circle, by index: each waits for what the next has on its stack, and the last one for what
	 * the first has. One of these is a lock at least. Of a select it is this channel; else 0. */
	size_t circle[LOCKS_MAX_CIRCLE];
	uint64_t circle_channels[LOCKS_MAX_CIRCLE];
	size_t circle_len; /* 0: there is none */
};

/* `awaited`: what each waits for. Reads the stacks once more, if anybody waits for a lock; else nothing is found. The
 * only error is out of memory; a stack that cannot be read is left out. */
struct error *locks_find(const struct snapshot *snapshot, const struct memory *memory,
			 struct sync_object (*awaited)(void *context, const struct goroutine *one),
			 void *context, struct locks *locks);
/* The same without circles, and of goroutines that run all of the stack is looked through: what is left there of before,
 * too. `awaited`: what each waits for, by index. */
struct error *locks_find_holders(const struct snapshot *snapshot, const struct memory *memory,
				 const struct sync_object *awaited, struct locks *locks);
/* Looks at the goroutines of the circle once more, a little later: it is none when one of them has gone on, or cannot be
 * read any more. */
void locks_check_circle(const struct snapshot_source *source, const struct snapshot *snapshot,
			struct locks *locks);
void locks_release(struct locks *locks);

/* NULL: nobody waits for it. */
const struct lock *locks_at(const struct locks *locks, uint64_t address);
/* Whether the goroutine with this index is in the circle. */
bool locks_has_in_circle(const struct locks *locks, size_t index);

#endif
