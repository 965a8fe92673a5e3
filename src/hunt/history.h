/* SPDX-License-Identifier: MIT */
/*
 * history.h - what goroutines did lately: their waits that were not short, inside of targets and outside,
 * and samples of them. Whoever kept another one waiting is asked here what it did meanwhile.
 *
 * Two rings, and one of threads without a processor: what is new takes the place of the oldest. The entries of a
 * goroutine are linked, its last one first.
 */
#ifndef HUNT_HISTORY_H
#define HUNT_HISTORY_H

#include "base/hash.h"
#include "hunt/offcpu.h"
#include "hunt/pieces.h"

#define HISTORY_WAITS   (1u << 17)
#define HISTORY_SAMPLES (1u << 17)
/* Waits that are not that long explain nobody else's. */
#define HISTORY_MIN_WAIT_NS UINT64_C(1000000)

struct history_wait {
	struct hash_key goroutine; /* goid, pid */
	uint64_t before; /* number of the goroutine's wait before it; 0: none */
	struct piece piece; /* up to when it was made ready */
	uint64_t end_ns; /* when it ran again */
	bool is_in_target;
};

struct history_sample {
	struct hash_key goroutine;
	uint64_t before;
	uint64_t time_ns;
	uint64_t stack;
	uint8_t kind; /* PIECE_CPU or PIECE_TRACER */
};

/* Numbers of entries count from 1. All zero: empty. */
struct history {
	struct history_wait *waits; /* HISTORY_WAITS; entry n is at n % HISTORY_WAITS */
	struct history_sample *samples;
	uint64_t num_waits, num_samples; /* so far: the numbers of the last ones */
	struct hash goroutines; /* struct history_goroutine */
	struct offcpu offcpu;
	bool is_rough; /* waits are sampled: when they ended is known to some milliseconds */
};

/* False: out of memory. */
bool history_add_wait(struct history *history, const struct history_wait *wait);
bool history_add_sample(struct history *history, const struct history_sample *sample);

/* The stack of the goroutine's last sample is known better now. */
void history_correct(struct history *history, struct hash_key goroutine, uint64_t stack);

/* The last one of a goroutine, and the one of it before; NULL: none is known any more. */
const struct history_wait *history_last_wait(const struct history *history,
					     struct hash_key goroutine);
const struct history_wait *history_wait_before(const struct history *history,
					       const struct history_wait *wait);
const struct history_sample *history_last_sample(const struct history *history,
						 struct hash_key goroutine);
const struct history_sample *history_sample_before(const struct history *history,
						   const struct history_sample *sample);

/* By number, of any goroutine; NULL: it is not known any more, or there was none. */
const struct history_sample *history_sample_at(const struct history *history, uint64_t number);

void history_clear(struct history *history);

#endif
