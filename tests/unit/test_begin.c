/* SPDX-License-Identifier: MIT */
/* test_begin.c - how probes come step by step, of counters that are fed by hand. */
#include "guard/begin.h"
#include "guard_world.h"

#define NUM_FUNCS 20000

static void build(struct world *world, uint32_t num_funcs, uint32_t num_targets)
{
	world_build(world, num_funcs, num_targets);
	/* Where goroutines are switched comes in its turn. */
	for (uint32_t i = 0; i < WORLD_NUM_OWN; i++)
		world->is_attached[2 * num_funcs + i] = i != WORLD_RESUME;
}

static void destroy(struct world *world)
{
	begin_free(world->begin);
	world_destroy(world);
}

struct beginning {
	unsigned num_batches, num_taken_off;
	double lost_s; /* CPU time of the program that hits took, of what went again, too */
	size_t largest;
	bool exits; /* have come */
	struct guard_step last;
};

/* All entries before all exits, but for those that are at an entry. */
static void check_order(const struct world *world, const struct guard_step *step, bool *exits)
{
	for (size_t i = 0; i < step->num_sites; i++) {
		uint32_t site = step->sites[i];
		bool is_exit = world->plan.sites[site].kind == SITE_RETURN;

		if (is_exit && world->plan.sites[site].va == world->plan.sites[site - 1].va) {
			assert_true(i > 0);
			assert_int_equal(step->sites[i - 1], site - 1);
			continue;
		}
		assert_true(is_exit || !*exits);
		*exits |= is_exit;
	}
}

/* To its end; attaching and taking off take as long as they do, and a quarter of it is CPU time. */
static struct beginning begin(struct world *world, const uint32_t *seen, uint64_t attach_ns)
{
	struct beginning beginning = {};
	struct sample sample = world_look(world);
	const struct begin_options options = {.max_share = 0.2, .seen = seen};

	assert_null(begin_new(&world->plan, &options, &world->begin));
	for (int i = 0; i < 1000000; i++) {
		struct guard_step step = begin_next(world->begin, &sample);
		uint64_t step_ns = attach_ns * (step.num_sites + step.num_funcs) + 2 * MS;

		beginning.last = step;
		world_carry_out(world, &step);
		if (step.action == GUARD_BEGIN)
			return beginning;
		if (step.action == GUARD_ATTACH) {
			beginning.num_batches++;
			if (step.num_sites > beginning.largest)
				beginning.largest = step.num_sites;
			check_order(world, &step, &beginning.exits);
		}
		beginning.num_taken_off += step.action == GUARD_TAKE_OFF;
		if (step.action == GUARD_WAIT)
			step_ns = step.wait_ns > MS ? step.wait_ns : MS;
		beginning.lost_s += world_share(world) * (double)step_ns / 1e9;
		world_run(world, step_ns);
		sample = world_look(world);
		sample.attach_ns = world->now_ns / 1000;
	}
	fail_msg("it never begins");
	return beginning;
}

/* Nothing is called. */
static void test_idle(void **state)
{
	struct beginning beginning;
	uint32_t seen[NUM_FUNCS] = {};
	struct world world;

	build(&world, NUM_FUNCS, 1);
	beginning = begin(&world, seen, 1000);
	assert_true(beginning.num_batches < 40);
	assert_int_equal(beginning.num_taken_off, 0);
	assert_int_equal(beginning.last.num_heats, 0);
	for (size_t i = 0; i < 2 * NUM_FUNCS; i++)
		assert_true(world.is_attached[i]);
	destroy(&world);
}

static struct beginning begin_mostly_idle(struct world *world, uint64_t every_ns, uint64_t busy_ns)
{
	build(world, 5000, 1);
	for (uint32_t i = 0; i < 100; i++)
		world->rates[50 * i + 7] = 20000;
	world->every_ns = every_ns;
	world->busy_ns = busy_ns;
	return begin(world, NULL, 1000);
}

