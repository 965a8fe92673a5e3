/* SPDX-License-Identifier: MIT */
/* test_policy.c - the guard's steps, of counters that are fed by hand. */
#include "guard/policy.h"
#include "guard_world.h"

static void build(struct world *world, uint32_t num_funcs, uint32_t num_targets, double max_share)
{
	world_build(world, num_funcs, num_targets);
	assert_null(policy_new(&world->plan, &(struct policy_options){.max_share = max_share},
			       &world->policy));
}

static void destroy(struct world *world)
{
	policy_free(world->policy);
	world_destroy(world);
}

static void attach_all(struct world *world)
{
	struct sample sample;

	memset(world->is_attached, 1, world->plan.num_sites);
	sample = world_look(world);
	policy_restart(world->policy, &sample);
}

/* Until something is to be done, or for two seconds. */
static struct guard_step watch(struct world *world)
{
	struct guard_step step = {};

	for (int i = 0; i < 20 && step.action == GUARD_WAIT; i++) {
		struct sample sample;

		world_run(world, 100 * MS);
		sample = world_look(world);
		step = policy_watch(world->policy, &sample);
		world_carry_out(world, &step);
	}
	return step;
}

static void test_cheap(void **state)
{
	struct world world;

	build(&world, 100, 1, 0.2);
	world.rates[5] = 10000; /* 5.5 % */
	attach_all(&world);
	assert_int_equal(watch(&world).action, GUARD_WAIT);
	assert_int_equal(policy_num_off(world.policy), 0);
	destroy(&world);
}

/* Not before half a second; the dearest alone when that is enough. */
static void test_hottest_first(void **state)
{
	struct guard_step step;
	struct sample sample;
	struct world world;

	build(&world, 100, 1, 0.2);
	world.rates[0] = world.rates[5] = world.rates[6] = 5000;
	world.rates[7] = 1000000;
	attach_all(&world);
	world_run(&world, 400 * MS);
	sample = world_look(&world);
	assert_int_equal(policy_watch(world.policy, &sample).action, GUARD_WAIT);
	step = watch(&world);
	assert_int_equal(step.action, GUARD_TAKE_OFF);
	assert_int_equal(step.num_heats, 1);
	assert_int_equal(step.heats[0].func, 7);
	assert_true(step.share > 0.8 && step.share_after < 0.2);
	assert_int_equal(watch(&world).action, GUARD_WAIT);
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
	assert_true(world_share(&world) <= 0.2);
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
	assert_int_equal(watch(&world).action, GUARD_WAIT);
	world.rates[3] = 0;
	world.rates[4] = 1000000;
	assert_int_equal(watch(&world).action, GUARD_TAKE_OFF);
	assert_false(world.is_attached[8]);
	assert_true(world.is_attached[6]);
	destroy(&world);
}

/* Of half a second: 100 ms of probes at function 4 were paid for by processes that had 200 ms of CPU time; others, which are
 * traced or not, had so much and hit nothing. */
static struct guard_step watch_one_side(bool others_hit, uint64_t rest_ns, uint64_t others_seen_ns)
{
	uint64_t others_hits[20 + WORLD_NUM_OWN] = {};
	struct guard_step step;
	struct sample sample;
	struct world world;

	build(&world, 10, 1, 0.2);
	memset(world.is_attached, 1, world.plan.num_sites);
	sample = world_look(&world);
	sample.others_hits = others_hits;
	policy_restart(world.policy, &sample);
	world.now_ns += 500 * MS;
	world.hits[8] = world.hits[9] = 100 * MS / CALL_NS;
	world.cpu_ns = 200 * MS + rest_ns;
	sample = world_look(&world);
	sample.others_hits = others_hits;
	sample.others_cpu_ns = others_hit ? others_seen_ns : rest_ns;
	if (others_hit)
		memcpy(others_hits, world.hits, sizeof(others_hits));
	step = policy_watch(world.policy, &sample);
	assert_true(step.action == GUARD_WAIT || step.heats[0].func == 4);
	destroy(&world);
	step.heats = NULL;
	return step;
}

/* CPU time of those that do not pay does not count. */
static void test_whose(void **state)
{
	struct guard_step step = watch_one_side(false, 1900 * MS, 0);

	assert_int_equal(step.action, GUARD_TAKE_OFF);
	assert_false(step.is_of_others);
	assert_true(step.share > 0.45 && step.share < 0.55);
	step = watch_one_side(true, 1900 * MS, 200 * MS);
	assert_int_equal(step.action, GUARD_TAKE_OFF);
	assert_true(step.is_of_others);
	assert_true(step.share > 0.45 && step.share < 0.55);
	assert_false(watch_one_side(false, 0, 0).is_of_others);
	/* Hits cost nearly all, or a bit more than that, of what is known better; most had ended before they were seen. */
	assert_true(watch_one_side(true, 1900 * MS, 90 * MS).is_of_others);
	assert_false(watch_one_side(true, 1900 * MS, 20 * MS).is_of_others);
}

