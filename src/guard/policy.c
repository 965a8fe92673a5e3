/* SPDX-License-Identifier: MIT */
/* policy.c - steps against too much overhead; see policy.h. */
#include "guard/policy.h"

#include <stdlib.h>

/* Of what is allowed: steps lead further down than that, so that they are few. */
#define GOAL 0.8
/* Of what is allowed: what others may take where targets alone take more. */
#define REST      0.1
#define MIN_BATCH 512
#define MAX_BATCH 8192

struct policy {
	const struct plan *plan;
	double max_share;
	double share; /* at the end of the last window */
	struct window window;
	bool *is_off; /* by function */
	size_t num_off;
	struct heat *chosen; /* of one step */
	/* Of the begin: all sites in the order in which they come, entries first. */
	uint32_t *order;
	size_t num_order, num_done;
	uint32_t *batch; /* those of `order` whose functions are not off by now */
	size_t batch_size;
	uint64_t attached_ns; /* when the last batch was; 0: it is on its way */
};

/* ---- life ---- */

static void make_order(struct policy *policy)
{
	const struct plan *plan = policy->plan;

	for (size_t i = 0; i < plan->num_funcs; i++)
		if (plan->funcs[i].num_sites)
			policy->order[policy->num_order++] = plan->funcs[i].first_site;
	for (size_t i = 0; i < plan->num_funcs; i++)
		for (uint32_t j = 1; j < plan->funcs[i].num_sites; j++)
			policy->order[policy->num_order++] = plan->funcs[i].first_site + j;
}

struct error *policy_new(const struct plan *plan, double max_share, struct policy **out)
{
	struct policy *policy = *out = calloc(1, sizeof(*policy));
	struct error *err;

	if (!policy)
		return error_out_of_memory();
	policy->plan = plan;
	policy->max_share = max_share;
	policy->share = -1;
	policy->batch_size = MIN_BATCH;
	policy->is_off = calloc(plan->num_funcs + 1, sizeof(*policy->is_off));
	policy->chosen = calloc(plan->num_funcs + 1, sizeof(*policy->chosen));
	policy->order = calloc(plan->num_sites + 1, sizeof(*policy->order));
	policy->batch = calloc(MAX_BATCH, sizeof(*policy->batch));
	if (!policy->is_off || !policy->chosen || !policy->order || !policy->batch)
		err = error_out_of_memory();
	else
		err = window_init(&policy->window, plan);
	if (!err)
		make_order(policy);
	return err;
}

void policy_free(struct policy *policy)
{
	if (!policy)
		return;
	window_destroy(&policy->window);
	free(policy->is_off);
	free(policy->chosen);
	free(policy->order);
	free(policy->batch);
	free(policy);
}

size_t policy_num_off(const struct policy *policy)
{
	return policy->num_off;
}

bool policy_is_off(const struct policy *policy, uint32_t func)
{
	return policy->is_off[func];
}

double policy_share(const struct policy *policy)
{
	return policy->share;
}

void policy_restart(struct policy *policy, const struct sample *sample)
{
	window_start(&policy->window, sample);
}

/* ---- choosing ---- */

static struct policy_step step_of(const struct policy *policy, enum policy_action action,
				  uint64_t cost_after_ns)
{
	return (struct policy_step){.action = action,
				    .heats = policy->chosen,
				    .window_ns = policy->window.length_ns,
				    .share = policy->share,
				    .share_after = window_share(&policy->window, cost_after_ns)};
}

/*
 * Functions that are to go, the dearest first, until what is left is no more than *cost_ns, which is
 * then what is left. Returns how many.
 */
static size_t choose(struct policy *policy, bool targets, double share, uint64_t *cost_ns)
{
	const struct window *window = &policy->window;
	size_t count = 0;

	for (size_t i = 0; i < window->num_heats && window_share(window, *cost_ns) > share; i++) {
		const struct heat *heat = &window->heats[i];

		if (policy->plan->funcs[heat->func].target != targets || policy->is_off[heat->func])
			continue;
		policy->chosen[count++] = *heat;
		*cost_ns -= heat->cost_ns;
	}
	return count;
}

static struct policy_step take_off(struct policy *policy, size_t count, uint64_t cost_after_ns)
{
	struct policy_step step = step_of(policy, POLICY_TAKE_OFF, cost_after_ns);

	for (size_t i = 0; i < count; i++)
		policy->is_off[policy->chosen[i].func] = true;
	policy->num_off += count;
	step.num_heats = count;
	return step;
}

