/* SPDX-License-Identifier: MIT */
/*
 * policy.h - what is to be done while tracing so that probes take no more than a share of the
 * program's CPU time. Pure: it is fed with counters, and answers with one step at a time, which
 * somebody else carries out; tests feed it by hand.
 *
 * Where some of the processes that run the file were chosen, all others pay for their hits, too: what counts is the
 * share of those, or of these, whichever is the greater.
 *
 * When probes took too much for half a second, or for a second where it is little of one CPU,
 * functions that are no targets are taken off, the dearest first. Then only one in so many calls of
 * targets is traced, where that helps: what a probe itself takes stays, what a record takes goes.
 * Else goroutines' states are not seen any more, where these cost much; else, if it was too much
 * for twice as long, those targets that cost most are taken off; when none would be left, tracing
 * ends, or rests for so long that it is not too much.
 */
#ifndef GUARD_POLICY_H
#define GUARD_POLICY_H

#include "guard/step.h"

/* How long too much is borne. */
#define POLICY_WINDOW_NS 500000000ull

struct policy;

struct policy_options {
	double max_share; /* more than 0; INFINITY: nothing is ever to be done */
	bool needs_states; /* without them nothing else is of use */
	bool may_rest; /* it is of use to trace now and then */
	bool keeps_births; /* where goroutines begin is the last of where their states change to go */
};

struct error *policy_new(const struct plan *plan, const struct policy_options *options,
			 struct policy **policy);
void policy_free(struct policy *policy); /* NULL is fine */

/* The function has no probes: it was left out before anything was traced. */
void policy_leave_out(struct policy *policy, uint32_t func);

/* From now on windows count; after each step that was carried out, too. */
void policy_restart(struct policy *policy, const struct sample *sample);

/* Never GUARD_ATTACH or GUARD_BEGIN. */
struct guard_step policy_watch(struct policy *policy, const struct sample *sample);

/* Functions that have no probes any more. */
size_t policy_num_off(const struct policy *policy);

/* The share at the end of the last window; less than 0: there was none yet. */
double policy_share(const struct policy *policy);

#endif
