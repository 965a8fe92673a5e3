/* SPDX-License-Identifier: MIT */
/* plan_values.h - inside the room: what values are fetched at a plan's sites. */
#ifndef PROBE_PLAN_VALUES_H
#define PROBE_PLAN_VALUES_H

#include "gofuncgraph/plan.h"
#include "gofuncgraph/types.h"
#include "values/wanted.h"

/* While a plan is made. All zero: nothing is wanted but what stands behind functions' names. */
struct plan_values {
	/* At entries and at returns; NULL: none */
	const struct values_wanted *args, *results;
	/* Number plus one of the list of the function's results, which all its returns have. */
	size_t results_list;
	size_t results_of; /* number plus one of that function; 0: none yet */
	/* Number plus one of the list at the entry of the function that was added last, if its results need the dictionary
	 * in it; 0: they do not, or it is not known there. */
	size_t dictionary_list;
	/* Of the function that was asked for last; how far it is known. */
	struct go_signature signature;
	size_t signature_of; /* number plus one of that function; 0: none yet */
	bool has_signature;
	size_t num_found; /* functions of which something is known that is wanted */
	struct error *why_not; /* of the first of the others */
	size_t num_with_results; /* functions of which it is known what they return, where that is wanted */
	struct error *why_no_results; /* of the first of the others */
	char *other_names; /* those that the first function has that has not the first of the paths */
};

/*
 * What is fetched at the site that was added last. `written`: number plus one of the list of values that
 * the user wrote, which comes before others; 0: there is none.
 */
struct error *plan_values_set(struct plan_values *values, struct plan *plan,
			      const struct decoded *decoded, size_t written);

/* These values, a bit each, of an entry are not known where its call has made the stack larger. */
void plan_values_lose(const struct plan *plan, struct site *site, const struct decoded *decoded,
		      uint64_t lost);

/* Of the function that was added last. NULL: it is not known; the first reason is kept. */
const struct go_signature *plan_values_signature(struct plan_values *values,
						 const struct plan *plan);

/* At the end: an error if values are wanted, and no function has any; that of no function results are known, where
 * arguments are, is told. */
struct error *plan_values_check(struct plan_values *values);
void plan_values_destroy(struct plan_values *values);

#endif