/* Others hit between the two readings, which counts as hits of the traced ones until more are read. */
static void test_hits_do_not_go_back(void **state)
{
	const struct plan plan = {.num_sites = 1};
	uint64_t hits = 130, others = 100, traced = 10;

	sample_split_hits(&plan, &hits, &others, &traced);
	assert_int_equal(traced, 30);
	assert_int_equal(hits, 130);
	hits = others = 140;
	sample_split_hits(&plan, &hits, &others, &traced);
	assert_int_equal(traced, 30);
	assert_int_equal(hits, 170);
	hits = 200;
	sample_split_hits(&plan, &hits, &others, &traced);
	assert_int_equal(traced, 60);
	assert_int_equal(hits, 200);
}

/* Next to nothing, though it is half of what an idle program does. */
static void test_idle(void **state)
{
	struct guard_step step;
	struct sample sample;
	struct world world;

	build(&world, 10, 1, 0.2);
	attach_all(&world);
	world.now_ns += 1000 * MS;
	world.cpu_ns += 2 * MS;
	world.hits[4] += 400; /* 0.4 ms */
	sample = world_look(&world);
	step = policy_watch(world.policy, &sample);
	assert_int_equal(step.action, GUARD_WAIT);
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
	assert_int_equal(watch(&world).action, GUARD_END);
	assert_true(world.now_ns >= 1000 * MS);
	destroy(&world);
}

/* The same where it may rest: as long as needed, again and again, and all stays as it is. */
static void test_rest(void **state)
{
	const struct policy_options options = {.max_share = 0.2, .may_rest = true};
	struct guard_step step;
	struct world world;

	build(&world, 10, 2, 0.2);
	policy_free(world.policy);
	assert_null(policy_new(&world.plan, &options, &world.policy));
	world.rates[0] = world.rates[1] = 1000000;
	attach_all(&world);
	for (int i = 0; i < 2; i++) {
		uint64_t on_ns = world.now_ns;

		step = watch(&world);
		on_ns = world.now_ns - on_ns;
		assert_int_equal(step.action, GUARD_REST);
		assert_true(step.share > 0.5);
		/* What was spent, of the time with the rest. */
		assert_true((double)on_ns * step.share / (double)(on_ns + step.wait_ns) < 0.2);
		assert_true(step.wait_ns < 10 * on_ns);
		assert_int_equal(policy_num_off(world.policy), 0);
	}
	destroy(&world);
}

/* It is over before anything is done. */
static void test_burst(void **state)
{
	struct world world;

	build(&world, 10, 1, 0.2);
	attach_all(&world);
	world.rates[0] = 1000000;
	for (int i = 0; i < 40; i++) {
		struct sample sample;

		world_run(&world, 100 * MS);
		sample = world_look(&world);
		assert_int_equal(policy_watch(world.policy, &sample).action, GUARD_WAIT);
		if (i == 5)
			world.rates[0] = 0;
	}
	destroy(&world);
}

/* A moment's cost that is little is borne, unless it comes again in the next half second. */
static void test_little(void **state)
{
	struct world world;

	for (int num_over = 1; num_over <= 2; num_over++) {
		struct guard_step step = {};

		build(&world, 10, 1, 0.2);
		world.every_ns = 500 * MS;
		world.own_rates[WORLD_STATE] = 4000000;
		attach_all(&world);
		for (int i = 0; i < 60 && step.action == GUARD_WAIT; i++) {
			struct sample sample;

			/* Of three half seconds so many. */
			world.busy_ns = i / 5 % 3 < num_over ? 20 * MS : 0;
			world_run(&world, 100 * MS);
			sample = world_look(&world);
			step = policy_watch(world.policy, &sample);
		}
		assert_int_equal(step.action, num_over == 1 ? GUARD_WAIT : GUARD_STATES_OFF);
		destroy(&world);
	}
}

/* One of two targets. */
static void test_hot_of_targets(void **state)
{
	struct guard_step step;
	struct world world;

	build(&world, 10, 2, 0.2);
	world.rates[1] = 1000000;
	attach_all(&world);
	step = watch(&world);
	assert_int_equal(step.action, GUARD_TAKE_OFF);
	assert_int_equal(step.heats[0].func, 1);
	assert_int_equal(watch(&world).action, GUARD_WAIT);
	destroy(&world);
}

