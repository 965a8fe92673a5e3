/* SPDX-License-Identifier: MIT */
/* test_policy.c - the guard's steps, of counters that are fed by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "guard/policy.h"

#define MAX_FUNCS   20000
#define EMULATED_NS 500
#define STEPPED_NS  4000
#define PROGRAM_NS  500
#define CALL_NS     (EMULATED_NS + STEPPED_NS + 2 * PROGRAM_NS) /* of both of a function's probes */
#define MS          1000000ull

/* A program that always has one CPU: functions with one entry and one exit, behind them two sites of
 * the tracer's own, the second where states change. */
struct world {
	struct plan plan;
	struct gobin_func func; /* of all */
	uint64_t *hits;
	uint64_t *rates; /* calls of each function in a second of the program's own time */
	uint64_t state_rate;
	bool *is_attached; /* by site */
	uint64_t now_ns, cpu_ns;
	struct policy *policy;
};

static void build(struct world *world, uint32_t num_funcs, uint32_t num_targets, double max_share)
{
	struct plan *plan = &world->plan;

	*world = (struct world){.func.name = "main.f"};
	plan->num_funcs = num_funcs;
	plan->num_runtime_funcs = 2;
	plan->num_sites = 2 * num_funcs + 2;
	plan->funcs = calloc(num_funcs, sizeof(*plan->funcs));
	plan->runtime_funcs = calloc(2, sizeof(*plan->runtime_funcs));
	plan->sites = calloc(plan->num_sites, sizeof(*plan->sites));
	world->hits = calloc(plan->num_sites, sizeof(*world->hits));
	world->rates = calloc(num_funcs, sizeof(*world->rates));
	world->is_attached = calloc(plan->num_sites, sizeof(*world->is_attached));
	for (uint32_t i = 0; i < num_funcs; i++) {
		plan->funcs[i] = (struct plan_func){.func = &world->func,
						    .first_site = 2 * i,
						    .num_sites = 2,
						    .target = i < num_targets};
		plan->sites[2 * i] = (struct site){.kind = SITE_ENTRY, .cost = SITE_EMULATED};
		plan->sites[2 * i + 1] =
			(struct site){.kind = SITE_RETURN, .cost = SITE_SINGLE_STEP};
	}
	for (uint32_t i = 0; i < 2; i++)
		plan->runtime_funcs[i] = (struct plan_func){
			.func = &world->func, .first_site = 2 * num_funcs + i, .num_sites = 1};
	plan->sites[2 * num_funcs].kind = SITE_GOEXIT;
	plan->sites[2 * num_funcs + 1] =
		(struct site){.kind = SITE_STATE_ARGS, .cost = SITE_EMULATED};
	assert_null(policy_new(plan, max_share, &world->policy));
}

static void destroy(struct world *world)
{
	policy_free(world->policy);
	free(world->plan.funcs);
	free(world->plan.runtime_funcs);
	free(world->plan.sites);
	free(world->hits);
	free(world->rates);
	free(world->is_attached);
}

static struct sample look(const struct world *world)
{
	return (struct sample){
		.now_ns = world->now_ns,
		.cpu_ns = world->cpu_ns,
		.hits = world->hits,
		.tariff = {.trap = {.emulated_ns = EMULATED_NS, .stepped_ns = STEPPED_NS},
			   .program_ns = PROGRAM_NS}};
}

static uint64_t rate_of(const struct world *world, size_t site)
{
	if (site / 2 < world->plan.num_funcs)
		return world->rates[site / 2];
	return site % 2 ? world->state_rate : 0;
}

/* What probes cost for each second of the program's own time. */
static double probes_cost(const struct world *world)
{
	double sum_ns = 0;

	for (size_t i = 0; i < world->plan.num_sites; i++)
		if (world->is_attached[i])
			sum_ns += (double)rate_of(world, i) *
				  (PROGRAM_NS + (world->plan.sites[i].cost == SITE_EMULATED
							 ? EMULATED_NS
							 : STEPPED_NS));
	return sum_ns / 1e9;
}

static double share_of_probes(const struct world *world)
{
	double cost = probes_cost(world);

	return cost / (1 + cost);
}

