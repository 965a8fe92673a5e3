/* SPDX-License-Identifier: MIT */
/* guard_world.h - a program and its probes, for tests of what the guard decides: time passes by hand. */
#ifndef TESTS_GUARD_WORLD_H
#define TESTS_GUARD_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "guard/step.h"

#define EMULATED_NS 500
#define STEPPED_NS  4000
#define PROGRAM_NS  500
#define CALL_NS     (EMULATED_NS + STEPPED_NS + 2 * PROGRAM_NS) /* of both of a function's probes */
#define MS          1000000ull

/* The tracer's own sites, behind those of functions. */
enum world_own { WORLD_GOEXIT, WORLD_RESUME, WORLD_STATE, WORLD_BIRTH, WORLD_NUM_OWN };

/* A program that has one CPU, always or now and then: functions with one entry and one exit. */
struct world {
	struct plan plan;
	struct gobin_func func; /* of all */
	uint64_t *hits;
	uint64_t *rates; /* calls of each function in a second of the program's own time */
	uint64_t own_rates[WORLD_NUM_OWN];
	double *due; /* hits of each site that are no whole ones yet */
	bool *is_attached; /* by site */
	uint64_t now_ns, cpu_ns;
	uint64_t every_ns, busy_ns; /* each so often it runs for so long; 0: always */
	uint64_t told_extra_ns, num_told; /* of calls of targets records are sent */
	uint64_t program_extra_ns; /* on average, lately */
	uint32_t one_in;
	/* Who decides. */
	struct policy *policy;
	struct begin *begin;
};

static inline void world_build(struct world *world, uint32_t num_funcs, uint32_t num_targets)
{
	struct plan *plan = &world->plan;

	*world = (struct world){.func.name = "main.f", .one_in = 1};
	plan->num_funcs = num_funcs;
	plan->num_runtime_funcs = WORLD_NUM_OWN;
	plan->num_sites = 2 * num_funcs + WORLD_NUM_OWN;
	plan->funcs = calloc(num_funcs, sizeof(*plan->funcs));
	plan->runtime_funcs = calloc(WORLD_NUM_OWN, sizeof(*plan->runtime_funcs));
	plan->sites = calloc(plan->num_sites, sizeof(*plan->sites));
	world->hits = calloc(plan->num_sites, sizeof(*world->hits));
	world->rates = calloc(num_funcs, sizeof(*world->rates));
	world->due = calloc(plan->num_sites, sizeof(*world->due));
	world->is_attached = calloc(plan->num_sites, sizeof(*world->is_attached));
	for (uint32_t i = 0; i < num_funcs; i++) {
		plan->funcs[i] = (struct plan_func){.func = &world->func,
						    .first_site = 2 * i,
						    .num_sites = 2,
						    .target = i < num_targets};
		plan->sites[2 * i] =
			(struct site){.kind = SITE_ENTRY, .va = 2 * i, .cost = SITE_EMULATED};
		plan->sites[2 * i + 1] = (struct site){
			.kind = SITE_RETURN, .va = 2 * i + 1, .cost = SITE_SINGLE_STEP};
	}
	for (uint32_t i = 0; i < WORLD_NUM_OWN; i++)
		plan->runtime_funcs[i] = (struct plan_func){
			.func = &world->func, .first_site = 2 * num_funcs + i, .num_sites = 1};
	plan->sites[2 * num_funcs + WORLD_GOEXIT].kind = SITE_GOEXIT;
	plan->sites[2 * num_funcs + WORLD_RESUME] =
		(struct site){.kind = SITE_RESUME, .cost = SITE_SINGLE_STEP};
	plan->sites[2 * num_funcs + WORLD_STATE] =
		(struct site){.kind = SITE_STATE_ARGS, .cost = SITE_EMULATED};
	plan->sites[2 * num_funcs + WORLD_BIRTH] =
		(struct site){.kind = SITE_GO, .cost = SITE_EMULATED};
}

