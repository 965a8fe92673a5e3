/* SPDX-License-Identifier: MIT */
/* policy.c - steps against too much overhead; see policy.h. */
#include "guard/policy.h"

#include <stdlib.h>

#define MAX_ONE_IN 1024
/* Of what is allowed: what others may take where targets alone take more. */
#define REST 0.1
/* Of all that probes cost: states that take so much go before targets do. */
#define MUCH_OF_ALL 0.3
/* Windows in a row with too much, before targets go or tracing ends, or before anything is done where it is little: it may be
 * over soon. */
#define PATIENCE 2
/* What hits cost is known that well: who paid for more than so many times the CPU time that was seen had more. */
#define KNOWN_BY 2

struct policy {
	const struct plan *plan;
	double max_share;
	double share; /* at the end of the last window */
	struct window traced,
		others; /* of the processes that are traced, and of those that are not */
	const struct window *window; /* of these, the one in which probes take more */
	uint64_t *traced_hits; /* by site */
	struct plan_resume resume;
	bool *is_off; /* by function's number: plan_func_at() */
	bool needs_states, may_rest, keeps_births;
	bool has_births_alone; /* other sites of states are gone, of which births were kept */
	unsigned num_over; /* windows in a row in which it was too much */
	uint32_t one_in; /* calls of targets: one is traced */
	size_t num_off; /* of those that were chosen by the user */
	/* Of one step: functions that go, and what is told of those that the user chose. */
	uint32_t *leaving;
	struct heat *chosen;
	size_t num_leaving, num_chosen;
};

/* ---- life ---- */

struct error *policy_new(const struct plan *plan, const struct policy_options *options,
			 struct policy **out)
{
	struct policy *policy = *out = calloc(1, sizeof(*policy));

	if (!policy)
		return error_out_of_memory();
	policy->plan = plan;
	policy->max_share = options->max_share;
	policy->share = -1;
	policy->one_in = 1;
	policy->needs_states = options->needs_states;
	policy->may_rest = options->may_rest;
	policy->keeps_births = options->keeps_births;
	policy->resume = plan_find_resume(plan);
	policy->is_off = calloc(plan_num_all(plan) + 1, sizeof(*policy->is_off));
	policy->chosen = calloc(plan_num_all(plan) + 1, sizeof(*policy->chosen));
	policy->leaving = calloc(plan_num_all(plan) + 1, sizeof(*policy->leaving));
	policy->traced_hits = calloc(plan->num_sites + 1, sizeof(*policy->traced_hits));
	policy->window = &policy->traced;
	if (!policy->is_off || !policy->chosen || !policy->leaving || !policy->traced_hits)
		return error_out_of_memory();
	return window_init(&policy->traced, plan) ?: window_init(&policy->others, plan);
}

void policy_free(struct policy *policy)
{
	if (!policy)
		return;
	window_destroy(&policy->traced);
	window_destroy(&policy->others);
	free(policy->traced_hits);
	free(policy->is_off);
	free(policy->chosen);
	free(policy->leaving);
	free(policy);
}

size_t policy_num_off(const struct policy *policy)
{
	return policy->num_off;
}

double policy_share(const struct policy *policy)
{
	return policy->share;
}

void policy_leave_out(struct policy *policy, uint32_t func)
{
	policy->num_off += func < policy->plan->num_funcs && !policy->is_off[func];
	policy->is_off[func] = true;
}

/* ---- whose ---- */

static struct sample sample_of_traced(struct policy *policy, const struct sample *sample)
{
	struct sample traced = *sample;

	if (!sample->others_hits)
		return traced;
	for (size_t i = 0; i < policy->plan->num_sites; i++)
		policy->traced_hits[i] = sample->hits[i] - sample->others_hits[i];
	traced.hits = policy->traced_hits;
	traced.cpu_ns -= sample->others_cpu_ns;
	return traced;
}

/* Of them nothing is ever told. */
static struct sample sample_of_others(const struct sample *sample)
{
	return (struct sample){.now_ns = sample->now_ns,
			       .cpu_ns = sample->others_cpu_ns,
			       .hits = sample->others_hits,
			       .tariff = sample->tariff};
}

void policy_restart(struct policy *policy, const struct sample *sample)
{
	const struct sample traced = sample_of_traced(policy, sample);
	const struct sample others = sample_of_others(sample);

	window_start(&policy->traced, &traced);
	if (others.hits)
		window_start(&policy->others, &others);
}

