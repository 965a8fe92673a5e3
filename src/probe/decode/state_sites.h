/* SPDX-License-Identifier: MIT */
/*
 * state_sites.h - the places in Go's runtime where goroutines change their state, and where they
 * are started.
 *
 * The state is runtime.g.atomicstatus. It is changed by compare-and-swap alone, in the few
 * functions that state_sites.c has a table of (src/runtime/proc.go, coro.go, mgcmark.go), and
 * wherever the compiler put one of them into its caller: a profile makes it do so with casgstatus.
 */
#ifndef PROBE_STATE_SITES_H
#define PROBE_STATE_SITES_H

#include "gofuncgraph/decode.h"
#include "gofuncgraph/gobin.h"

/* What the sites are for. */
enum state_purpose {
	STATES_OF_TREES = 1 << 0, /* run_options.states, hunt */
	STATES_FOLLOW = 1 << 1, /* run_options.follow */
	STATES_ALL = 1 << 2, /* plan_make_states() */
	STATES_STARTED = 1 << 3, /* hunt: who starts which goroutine */
};

#define STATE_MAX_SITES 32 /* of one function */

/* One of the runtime's functions. */
struct state_func {
	const struct gobin_func *func;
	struct decoded_site sites[STATE_MAX_SITES]; /* of kinds of site_is_state() */
	size_t num_sites;
	const char *left_out; /* static text: why there is no site at left_out_offset; or NULL */
	uint32_t left_out_offset;
};

/*
 * Calls `visit` for every function that has such sites, or ought to. `purposes`: of enum
 * state_purpose. Errors: visit's; one that the purpose cannot do without is not there or cannot be
 * probed.
 */
struct error *state_sites_find(struct gobin *bin, unsigned purposes,
			       struct error *(*visit)(void *context,
						      const struct state_func *found),
			       void *context);

#endif
