/* SPDX-License-Identifier: MIT */
/*
 * policy.h - what is to be done so that probes take no more than a share of the program's CPU time.
 * Pure: it is fed with counters, and answers with one step at a time, which somebody else carries
 * out; tests feed it by hand.
 *
 * Begin: probes come in batches, entries first, since they are cheap, and tell how often a function
 * is called. What alone or together with others would cost too much is taken off before more come.
 *
 * While tracing: when probes took too much for half a second, functions that are no targets are
 * taken off, the dearest first; then those targets that cost most; when none would be left, tracing
 * ends.
 */
#ifndef GUARD_POLICY_H
#define GUARD_POLICY_H

#include "guard/window.h"

/* Too many functions to attach all of their probes at once. */
#define POLICY_MANY_FUNCS 300

/* How long a batch is watched, and how long too much is borne while tracing. */
#define POLICY_OBSERVE_NS 20000000ull
#define POLICY_WINDOW_NS  500000000ull

enum policy_action {
	POLICY_WAIT, /* nothing now; ask again soon */
	POLICY_ATTACH, /* these sites */
	POLICY_TAKE_OFF, /* these functions */
	POLICY_BEGIN, /* all is attached that is to be */
	POLICY_END, /* nothing else helps */
};

struct policy_step {
	enum policy_action action;
	/* Good until the next call. */
	const uint32_t *sites;
	size_t num_sites;
	const struct heat *heats; /* of the functions, the dearest first */
	size_t num_heats;
	uint64_t window_ns; /* that `heats` were counted in */
	double share, share_after; /* of CPU time: now, and what is expected */
};

struct policy;

/* `max_share` more than 0; INFINITY: nothing is ever to be done. */
struct error *policy_new(const struct plan *plan, double max_share, struct policy **policy);
void policy_free(struct policy *policy); /* NULL is fine */

/*
 * What is next on the way to POLICY_BEGIN, while none of the plan's functions was attached at first;
 * to be asked when what was answered before has been carried out.
 */
struct policy_step policy_begin(struct policy *policy, const struct sample *sample);

/* From now on windows count; after each step that was carried out, too. */
void policy_restart(struct policy *policy, const struct sample *sample);

/* While tracing; never POLICY_ATTACH or POLICY_BEGIN. */
struct policy_step policy_watch(struct policy *policy, const struct sample *sample);

/* Functions that were taken off so far. */
size_t policy_num_off(const struct policy *policy);
bool policy_is_off(const struct policy *policy, uint32_t func);

/* The share at the end of the last window; less than 0: there was none yet. */
double policy_share(const struct policy *policy);

#endif