/* All that is called comes all at once, now and then. With all probes it is less than a hundredth of a CPU. */
static void test_mostly_idle(void **state)
{
	for (uint64_t every_ms = 100; every_ms <= 1000; every_ms += 90) {
		struct beginning beginning;
		struct world world;

		beginning = begin_mostly_idle(&world, every_ms * MS, every_ms * MS / 120);
		assert_int_equal(beginning.last.num_heats, 0);
		assert_int_equal(beginning.num_taken_off, 0);
		for (size_t i = 0; i < 2 * 5000; i++)
			assert_true(world.is_attached[i]);
		destroy(&world);
	}
}

/* It is more than that: most go; what is left is for who looks at longer stretches of time, while tracing. */
static void test_mostly_idle_and_dear(void **state)
{
	struct beginning beginning;
	struct world world;

	beginning = begin_mostly_idle(&world, 250 * MS, 40 * MS);
	assert_in_range(beginning.last.num_heats, 50, 100);
	destroy(&world);
}

/* It was idle for long, and begins to work when the first functions get probes. */
static void test_wakes(void **state)
{
	struct beginning beginning;
	struct world world;

	build(&world, 5000, 1);
	for (uint32_t i = 0; i < 100; i++)
		world.rates[50 * i + 7] = 1000000;
	world.now_ns = 20000 * MS;
	beginning = begin(&world, NULL, 10000);
	assert_true(world_share(&world) <= 0.2);
	assert_in_range(beginning.last.num_heats, 90, 100);
	assert_true(beginning.lost_s < 0.5 * (double)world.cpu_ns / 1e9);
	destroy(&world);
}

/* Many are called all the time, and most of them were seen. What is left fits, once all is there, and
 * on the way the program kept most of its time. */
static void test_hot(void **state)
{
	struct beginning beginning;
	uint32_t seen[NUM_FUNCS] = {};
	struct world world;

	build(&world, NUM_FUNCS, 1);
	for (int i = 0; i < 400; i++) {
		world.rates[100 + 47 * i] = 1000000 / (uint64_t)(i + 1);
		seen[100 + 47 * i] = i % 5 ? 3 : 0;
	}
	for (int i = 0; i < NUM_FUNCS; i += 10)
		world.rates[i] += 5; /* 2,000 functions: 5 % together */
	beginning = begin(&world, seen, 10000);
	assert_true(world_share(&world) <= 0.2);
	assert_true(beginning.lost_s < 0.25 * (double)world.now_ns / 1e9);
	for (int i = 0; i < 200; i++)
		assert_true(begin_leaves_out(world.begin, 100 + 47 * i));
	for (uint32_t i = 0; i < NUM_FUNCS; i++) {
		assert_int_equal(world.is_attached[2 * i], !begin_leaves_out(world.begin, i));
		assert_int_equal(world.is_attached[2 * i + 1], world.is_attached[2 * i]);
		assert_true(world.rates[i] > 50 || world.is_attached[2 * i]);
	}
	/* The dearest is told first, as it would be called without probes. */
	assert_in_range(beginning.last.num_heats, 200, 420);
	assert_int_equal(beginning.last.heats[0].func, 100);
	assert_in_range(beginning.last.heats[0].calls, 700000, 1300000);
	destroy(&world);
}

/* Functions that end where they begin, some of them called all the time. */
static void test_empty_functions(void **state)
{
	struct world world;

	build(&world, 1000, 1);
	for (uint32_t i = 0; i < 1000; i += 3)
		world.plan.sites[2 * i + 1].va = world.plan.sites[2 * i].va;
	for (uint32_t i = 90; i < 1000; i += 90)
		world.rates[i] = 100000;
	begin(&world, NULL, 10000);
	assert_true(world_share(&world) <= 0.2);
	for (uint32_t i = 0; i < 1000; i++) {
		assert_int_equal(world.is_attached[2 * i], !begin_leaves_out(world.begin, i));
		assert_int_equal(world.is_attached[2 * i + 1], world.is_attached[2 * i]);
	}
	destroy(&world);
}

/* Nobody looked before. */
static void test_unseen(void **state)
{
	struct world world;

	build(&world, 5000, 1);
	for (uint32_t i = 0; i < 5000; i += 50)
		world.rates[i + 7] = 20000;
	begin(&world, NULL, 10000);
	assert_true(world_share(&world) <= 0.2);
	assert_true(world.is_attached[0]);
	destroy(&world);
}

