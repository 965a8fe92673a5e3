/* SPDX-License-Identifier: MIT */
/*
 * kept.h - calls of a target that ended: all are counted, and of some is kept what their time went to.
 *
 * Durations are divided into classes, four for each power of two; of each class so many calls are kept,
 * each call of it with the same chance. So there are calls of all durations, the rare slow ones among
 * them, in bounded memory, and each kept one stands for a known number.
 */
#ifndef HUNT_KEPT_H
#define HUNT_KEPT_H

#include "base/hash.h"
#include "hunt/blame.h"
#include "hunt/pieces.h"
#include "hunt/starts.h"
#include "sums/histogram.h"

struct kept_call {
	uint64_t number; /* of all calls of the target, from 1, in order of their ends */
	uint64_t start_ns, end_ns;
	struct hash_key goroutine; /* goid, pid */
	struct pieces pieces; /* folded; in order of those that are asked for by their rank */
	struct starts starts;
	struct blames blames;
	bool is_open; /* it had not ended when tracing did */
};

#define KEPT_CLASSES   (64 * 4)
#define KEPT_PER_CLASS 24

struct kept_class {
	struct kept_call *calls[KEPT_PER_CLASS];
	size_t count;
	uint64_t total; /* calls that could have been kept */
};

struct kept {
	struct histogram durations; /* of all calls that ended */
	struct kept_class *classes[KEPT_CLASSES]; /* NULL: there are none of it */
	/* The slowest, by falling duration, in order of time. */
	struct kept_call **slowest;
	size_t num_slowest, most_slowest;
	uint64_t random; /* state */
};

/* most_slowest: how many of the slowest are kept in order. False: out of memory. */
bool kept_init(struct kept *kept, size_t most_slowest);

/* Fills in call->blames, of a call that is kept. False: out of memory. */
struct kept_asker {
	bool (*ask)(void *context, struct kept_call *call);
	void *context;
};

/* A call ended: `call` is taken over. `is_whole`: all its pieces are known; else it is only counted. False:
 * out of memory. */
bool kept_add(struct kept *kept, struct kept_call *call, bool is_whole,
	      const struct kept_asker *asker);

void kept_call_free(struct kept_call *call); /* NULL is fine */
void kept_destroy(struct kept *kept);

#endif
