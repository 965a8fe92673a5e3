/* SPDX-License-Identifier: MIT */
/* window.c - what probes have cost during a stretch of time; see window.h. */
#include "guard/window.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of one CPU: less is little. */
#define LITTLE 0.1
/* Of the CPU time, for the program itself: what a hit costs is not known so well that less could be
 * told from nothing. */
#define MIN_REST 0.05

void sample_split_hits(const struct plan *plan, uint64_t *hits, const uint64_t *others,
		       uint64_t *traced)
{
	for (size_t i = 0; i < plan->num_sites; i++) {
		if (hits[i] > traced[i] + others[i])
			traced[i] = hits[i] - others[i];
		hits[i] = traced[i] + others[i];
	}
}

struct error *window_init(struct window *window, const struct plan *plan)
{
	uint64_t *hits = calloc(plan->num_sites + 1, sizeof(*hits));

	*window = (struct window){.plan = plan, .start.hits = hits};
	window->heats = calloc(plan_num_all(plan) + 1, sizeof(*window->heats));
	if (hits && window->heats)
		return NULL;
	window_destroy(window);
	return error_out_of_memory();
}

void window_destroy(struct window *window)
{
	free((void *)window->start.hits);
	free(window->heats);
	window->start.hits = NULL;
	window->heats = NULL;
}

void window_start(struct window *window, const struct sample *sample)
{
	uint64_t *hits = (uint64_t *)window->start.hits;

	memcpy(hits, sample->hits, window->plan->num_sites * sizeof(*hits));
	window->start = *sample;
	window->start.hits = hits;
}

/* ---- measuring ---- */

static uint64_t hits_since(const struct window *window, const struct sample *sample, uint32_t site)
{
	return sample->hits[site] - window->start.hits[site];
}

static uint64_t cost_of(const struct window *window, const struct sample *sample,
			const struct plan_func *func)
{
	uint64_t sum_ns = 0;

	for (uint32_t i = func->first_site; i < func->first_site + func->num_sites; i++) {
		uint64_t hits = hits_since(window, sample, i);

		if (hits)
			sum_ns += hits * tariff_ns(&sample->tariff, &window->plan->sites[i]);
	}
	return sum_ns;
}

/* A call leaves by one of the exits; of several any will do, they cost about the same. */
static uint64_t whole_cost_of(const struct window *window, const struct sample *sample,
			      const struct plan_func *func, uint64_t calls)
{
	const struct site *sites = &window->plan->sites[func->first_site];
	uint64_t call_ns = tariff_ns(&sample->tariff, &sites[0]);

	if (func->num_sites > 1)
		call_ns += tariff_ns(&sample->tariff, &sites[1]);
	return calls * call_ns;
}

static uint64_t at_least(uint64_t number, uint64_t least)
{
	return number < least ? least : number;
}

static void add_heat(struct window *window, struct heat heat)
{
	window->cost_ns += heat.cost_ns;
	if (heat.cost_ns)
		window->heats[window->num_heats++] = heat;
}

static int by_cost(const void *a, const void *b)
{
	const struct heat *one = a, *other = b;

	if (one->cost_ns != other->cost_ns)
		return one->cost_ns < other->cost_ns ? 1 : -1;
	return one->func < other->func ? -1 : 1;
}

static void measure_funcs(struct window *window, const struct sample *sample, bool whole_calls)
{
	const struct plan *plan = window->plan;

	for (uint32_t i = 0; i < plan->num_funcs; i++) {
		const struct plan_func *func = &plan->funcs[i];
		struct heat heat = {.func = i};

		if (!func->num_sites)
			continue;
		heat.calls = hits_since(window, sample, func->first_site);
		heat.cost_ns = cost_of(window, sample, func);
		window->spent_ns += heat.cost_ns;
		if (whole_calls)
			heat.cost_ns = at_least(whole_cost_of(window, sample, func, heat.calls),
						heat.cost_ns);
		add_heat(window, heat);
		window->target_ns += func->target ? heat.cost_ns : 0;
	}
}

static void measure_own(struct window *window, const struct sample *sample)
{
	const struct plan *plan = window->plan;

	for (size_t i = 0; i < plan->num_runtime_funcs; i++) {
		const struct plan_func *func = &plan->runtime_funcs[i];
		const struct site *site = &plan->sites[func->first_site];
		uint64_t cost_ns = cost_of(window, sample, func);

		window->spent_ns += cost_ns;
		if (func->num_sites && site->kind == SITE_RESUME) {
			add_heat(window, (struct heat){.func = (uint32_t)(plan->num_funcs + i),
						       .calls = hits_since(window, sample,
									   func->first_site),
						       .cost_ns = cost_ns});
			continue;
		}
		*(func->num_sites && site_is_state(site) ? &window->state_ns : &window->own_ns) +=
			cost_ns;
		window->cost_ns += cost_ns;
	}
}

void window_measure(struct window *window, const struct sample *sample, bool whole_calls)
{
	window->length_ns = sample->now_ns - window->start.now_ns;
	window->cpu_ns = sample->cpu_ns - window->start.cpu_ns;
	window->spent_ns = window->cost_ns = window->target_ns = 0;
	window->state_ns = window->own_ns = 0;
	window->num_heats = 0;
	window->told_ns = (sample->num_told - window->start.num_told) * sample->told_extra_ns;
	measure_funcs(window, sample, whole_calls);
	measure_own(window, sample);
	qsort(window->heats, window->num_heats, sizeof(*window->heats), by_cost);
}

uint64_t sample_spent_ns(const struct plan *plan, const struct sample *sample)
{
	uint64_t sum_ns = 0;

	for (size_t i = 0; i < plan->num_sites; i++)
		if (sample->hits[i])
			sum_ns += sample->hits[i] * tariff_ns(&sample->tariff, &plan->sites[i]);
	return sum_ns;
}

double own_cpu_ns(uint64_t cpu_ns, uint64_t spent_ns)
{
	return fmax((double)cpu_ns - (double)spent_ns, MIN_REST * (double)cpu_ns);
}

double window_rest_ns(const struct window *window)
{
	double least_ns = window->usual_cpus * (double)window->least_ns;

	return fmax(fmax(own_cpu_ns(window->cpu_ns, window->spent_ns), least_ns), 1);
}

double window_cpus(const struct window *window)
{
	if (window->least_ns)
		return window->usual_cpus;
	return window->length_ns ? (double)window->cpu_ns / (double)window->length_ns : 0;
}

static bool is_never_too_much(const struct window *window, double cost_ns)
{
	if (window->least_ns)
		return cost_ns * window->usual_cpus < NEVER_TOO_MUCH * window_rest_ns(window);
	return cost_ns < NEVER_TOO_MUCH * (double)window->length_ns;
}

double window_share(const struct window *window, uint64_t cost_ns)
{
	if (is_never_too_much(window, (double)cost_ns))
		return 0;
	return (double)cost_ns / (window_rest_ns(window) + (double)cost_ns);
}

bool window_is_little(const struct window *window, uint64_t cost_ns)
{
	return (double)cost_ns < LITTLE * (double)window->length_ns;
}