/* The only target is there, whatever it costs. */
static void test_target(void **state)
{
	struct world world;

	build(&world, 1000, 1);
	world.rates[0] = 1000000;
	world.rates[7] = 1000000;
	world.rates[8] = 1;
	begin(&world, NULL, 10000);
	assert_true(world.is_attached[0]);
	assert_false(world.is_attached[14]);
	assert_true(world.is_attached[16]);
	destroy(&world);
}

/* All are targets: the dearest are left out as others are. */
static void test_targets(void **state)
{
	struct world world;

	build(&world, 1000, 1000);
	for (uint32_t i = 0; i < 20; i++)
		world.rates[40 * i] = 100000;
	begin(&world, NULL, 10000);
	assert_true(world_share(&world) <= 0.2);
	assert_int_equal(world.is_attached[0], false);
	assert_true(world.is_attached[2]);
	destroy(&world);
}

/* What costs something comes as far as it fits. */
static void test_dear(void **state)
{
	struct world world;
	size_t count = 0;

	build(&world, 1000, 1);
	for (uint32_t i = 0; i < 20; i++)
		world.rates[100 + i] = 2000; /* 1.1 % each */
	world.rates[200] = 1000000;
	begin(&world, NULL, 10000);
	for (uint32_t i = 0; i < 20; i++)
		count += world.is_attached[2 * (100 + i)];
	assert_in_range(count, 10, 18);
	destroy(&world);
}

/* Where goroutines are switched all the time, what ends there is left out with that site. */
static void test_resume(void **state)
{
	for (int is_hot = 0; is_hot < 2; is_hot++) {
		struct world world;

		build(&world, 1000, 1);
		world.plan.funcs[500].needs_resume = world.plan.funcs[501].needs_resume = true;
		world.rates[501] = 10;
		world.own_rates[WORLD_RESUME] = is_hot ? 100000 : 100;
		begin(&world, NULL, 10000);
		assert_int_equal(world.is_attached[2000 + WORLD_RESUME], !is_hot);
		for (uint32_t i = 0; i < 1000; i++)
			assert_int_equal(world.is_attached[2 * i],
					 !is_hot || !world.plan.funcs[i].needs_resume);
		destroy(&world);
	}
}

/* Where states alone take most of what is allowed they go, before anything comes. */
static void test_states(void **state)
{
	for (int is_hot = 0; is_hot < 2; is_hot++) {
		struct world world;

		build(&world, 1000, 1);
		world.own_rates[WORLD_STATE] = is_hot ? 500000 : 50000;
		begin(&world, NULL, 10000);
		assert_int_equal(begin_leaves_states_out(world.begin), is_hot);
		assert_int_equal(world.is_attached[2000 + WORLD_STATE], !is_hot);
		for (uint32_t i = 0; i < 1000; i++)
			assert_true(world.is_attached[2 * i]);
		destroy(&world);
	}
}

/* States that take a lot for a moment, before anything else comes or later, and little of a CPU in the long run. */
static void test_few_states(void **state)
{
	static const uint64_t every_ms[] = {1000, 700}, busy_ms[] = {30, 10},
			      rates[] = {300000, 1000000};

	for (int i = 0; i < 2; i++) {
		struct world world;

		build(&world, 1000, 1);
		world.own_rates[WORLD_STATE] = rates[i];
		world.every_ns = every_ms[i] * MS;
		world.busy_ns = busy_ms[i] * MS;
		begin(&world, NULL, 10000);
		assert_false(begin_leaves_states_out(world.begin));
		assert_true(world.is_attached[2000 + WORLD_STATE]);
		destroy(&world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_hot),
		cmocka_unit_test(test_empty_functions),
		cmocka_unit_test(test_unseen),
		cmocka_unit_test(test_target),
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_dear),
		cmocka_unit_test(test_resume),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_few_states),
		cmocka_unit_test(test_mostly_idle),
		cmocka_unit_test(test_mostly_idle_and_dear),
		cmocka_unit_test(test_wakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
