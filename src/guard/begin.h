/* SPDX-License-Identifier: MIT */
/*
 * begin.h - how thousands of functions of a program that runs get their probes, without holding it
 * up. Pure: it is fed with counters, and answers with one step at a time, which somebody else
 * carries out; tests feed it by hand.
 *
 * Entries come first, in batches. Each is watched for some milliseconds: that tells how often its
 * functions are called. Batches in which some are called too often go again at once, and so small is
 * the next one that it costs the program less. Then those that cost nothing come for good, then of
 * the others, the cheapest first, as many as fit. Exits come last. After each step the program is
 * left alone for so long that all of this takes no more than a fixed part of its time.
 */
#ifndef GUARD_BEGIN_H
#define GUARD_BEGIN_H

#include "guard/step.h"

struct begin;

/*
 * `max_share` more than 0. `needs_states`: goroutines' states are seen, whatever it costs. `seen`: how often the program was seen in each function (order.h), or NULL.
 */
struct error *begin_new(const struct plan *plan, double max_share, bool needs_states,
			const uint32_t *seen, struct begin **begin);
void begin_free(struct begin *begin); /* NULL is fine */

/*
 * What is next on the way to GUARD_BEGIN, while none of the plan's functions was attached at first;
 * to be asked when what was answered before has been carried out.
 */
struct guard_step begin_next(struct begin *begin, const struct sample *sample);

/* They cost too much alone, before anything else was there: GUARD_STATES_OFF. */
bool begin_leaves_states_out(const struct begin *begin);

/* Has no probes. */
bool begin_leaves_out(const struct begin *begin, uint32_t func);

#endif
