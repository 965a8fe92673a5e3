/* SPDX-License-Identifier: MIT */
/* prometheus_calls.c - what metrics are made of; see prometheus.h. */
#include <stdlib.h>

#include "output/prometheus.h"

#define NS_PER_S 1000000000ull

uint64_t prometheus_bound_ns(unsigned number)
{
	int power = PROMETHEUS_FIRST_POWER + (int)number;

	return power < 0 ? NS_PER_S >> -power : NS_PER_S << power;
}

/* The number of the first bound that it does not exceed. */
static unsigned bound_of(uint64_t ns)
{
	unsigned number = 0;

	while (number < PROMETHEUS_NUM_BOUNDS && ns > prometheus_bound_ns(number))
		number++;
	return number;
}

/* NULL: out of memory. */
static struct prometheus_function *function_of(struct prometheus_calls *calls,
					       const struct name *name)
{
	struct hash_key key = {.first = name ? name->number : 0};
	struct prometheus_function *function = hash_find(&calls->by_name, key);

	if (function)
		return function;
	if (calls->num_functions == PROMETHEUS_MAX_FUNCTIONS)
		return &calls->others;
	function = calloc(1, sizeof(*function));
	if (!function)
		return NULL;
	function->key = key;
	function->name = name ? name->text : "unknown";
	if (!hash_add(&calls->by_name, &function->key)) {
		free(function);
		return NULL;
	}
	calls->functions[calls->num_functions++] = function;
	return function;
}

bool prometheus_call_began(struct prometheus_calls *calls, const struct name *name)
{
	struct prometheus_function *function = function_of(calls, name);

	if (function)
		function->open++;
	return function;
}

bool prometheus_call_ended(struct prometheus_calls *calls, const struct name *name,
			   const struct call *call)
{
	struct prometheus_function *function;
	uint64_t ns = call->end_ns - call->start_ns;

	/* Tracing ended, not the call. */
	if (call->end == CALL_RUNNING)
		return true;
	function = function_of(calls, name);
	if (!function)
		return false;
	/* Of one that is told as a whole, the beginning was not. */
	if (function->open)
		function->open--;
	function->ends[call->end]++;
	if (call_time_is_unknown(call))
		return true;
	function->durations[bound_of(ns)]++;
	function->sum_ns += ns;
	if (call->lacks_states)
		return true;
	function->states_ns += ns;
	return spent_add_call(&function->spent, call);
}

void prometheus_calls_destroy(struct prometheus_calls *calls)
{
	for (size_t i = 0; i < calls->num_functions; i++)
		spent_destroy(&calls->functions[i]->spent);
	spent_destroy(&calls->others.spent);
	hash_free_items(&calls->by_name);
}
