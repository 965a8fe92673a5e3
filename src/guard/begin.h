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
 *
 * What a program does that is idle most of the time comes all at once, now and then. What was seen of it in some milliseconds
 * is no more than that: costs are those of a second, and of the CPU time that the program takes in the long run.
 */
#ifndef GUARD_BEGIN_H
#define GUARD_BEGIN_H

#include "guard/step.h"

struct begin;

struct begin_options {
	double max_share; /* more than 0 */
	bool needs_states; /* they are seen, whatever it costs */
	const uint32_t *seen; /* how often the program was in each function (order.h), or NULL */
	/* Since when the program is looked at, and the CPU time that it had by then. */
	uint64_t since_ns, since_cpu_ns;
};

struct error *begin_new(const struct plan *plan, const struct begin_options *options,
			struct begin **begin);
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