static void run(struct world *world, uint64_t ns)
{
	double own_s = (double)ns / 1e9 / (1 + probes_cost(world));

	world->now_ns += ns;
	world->cpu_ns += ns;
	for (size_t i = 0; i < world->plan.num_sites; i++)
		if (world->is_attached[i])
			world->hits[i] += (uint64_t)((double)rate_of(world, i) * own_s);
}

static void carry_out(struct world *world, const struct policy_step *step)
{
	for (size_t i = 0; i < step->num_sites && step->action == POLICY_ATTACH; i++) {
		assert_false(world->is_attached[step->sites[i]]);
		world->is_attached[step->sites[i]] = true;
	}
	for (size_t i = 0; i < step->num_heats && step->action == POLICY_TAKE_OFF; i++)
		memset(&world->is_attached[2 * step->heats[i].func], 0, 2);
}

static void attach_all(struct world *world)
{
	struct sample sample;

	memset(world->is_attached, 1, world->plan.num_sites);
	sample = look(world);
	policy_restart(world->policy, &sample);
}

/* Until something is to be done, or for two seconds. */
static struct policy_step watch(struct world *world)
{
	struct policy_step step = {};

	for (int i = 0; i < 20 && step.action == POLICY_WAIT; i++) {
		struct sample sample;

		run(world, 100 * MS);
		sample = look(world);
		step = policy_watch(world->policy, &sample);
		carry_out(world, &step);
	}
	return step;
}

/* ---- while tracing ---- */

static void test_cheap(void **state)
{
	struct world world;

	build(&world, 100, 1, 0.2);
	world.rates[5] = 10000; /* 5.5 % */
	attach_all(&world);
	assert_int_equal(watch(&world).action, POLICY_WAIT);
	assert_int_equal(policy_num_off(world.policy), 0);
	destroy(&world);
}

/* Not before half a second; the dearest alone when that is enough. */
static void test_hottest_first(void **state)
{
	struct policy_step step;
	struct sample sample;
	struct world world;

	build(&world, 100, 1, 0.2);
	world.rates[0] = world.rates[5] = world.rates[6] = 5000;
	world.rates[7] = 1000000;
	attach_all(&world);
	run(&world, 400 * MS);
	sample = look(&world);
	assert_int_equal(policy_watch(world.policy, &sample).action, POLICY_WAIT);
	step = watch(&world);
	assert_int_equal(step.action, POLICY_TAKE_OFF);
	assert_int_equal(step.num_heats, 1);
	assert_int_equal(step.heats[0].func, 7);
	assert_true(step.share > 0.8 && step.share_after < 0.2);
	assert_int_equal(watch(&world).action, POLICY_WAIT);
	assert_int_equal(policy_num_off(world.policy), 1);
	destroy(&world);
}

/* A hundred that are nothing by themselves. */
static void test_many_small(void **state)
{
	struct world world;

	build(&world, 200, 1, 0.2);
	for (int i = 50; i < 150; i++)
		world.rates[i] = 1000; /* 55 % together */
	attach_all(&world);
	for (int i = 0; i < 5; i++)
		watch(&world);
	assert_true(share_of_probes(&world) <= 0.2);
	/* No more than need be. */
	assert_in_range(policy_num_off(world.policy), 50, 75);
	assert_true(world.is_attached[0]);
	destroy(&world);
}

/* What the program does changes; what was taken off stays off. */
static void test_changes(void **state)
{
	struct world world;

	build(&world, 10, 1, 0.2);
	world.rates[3] = 1000;
	attach_all(&world);
	assert_int_equal(watch(&world).action, POLICY_WAIT);
	world.rates[3] = 0;
	world.rates[4] = 1000000;
	assert_int_equal(watch(&world).action, POLICY_TAKE_OFF);
	assert_false(world.is_attached[8]);
	assert_true(world.is_attached[6]);
	destroy(&world);
}

/* Next to nothing, though it is half of what an idle program does. */
static void test_idle(void **state)
{
	struct policy_step step;
	struct sample sample;
	struct world world;

	build(&world, 10, 1, 0.2);
	attach_all(&world);
	world.now_ns += 1000 * MS;
	world.cpu_ns += 2 * MS;
	world.hits[4] += 400; /* 0.4 ms */
	sample = look(&world);
	step = policy_watch(world.policy, &sample);
	assert_int_equal(step.action, POLICY_WAIT);
	destroy(&world);
}