/* Of functions that are no targets: so many that the rest fits; where it cannot, since others alone
 * take too much, so many that the rest is of no weight. */
static struct policy_step take_others_off(struct policy *policy)
{
	const struct window *window = &policy->window;
	double goal = GOAL * policy->max_share;
	uint64_t fixed_ns = window->target_ns + window->state_ns + window->own_ns;
	uint64_t cost_ns = window->cost_ns, others_ns = cost_ns - fixed_ns;
	size_t count;

	if (window_share(window, fixed_ns) < goal) {
		count = choose(policy, false, goal, &cost_ns);
	} else {
		count = choose(policy, false, REST * policy->max_share, &others_ns);
		cost_ns = fixed_ns + others_ns;
	}
	return count ? take_off(policy, count, cost_ns)
		     : step_of(policy, POLICY_WAIT, window->cost_ns);
}

/* ---- begin ---- */

/* The next sites; without those of functions that were taken off meanwhile. */
static size_t fill_batch(struct policy *policy)
{
	size_t count = 0;

	while (count < policy->batch_size && policy->num_done < policy->num_order) {
		uint32_t site = policy->order[policy->num_done];
		size_t low = 0, high = policy->plan->num_funcs;

		/* The function that it is in: the last that begins before. */
		while (high - low > 1) {
			size_t middle = (low + high) / 2;

			*(policy->plan->funcs[middle].first_site <= site ? &low : &high) = middle;
		}
		if (!policy->is_off[low])
			policy->batch[count++] = site;
		policy->num_done++;
	}
	return count;
}

static struct policy_step attach_next(struct policy *policy, const struct sample *sample)
{
	struct policy_step step = step_of(policy, POLICY_ATTACH, policy->window.cost_ns);

	step.sites = policy->batch;
	step.num_sites = fill_batch(policy);
	window_start(&policy->window, sample);
	policy->attached_ns = 0;
	if (!step.num_sites)
		step.action = POLICY_BEGIN;
	return step;
}

struct policy_step policy_begin(struct policy *policy, const struct sample *sample)
{
	struct window *window = &policy->window;
	bool is_watched;

	if (!policy->num_done)
		return attach_next(policy, sample);
	is_watched =
		policy->attached_ns && sample->now_ns - policy->attached_ns >= POLICY_OBSERVE_NS;
	if (policy->attached_ns && !is_watched)
		return step_of(policy, POLICY_WAIT, window->cost_ns);
	window_measure(window, sample, true);
	policy->share = window_share(window, window->cost_ns);
	if (policy->share > policy->max_share) {
		struct policy_step step = take_others_off(policy);

		window_start(window, sample);
		policy->batch_size = MIN_BATCH;
		policy->attached_ns = sample->now_ns;
		if (step.action != POLICY_WAIT)
			return step;
	}
	if (is_watched) {
		if (policy->share < policy->max_share / 2 && policy->batch_size < MAX_BATCH)
			policy->batch_size *= 2;
		return attach_next(policy, sample);
	}
	/* What was counted while they came is of some of them only. */
	window_start(window, sample);
	policy->attached_ns = sample->now_ns;
	return step_of(policy, POLICY_WAIT, window->cost_ns);
}

/* ---- while tracing ---- */

static bool any_target_stays(const struct policy *policy, size_t num_chosen)
{
	size_t count = 0;

	for (size_t i = 0; i < policy->plan->num_funcs; i++)
		count += policy->plan->funcs[i].target && policy->plan->funcs[i].num_sites &&
			 !policy->is_off[i];
	return count > num_chosen;
}

/* Nothing but targets is left. */
static struct policy_step curb_targets(struct policy *policy)
{
	uint64_t cost_ns = policy->window.cost_ns;
	size_t count;

	count = choose(policy, true, GOAL * policy->max_share, &cost_ns);
	if (count && any_target_stays(policy, count))
		return take_off(policy, count, cost_ns);
	return step_of(policy, POLICY_END, cost_ns);
}

struct policy_step policy_watch(struct policy *policy, const struct sample *sample)
{
	struct window *window = &policy->window;
	struct policy_step step;

	if (sample->now_ns - window->start.now_ns < POLICY_WINDOW_NS)
		return (struct policy_step){.action = POLICY_WAIT};
	window_measure(window, sample, false);
	policy->share = window_share(window, window->cost_ns);
	step = step_of(policy, POLICY_WAIT, window->cost_ns);
	if (policy->share > policy->max_share) {
		step = take_others_off(policy);
		if (step.action == POLICY_WAIT)
			step = curb_targets(policy);
	}
	window_start(window, sample);
	return step;
}
