/* SPDX-License-Identifier: MIT */
/*
 * prometheus.h - metrics of calls by function, for Prometheus: what they are made of, and their text. prometheus.c is
 * the format.
 *
 * The text is Prometheus' own (version 0.0.4 of its exposition format), as node_exporter's textfile collector reads
 * it: without times. Metrics of more functions than PROMETHEUS_MAX_FUNCTIONS are summed up, since each is some forty
 * time series for who keeps them; which functions those are does not change.
 */
#ifndef GOFUNCGRAPH_OUTPUT_PROMETHEUS_H
#define GOFUNCGRAPH_OUTPUT_PROMETHEUS_H

#include <stdio.h>

#include "output/format.h"
#include "sums/functions.h"

#define PROMETHEUS_MAX_FUNCTIONS 500

/*
 * Bounds of the histogram: 2^FIRST seconds (0.95 us) to 2^LAST (256 s), each the double of the one before. So are the
 * bounds of native histograms of schema 0, which a server can make of these without moving a call.
 */
#define PROMETHEUS_FIRST_POWER (-20)
#define PROMETHEUS_LAST_POWER  8
#define PROMETHEUS_NUM_BOUNDS  (PROMETHEUS_LAST_POWER - PROMETHEUS_FIRST_POWER + 1)

struct prometheus_function {
	struct hash_key key; /* the name's number; 0: unknown */
	const char *name; /* owned by the names */
	uint64_t open; /* calls */
	uint64_t ends[FUNCTION_NUM_ENDS]; /* how many ended so, by enum call_end */
	/* Of those whose time is known: how many took at most as long as each bound and longer than the bound
	 * before; the last is of those beyond all. */
	uint64_t durations[PROMETHEUS_NUM_BOUNDS + 1];
	uint64_t sum_ns; /* of them */
	/* Of those of which it is known what they did: their time, and what of that they did not run. */
	uint64_t states_ns;
	struct spent spent;
};

struct prometheus_calls {
	struct hash by_name; /* struct prometheus_function */
	struct prometheus_function
		*functions[PROMETHEUS_MAX_FUNCTIONS]; /* the same, as they came */
	size_t num_functions;
	struct prometheus_function others; /* all that there is no room for; without a key */
};

void prometheus_calls_destroy(struct prometheus_calls *calls);

/* `name`: NULL: unknown. False: out of memory. */
bool prometheus_call_began(struct prometheus_calls *calls, const struct name *name);
bool prometheus_call_ended(struct prometheus_calls *calls, const struct name *name,
			   const struct call *call);

/* How long a call may be to count for the bound of this number: at most so many nanoseconds. */
uint64_t prometheus_bound_ns(unsigned number);

/* What the text tells besides calls. */
struct prometheus_state {
	bool is_tracing; /* it goes on */
	/* The greatest that was known, of the traced processes and of others: counters do not go back. */
	uint64_t cost_ns, others_cost_ns;
};

void prometheus_write(FILE *to, struct output *out, const struct prometheus_calls *calls,
		      const struct prometheus_state *state);

#endif