static inline void world_destroy(struct world *world)
{
	free(world->plan.funcs);
	free(world->plan.runtime_funcs);
	free(world->plan.sites);
	free(world->hits);
	free(world->rates);
	free(world->due);
	free(world->is_attached);
}

static inline struct sample world_look(const struct world *world)
{
	return (struct sample){
		.now_ns = world->now_ns,
		.cpu_ns = world->cpu_ns,
		.hits = world->hits,
		.num_told = world->num_told,
		.told_extra_ns = world->told_extra_ns,
		.tariff = {.trap = {.emulated_ns = EMULATED_NS, .stepped_ns = STEPPED_NS},
			   .program_ns = PROGRAM_NS + world->program_extra_ns}};
}

static inline uint64_t world_rate_of(const struct world *world, size_t site)
{
	size_t first_own = 2 * world->plan.num_funcs;

	return site < first_own ? world->rates[site / 2] : world->own_rates[site - first_own];
}

static inline bool world_tells(const struct world *world, size_t site)
{
	return site / 2 < world->plan.num_funcs && world->plan.funcs[site / 2].target;
}

/* What probes cost for each second of the program's own time. */
static inline double world_cost(const struct world *world)
{
	double sum_ns = 0;

	for (size_t i = 0; i < world->plan.num_sites; i++) {
		bool is_emulated = world->plan.sites[i].cost == SITE_EMULATED;
		double hit_ns = PROGRAM_NS + (is_emulated ? EMULATED_NS : STEPPED_NS);

		if (world_tells(world, i))
			hit_ns += (double)world->told_extra_ns / world->one_in;
		if (world->is_attached[i])
			sum_ns += (double)world_rate_of(world, i) * hit_ns;
	}
	return sum_ns / 1e9;
}

static inline double world_share(const struct world *world)
{
	double cost = world_cost(world);

	return cost / (1 + cost);
}

/* How long it has run by then. */
static inline uint64_t world_busy_ns(const struct world *world, uint64_t now_ns)
{
	uint64_t rest_ns;

	if (!world->every_ns)
		return now_ns;
	rest_ns = now_ns % world->every_ns;
	return now_ns / world->every_ns * world->busy_ns +
	       (rest_ns < world->busy_ns ? rest_ns : world->busy_ns);
}

static inline void world_run(struct world *world, uint64_t ns)
{
	uint64_t ran_ns =
		world_busy_ns(world, world->now_ns + ns) - world_busy_ns(world, world->now_ns);
	double own_s = (double)ran_ns / 1e9 / (1 + world_cost(world));
	uint64_t num_hits = 0, num_told = 0;

	world->now_ns += ns;
	world->cpu_ns += ran_ns;
	for (size_t i = 0; i < world->plan.num_sites; i++) {
		double due = world->due[i] + (double)world_rate_of(world, i) * own_s;

		if (!world->is_attached[i])
			continue;
		world->hits[i] += (uint64_t)due;
		world->due[i] = due - (double)(uint64_t)due;
		num_hits += (uint64_t)due;
		num_told += world_tells(world, i) ? (uint64_t)due / world->one_in : 0;
	}
	world->num_told += num_told;
	world->program_extra_ns = num_hits ? num_told * world->told_extra_ns / num_hits : 0;
}

static inline void world_carry_out(struct world *world, const struct guard_step *step)
{
	if (step->action == GUARD_SAMPLE)
		world->one_in = step->one_in;
	for (size_t i = 0; i < step->num_sites && step->action == GUARD_ATTACH; i++) {
		assert_false(world->is_attached[step->sites[i]]);
		world->is_attached[step->sites[i]] = true;
	}
	for (size_t i = 0; i < step->num_funcs; i++) {
		const struct plan_func *func = plan_func_at(&world->plan, step->funcs[i]);

		memset(&world->is_attached[func->first_site], 0, func->num_sites);
	}
}

#endif
