/* SPDX-License-Identifier: MIT */
/* step.h - what the guard decides to do next: by begin.h before tracing, by policy.h while tracing. */
#ifndef GUARD_STEP_H
#define GUARD_STEP_H

#include "guard/window.h"

/* Of what is allowed: steps lead further down than that, so that they are few. */
#define GUARD_GOAL 0.8

enum guard_action {
	GUARD_WAIT, /* nothing for `wait_ns`; then ask again */
	GUARD_ATTACH, /* `sites` */
	GUARD_TAKE_OFF, /* all probes of `funcs` */
	GUARD_STATES_OFF, /* the same: where goroutines change their states */
	GUARD_SAMPLE, /* from now on one in so many calls of targets begins a tree: `one_in` */
	GUARD_BEGIN, /* all is attached that is to be; `heats` are left out */
	/* All probes of functions go for `wait_ns`, and then come again: nothing else helps */
	GUARD_REST,
	GUARD_END, /* nothing else helps */
};

struct guard_step {
	enum guard_action action;
	uint64_t wait_ns;
	uint32_t one_in;
	/* Good until the next call. */
	const uint32_t *sites;
	size_t num_sites;
	const uint32_t *funcs;
	size_t num_funcs;
	const struct heat *heats; /* what is told of functions, the dearest first */
	size_t num_heats;
	uint64_t window_ns; /* that `heats` were counted in */
	double share, share_after; /* of CPU time: now, and what is expected */
	bool is_of_others; /* the share is of processes that are not traced, whose CPU time probes take, too */
	double share_of_states; /* of `share`, where goroutines change their states */
	bool is_of_births; /* GUARD_STATES_OFF: of these, where goroutines begin is all that is left */
};

#endif