/* Whoever has it worst counts: nobody is to pay for what others look at. */
static void measure(struct policy *policy, const struct sample *sample)
{
	const struct sample traced = sample_of_traced(policy, sample);
	const struct sample others = sample_of_others(sample);
	double share;

	window_measure(&policy->traced, &traced, false);
	policy->window = &policy->traced;
	policy->share = window_share(&policy->traced, policy->traced.cost_ns);
	if (!others.hits)
		return;
	window_measure(&policy->others, &others, false);
	/* Nobody knows who they are, or of most how much they had: they ended before anyone looked. */
	if (!policy->others.cpu_ns || policy->others.spent_ns / KNOWN_BY > policy->others.cpu_ns)
		return;
	share = window_share(&policy->others, policy->others.cost_ns);
	if (share <= policy->share)
		return;
	policy->window = &policy->others;
	policy->share = share;
}

/* ---- choosing ---- */

static bool is_resume(const struct policy *policy, uint32_t func)
{
	return policy->resume.exists && func == policy->resume.func;
}

static struct guard_step step_of(const struct policy *policy, enum guard_action action,
				 uint64_t cost_after_ns)
{
	return (struct guard_step){.action = action,
				   .heats = policy->chosen,
				   .window_ns = policy->window->length_ns,
				   .is_of_others = policy->window == &policy->others,
				   .share = policy->share,
				   .share_after = window_share(policy->window, cost_after_ns)};
}

static struct heat heat_of(const struct policy *policy, uint32_t func)
{
	const struct window *window = policy->window;

	for (size_t i = 0; i < window->num_heats; i++)
		if (window->heats[i].func == func)
			return window->heats[i];
	return (struct heat){.func = func};
}

static void add(struct policy *policy, const struct heat *heat, uint64_t *cost_ns)
{
	policy->leaving[policy->num_leaving++] = heat->func;
	*cost_ns -= heat->cost_ns;
	policy_leave_out(policy, heat->func);
	if (heat->func < policy->plan->num_funcs)
		policy->chosen[policy->num_chosen++] = *heat;
}

/* SITE_RESUME goes with all functions that need it: without it nobody sees them end. */
static void add_with_resume(struct policy *policy, const struct heat *heat, uint64_t *cost_ns)
{
	for (uint32_t i = 0; i < policy->plan->num_funcs; i++) {
		struct heat other;

		if (!policy->plan->funcs[i].needs_resume || policy->is_off[i] || i == heat->func)
			continue;
		other = heat_of(policy, i);
		add(policy, &other, cost_ns);
	}
	add(policy, heat, cost_ns);
}

static bool is_target(const struct policy *policy, uint32_t func)
{
	return plan_func_at(policy->plan, func)->target ||
	       (is_resume(policy, func) && policy->resume.has_targets);
}

/*
 * Functions that go, the dearest first, until what is left is no more than that share; *cost_ns is
 * then what is left.
 */
static void choose(struct policy *policy, bool targets, double share, uint64_t *cost_ns)
{
	const struct window *window = policy->window;

	for (size_t i = 0; i < window->num_heats && window_share(window, *cost_ns) > share; i++) {
		const struct heat *heat = &window->heats[i];

		if (policy->is_off[heat->func] || is_target(policy, heat->func) != targets)
			continue;
		if (is_resume(policy, heat->func))
			add_with_resume(policy, heat, cost_ns);
		else
			add(policy, heat, cost_ns);
	}
}

static struct guard_step take_off(struct policy *policy, uint64_t cost_after_ns)
{
	struct guard_step step = step_of(policy, GUARD_TAKE_OFF, cost_after_ns);

	step.funcs = policy->leaving;
	step.num_funcs = policy->num_leaving;
	step.num_heats = policy->num_chosen;
	return step;
}

/* Of functions that are no targets: so many that the rest fits; where it cannot, since others alone
 * take too much, so many that the rest is of no weight. */
static struct guard_step take_others_off(struct policy *policy)
{
	const struct window *window = policy->window;
	double goal = GUARD_GOAL * policy->max_share;
	uint64_t fixed_ns = window->target_ns + window->state_ns + window->own_ns;
	uint64_t cost_ns = window->cost_ns, others_ns = cost_ns - fixed_ns;

	if (window_share(window, fixed_ns) < goal) {
		choose(policy, false, goal, &cost_ns);
	} else {
		choose(policy, false, REST * policy->max_share, &others_ns);
		cost_ns = fixed_ns + others_ns;
	}
	return policy->num_leaving ? take_off(policy, cost_ns)
				   : step_of(policy, GUARD_WAIT, window->cost_ns);
}

/* ---- steps ---- */

static bool any_target_stays(const struct policy *policy)
{
	const struct plan *plan = policy->plan;

	for (size_t i = 0; i < plan->num_funcs; i++)
		if (plan->funcs[i].target && plan->funcs[i].num_sites && !policy->is_off[i])
			return true;
	return false;
}

/* What is left if only one in so many calls of targets is traced. */
static uint64_t sampled_ns(const struct policy *policy, uint32_t one_in)
{
	const struct window *window = policy->window;
	uint64_t told_ns = window->told_ns < window->cost_ns ? window->told_ns : window->cost_ns;

	return window->cost_ns - told_ns + told_ns * policy->one_in / one_in;
}