/* The only target. */
static void test_hot_target(void **state)
{
	struct world world;

	build(&world, 10, 1, 0.2);
	world.rates[0] = 1000000;
	world.rates[3] = 10; /* costs nothing, and going would not help */
	attach_all(&world);
	assert_int_equal(watch(&world).action, POLICY_END);
	assert_int_equal(policy_num_off(world.policy), 0);
	destroy(&world);
}

/* One of two targets. */
static void test_hot_of_targets(void **state)
{
	struct policy_step step;
	struct world world;

	build(&world, 10, 2, 0.2);
	world.rates[1] = 1000000;
	attach_all(&world);
	step = watch(&world);
	assert_int_equal(step.action, POLICY_TAKE_OFF);
	assert_int_equal(step.heats[0].func, 1);
	assert_int_equal(watch(&world).action, POLICY_WAIT);
	destroy(&world);
}

/* ---- begin ---- */

struct beginning {
	unsigned num_batches;
	double worst; /* share after a batch, before the next came */
	size_t largest;
	bool exits; /* have come */
};

/* To its end; attaching takes as long as it does. */
static struct beginning begin(struct world *world, uint64_t attach_ns)
{
	struct beginning beginning = {};

	for (int i = 0; i < 1000000; i++) {
		struct sample sample = look(world);
		struct policy_step step = policy_begin(world->policy, &sample);

		carry_out(world, &step);
		if (step.action == POLICY_BEGIN)
			return beginning;
		if (step.action == POLICY_ATTACH) {
			double share = share_of_probes(world);

			beginning.num_batches++;
			if (step.num_sites > beginning.largest)
				beginning.largest = step.num_sites;
			if (share > beginning.worst)
				beginning.worst = share;
			/* All entries before all exits. */
			for (size_t j = 0; j < step.num_sites; j++) {
				assert_true(step.sites[j] % 2 || !beginning.exits);
				beginning.exits |= step.sites[j] % 2;
			}
			run(world, step.num_sites * attach_ns);
		}
		run(world, 5 * MS);
	}
	fail_msg("it never begins");
	return beginning;
}

static void test_begin_cheap(void **state)
{
	struct beginning beginning;
	struct world world;

	build(&world, MAX_FUNCS, 1, 0.2);
	beginning = begin(&world, 10000);
	assert_int_equal(beginning.largest, 8192);
	assert_true(beginning.num_batches < 14);
	for (size_t i = 0; i < 2 * MAX_FUNCS; i++)
		assert_true(world.is_attached[i]);
	destroy(&world);
}

/* Those that are called too often have no exit, ever; what is left fits, once all is there. */
static void test_begin_hot(void **state)
{
	struct beginning beginning;
	struct world world;

	build(&world, MAX_FUNCS, 1, 0.2);
	for (int i = 0; i < 40; i++)
		world.rates[100 + 471 * i] = 1000000 / (uint64_t)(i + 1);
	for (int i = 0; i < MAX_FUNCS; i += 10)
		world.rates[i] += 5; /* 2,000 functions: 5 % together */
	beginning = begin(&world, 10000);
	assert_true(share_of_probes(&world) <= 0.2);
	for (int i = 0; i < 10; i++)
		assert_false(world.is_attached[2 * (100 + 471 * i)]);
	assert_true(world.is_attached[0] && world.is_attached[1]);
	assert_in_range(policy_num_off(world.policy), 20, 60);
	assert_true(beginning.exits);
	destroy(&world);
}

/* Targets are never left out at the begin. */
static void test_begin_target(void **state)
{
	struct world world;

	build(&world, 1000, 1, 0.2);
	world.rates[0] = 1000000;
	world.rates[7] = 1000000;
	world.rates[8] = 1;
	begin(&world, 10000);
	assert_true(world.is_attached[0]);
	assert_false(world.is_attached[14]);
	assert_true(world.is_attached[16]);
	destroy(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cheap),          cmocka_unit_test(test_hottest_first),
		cmocka_unit_test(test_many_small),     cmocka_unit_test(test_changes),
		cmocka_unit_test(test_idle),           cmocka_unit_test(test_hot_target),
		cmocka_unit_test(test_hot_of_targets), cmocka_unit_test(test_begin_cheap),
		cmocka_unit_test(test_begin_hot),      cmocka_unit_test(test_begin_target),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