/* Records cost most of what targets cost: fewer of their calls are traced, and all probes stay. */
static void test_sample(void **state)
{
	struct guard_step step;
	struct world world;

	build(&world, 10, 1, 0.2);
	world.rates[0] = 20000;
	world.rates[4] = 5000;
	world.told_extra_ns = 20000;
	attach_all(&world);
	assert_int_equal(watch(&world).action, GUARD_TAKE_OFF); /* of what is no target */
	step = watch(&world);
	assert_int_equal(step.action, GUARD_SAMPLE);
	assert_in_range(step.one_in, 8, 16);
	assert_true(step.share > 0.4 && step.share_after <= 0.16);
	assert_int_equal(watch(&world).action, GUARD_WAIT);
	assert_true(world_share(&world) <= 0.2 && world.is_attached[0]);
	/* They come more often. */
	world.rates[0] = 25000;
	step = watch(&world);
	assert_true(step.action != GUARD_SAMPLE || step.one_in > 8);
	destroy(&world);
}

/* States cost most; what the user asked for stays. */
static void test_states(void **state)
{
	struct guard_step step;
	struct world world;

	build(&world, 10, 1, 0.2);
	world.rates[0] = 5000;
	world.own_rates[WORLD_STATE] = 500000;
	attach_all(&world);
	step = watch(&world);
	assert_int_equal(step.action, GUARD_STATES_OFF);
	assert_int_equal(step.num_funcs, 2);
	assert_true(step.share_of_states > 0.9 && step.share_after < 0.1);
	assert_false(world.is_attached[20 + WORLD_STATE] || world.is_attached[20 + WORLD_BIRTH]);
	assert_true(world.is_attached[0] && world.is_attached[20 + WORLD_GOEXIT]);
	assert_int_equal(watch(&world).action, GUARD_WAIT);
	destroy(&world);
}

/* Where goroutines begin is left, as long as that does not cost too much alone. */
static void test_births(void **state)
{
	const struct policy_options options = {.max_share = 0.2, .keeps_births = true};
	struct guard_step step;
	struct world world;

	build(&world, 10, 1, 0.2);
	policy_free(world.policy);
	assert_null(policy_new(&world.plan, &options, &world.policy));
	world.rates[0] = 5000;
	world.own_rates[WORLD_STATE] = 500000;
	attach_all(&world);
	step = watch(&world);
	assert_int_equal(step.action, GUARD_STATES_OFF);
	assert_false(step.is_of_births || world.is_attached[20 + WORLD_STATE]);
	assert_true(world.is_attached[20 + WORLD_BIRTH]);
	assert_int_equal(watch(&world).action, GUARD_WAIT);
	world.own_rates[WORLD_BIRTH] = 500000;
	step = watch(&world);
	assert_int_equal(step.action, GUARD_STATES_OFF);
	assert_true(step.is_of_births);
	assert_false(world.is_attached[20 + WORLD_BIRTH]);
	assert_int_equal(watch(&world).action, GUARD_WAIT);
	destroy(&world);
}

/* Where probes themselves cost most it would not help. */
static void test_no_sample(void **state)
{
	struct world world;

	build(&world, 10, 2, 0.2);
	world.rates[0] = 100000;
	world.told_extra_ns = 1000;
	attach_all(&world);
	assert_int_equal(watch(&world).action, GUARD_TAKE_OFF);
	assert_false(world.is_attached[0]);
	assert_int_equal(watch(&world).action, GUARD_WAIT);
	destroy(&world);
}

/* Functions that need SITE_RESUME go together with it, and not otherwise. */
static void test_resume(void **state)
{
	struct guard_step step;
	struct world world;

	build(&world, 10, 1, 0.2);
	world.plan.funcs[4].needs_resume = world.plan.funcs[5].needs_resume = true;
	world.rates[4] = 1000;
	world.rates[6] = 10000;
	world.own_rates[WORLD_RESUME] = 100000;
	attach_all(&world);
	step = watch(&world);
	assert_int_equal(step.action, GUARD_TAKE_OFF);
	assert_int_equal(step.num_funcs, 3);
	/* Of the tracer's own nothing is told. */
	assert_int_equal(step.num_heats, 2);
	assert_int_equal(policy_num_off(world.policy), 2);
	assert_false(world.is_attached[8] || world.is_attached[10]);
	assert_false(world.is_attached[20 + WORLD_RESUME]);
	assert_true(world.is_attached[12] && world.is_attached[20 + WORLD_GOEXIT]);
	assert_int_equal(watch(&world).action, GUARD_WAIT);
	destroy(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cheap),      cmocka_unit_test(test_hottest_first),
		cmocka_unit_test(test_many_small), cmocka_unit_test(test_changes),
		cmocka_unit_test(test_whose),      cmocka_unit_test(test_hits_do_not_go_back),
		cmocka_unit_test(test_idle),       cmocka_unit_test(test_hot_target),
		cmocka_unit_test(test_rest),       cmocka_unit_test(test_hot_of_targets),
		cmocka_unit_test(test_resume),     cmocka_unit_test(test_sample),
		cmocka_unit_test(test_no_sample),  cmocka_unit_test(test_states),
		cmocka_unit_test(test_births),     cmocka_unit_test(test_burst),
		cmocka_unit_test(test_little),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