/* GUARD_WAIT: it would not help enough. */
static struct guard_step sample_targets(struct policy *policy)
{
	double goal = GUARD_GOAL * policy->max_share;
	uint32_t one_in = policy->one_in;
	struct guard_step step;

	do
		one_in *= 2;
	while (one_in < MAX_ONE_IN &&
	       window_share(policy->window, sampled_ns(policy, one_in)) > goal);
	if (one_in > MAX_ONE_IN || window_share(policy->window, sampled_ns(policy, one_in)) > goal)
		return step_of(policy, GUARD_WAIT, policy->window->cost_ns);
	step = step_of(policy, GUARD_SAMPLE, sampled_ns(policy, one_in));
	step.one_in = policy->one_in = one_in;
	return step;
}

/* GUARD_WAIT: they stay. */
static struct guard_step take_states_off(struct policy *policy)
{
	const struct window *window = policy->window;
	uint64_t cost_ns = window->cost_ns - window->state_ns;
	struct guard_step step = step_of(policy, GUARD_STATES_OFF, cost_ns);

	if (policy->needs_states ||
	    (double)window->state_ns < MUCH_OF_ALL * (double)window->cost_ns)
		return step_of(policy, GUARD_WAIT, window->cost_ns);
	step.funcs = policy->leaving;
	if (policy->keeps_births)
		step.num_funcs = plan_find_states(policy->plan, true, policy->leaving);
	step.is_of_births = policy->has_births_alone || (policy->keeps_births && !step.num_funcs);
	policy->has_births_alone = policy->keeps_births;
	if (!step.num_funcs)
		step.num_funcs = plan_find_states(policy->plan, false, policy->leaving);
	policy->keeps_births = false;
	step.share_of_states = (double)window->state_ns / (double)window->cost_ns;
	return step;
}

/* It would not help to take off what is no target. */
static bool states_alone_are_too_much(const struct policy *policy)
{
	const struct window *window = policy->window;
	uint64_t others_ns = window->target_ns + window->own_ns;
	double goal = GUARD_GOAL * policy->max_share;

	return window_share(window, others_ns + window->state_ns) >= goal &&
	       window_share(window, others_ns) < goal;
}

/* Those that were chosen stay. */
static void take_back(struct policy *policy)
{
	for (size_t i = 0; i < policy->num_leaving; i++) {
		policy->is_off[policy->leaving[i]] = false;
		policy->num_off -= policy->leaving[i] < policy->plan->num_funcs;
	}
	policy->num_leaving = policy->num_chosen = 0;
}

/* So long that what was spent in the windows that it was too much in is as much as is allowed. */
static struct guard_step rest(struct policy *policy)
{
	double goal = GUARD_GOAL * policy->max_share;
	double on_ns = (double)(policy->num_over * policy->window->length_ns);
	struct guard_step step = step_of(policy, GUARD_REST, policy->window->cost_ns);

	take_back(policy);
	step.wait_ns = (uint64_t)(on_ns * (policy->share / goal - 1));
	step.share_after = goal;
	policy->num_over = 0;
	return step;
}

/* Nothing but targets is left. */
static struct guard_step curb_targets(struct policy *policy)
{
	uint64_t cost_ns = policy->window->cost_ns;

	choose(policy, true, GUARD_GOAL * policy->max_share, &cost_ns);
	if (policy->num_leaving && any_target_stays(policy))
		return take_off(policy, cost_ns);
	return policy->may_rest ? rest(policy) : step_of(policy, GUARD_END, cost_ns);
}

static bool is_time_to_act(const struct policy *policy)
{
	if (policy->share <= policy->max_share)
		return false;
	return policy->num_over >= PATIENCE ||
	       !window_is_little(policy->window, policy->window->cost_ns);
}

struct guard_step policy_watch(struct policy *policy, const struct sample *sample)
{
	struct guard_step step;

	if (sample->now_ns - policy->traced.start.now_ns < POLICY_WINDOW_NS)
		return (struct guard_step){.action = GUARD_WAIT};
	measure(policy, sample);
	policy->num_chosen = policy->num_leaving = 0;
	policy->num_over = policy->share > policy->max_share ? policy->num_over + 1 : 0;
	step = step_of(policy, GUARD_WAIT, policy->window->cost_ns);
	if (is_time_to_act(policy)) {
		if (states_alone_are_too_much(policy))
			step = take_states_off(policy);
		if (step.action == GUARD_WAIT)
			step = take_others_off(policy);
		if (step.action == GUARD_WAIT)
			step = sample_targets(policy);
		if (step.action == GUARD_WAIT)
			step = take_states_off(policy);
		if (step.action == GUARD_WAIT && policy->num_over >= PATIENCE)
			step = curb_targets(policy);
	}
	policy_restart(policy, sample);
	return step;
}
