/* SPDX-License-Identifier: MIT */
/* test_hunt_slow.c - which calls are slow, and which are kept to tell why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "hunt/kept.h"
#include "hunt/slow.h"

static struct slow find(const uint64_t *ns, size_t count, uint64_t median_ns, uint64_t p90_ns)
{
	struct weighted calls[16];

	for (size_t i = 0; i < count; i++)
		calls[i] = (struct weighted){ns[i], 1};
	return slow_find(calls, count, median_ns, p90_ns);
}

static void test_jump(void **state)
{
	/* Two kinds of calls: the slow ones are above the middle of the largest jump. */
	const uint64_t two[] = {2, 3, 4, 4, 9, 60000, 70000, 79000};
	const uint64_t one[] = {1000, 1000, 1010, 1020, 90000};
	/* A jump below the median is none. */
	const uint64_t below[] = {1, 1000, 1000, 1010, 1020, 2500};

	assert_int_equal(find(two, 8, 4, 70000).cut_ns, 30004);
	assert_int_equal(find(one, 5, 1010, 90000).cut_ns, 45510);
	assert_int_equal(find(below, 6, 1000, 2500).cut_ns, 1760);
}

static void test_alike(void **state)
{
	const uint64_t alike[] = {1000, 1100, 1200, 1300, 1400};
	const uint64_t only[] = {5000};

	assert_true(find(alike, 5, 1200, 1400).alike);
	assert_true(find(only, 1, 5000, 5000).alike);
}

static void test_no_jump(void **state)
{
	const uint64_t rising[] = {1000, 1300, 1600, 2000, 2500, 3000, 3600};

	assert_false(find(rising, 7, 1600, 3000).alike);
	assert_int_equal(find(rising, 7, 1600, 3000).cut_ns, 3000);
	assert_int_equal(find(rising, 7, 1600, 2000).cut_ns, 2400);
}

/* ---- as programs have them ---- */

#define NUM_CALLS 1000

/* Calls in the order that slow_find() wants them in. */
struct calls {
	struct weighted items[NUM_CALLS];
	size_t count;
	uint64_t random; /* state */
};

static double random_of(struct calls *calls)
{
	calls->random = calls->random * 6364136223846793005u + 1442695040888963407u;
	return (double)(calls->random >> 11) / (double)(UINT64_C(1) << 53);
}

/* The product of many random factors around 1 is log-normal: sigma is 0.17 for each root of `factors`. */
static void add_lognormal(struct calls *calls, size_t count, double ns, unsigned factors)
{
	for (; count; count--) {
		double product = ns;

		for (unsigned i = 0; i < factors; i++)
			product *= 0.75 + 0.59 * random_of(calls);
		calls->items[calls->count++] = (struct weighted){(uint64_t)product, 1};
	}
}

static int compare(const void *one, const void *other)
{
	const struct weighted *a = one, *b = other;

	return a->ns < b->ns ? -1 : a->ns > b->ns;
}

static void sort(struct calls *calls)
{
	qsort(calls->items, calls->count, sizeof(*calls->items), compare);
}

/* One so many times as long as the longest. */
static void add_longer(struct calls *calls, unsigned times)
{
	uint64_t longest_ns;

	sort(calls);
	longest_ns = calls->items[calls->count - 1].ns;
	calls->items[calls->count++] = (struct weighted){times * longest_ns, 1};
}

/* How many of them are slow. */
static size_t count_slow(struct calls *calls)
{
	const struct weighted *items = calls->items;
	size_t slow = 0;
	uint64_t cut_ns;

	sort(calls);
	cut_ns = slow_find(items, calls->count, items[calls->count / 2].ns,
			   items[calls->count * 9 / 10].ns)
			 .cut_ns;
	while (cut_ns && slow < calls->count && items[calls->count - 1 - slow].ns >= cut_ns)
		slow++;
	return slow;
}

#define SEEDS 200

/* Of durations that lie wide apart, the longest one is not what is slow. */
static void test_wide(void **state)
{
	for (unsigned seed = 0; seed < SEEDS; seed++) {
		struct calls calls = {.random = seed};

		/* Nine in ten within a factor of 5 of the median. */
		add_lognormal(&calls, NUM_CALLS, 1e6, 32);
		assert_in_range(count_slow(&calls), 20, 500);
	}
}

/* As caddy's file server took them under load, with a small file and a large one. */
static void add_caddys(struct calls *calls, size_t count)
{
	static const struct {
		double quantile, ns;
	} points[] = {{0, 20e3},     {0.1, 24e3},    {0.25, 34e3},   {0.5, 87e3},
		      {0.75, 365e3}, {0.9, 1207e3},  {0.95, 2497e3}, {0.99, 6507e3},
		      {0.995, 98e5}, {0.999, 317e5}, {1, 684e5}};

	for (; count; count--) {
		double at = random_of(calls);
		size_t i = 1;

		while (points[i].quantile < at)
			i++;
		at = (at - points[i - 1].quantile) / (points[i].quantile - points[i - 1].quantile);
		calls->items[calls->count++] = (struct weighted){
			(uint64_t)(points[i - 1].ns + at * (points[i].ns - points[i - 1].ns)), 1};
	}
}

static void test_caddy(void **state)
{
	for (unsigned seed = 0; seed < SEEDS; seed++) {
		struct calls calls = {.random = seed};

		add_caddys(&calls, NUM_CALLS);
		assert_in_range(count_slow(&calls), 20, 500);
	}
}

/* But one that is ten times as long as all others is, whatever those are like. */
static void test_outlier(void **state)
{
	for (unsigned seed = 0; seed < SEEDS; seed++) {
		struct calls narrow = {.random = seed}, wide = {.random = seed};

		add_lognormal(&narrow, NUM_CALLS - 1, 1e6, 1);
		add_longer(&narrow, 10);
		assert_int_equal(count_slow(&narrow), 1);
		add_lognormal(&wide, NUM_CALLS - 1, 1e6, 16);
		add_longer(&wide, 10);
		assert_int_equal(count_slow(&wide), 1);
	}
}

/* Two kinds of calls, of which one is slow; and one that is slower yet. */
static void test_two_kinds(void **state)
{
	for (unsigned seed = 0; seed < SEEDS; seed++) {
		struct calls calls = {.random = seed};

		add_lognormal(&calls, 900, 1e5, 4);
		add_lognormal(&calls, 50, 2e7, 4);
		assert_int_equal(count_slow(&calls), 50);
		add_longer(&calls, 5);
		assert_int_equal(count_slow(&calls), 51);
	}
}

/* ---- kept calls ---- */

static bool count_asked(void *context, struct kept_call *call)
{
	++*(unsigned *)context;
	return true;
}

static void end_call(struct kept *kept, uint64_t start_ns, uint64_t ns, bool is_whole,
		     unsigned *asked)
{
	const struct kept_asker asker = {.ask = count_asked, .context = asked};
	struct kept_call *call = calloc(1, sizeof(*call));
	const struct piece piece = {.start_ns = start_ns, .ns = ns, .kind = PIECE_WAIT, .count = 1};

	*call = (struct kept_call){.start_ns = start_ns, .end_ns = start_ns + ns};
	assert_true(pieces_add(&call->pieces, &piece));
	assert_true(kept_add(kept, call, is_whole, &asker));
}

/* All durations are there, each kept call stands for its share. */
static void test_classes(void **state)
{
	struct kept kept;
	unsigned asked = 0;
	double fast = 0, slow = 0;

	assert_true(kept_init(&kept, 0));
	for (unsigned i = 0; i < 10000; i++)
		end_call(&kept, i, 1000, true, &asked);
	for (unsigned i = 0; i < 30; i++)
		end_call(&kept, i, 1000000 + i, true, &asked);
	end_call(&kept, 0, 0, true, &asked);
	end_call(&kept, 0, UINT64_MAX, true, &asked);
	end_call(&kept, 0, 500, false, &asked);
	assert_int_equal(kept.durations.count, 10033);
	for (size_t i = 0; i < KEPT_CLASSES; i++) {
		const struct kept_class *class = kept.classes[i];

		for (size_t j = 0; class && j < class->count; j++) {
			const struct kept_call *call = class->calls[j];
			double weight = (double)class->total / (double)class->count;

			assert_true(call->pieces.is_folded);
			assert_int_not_equal(call->end_ns - call->start_ns, 500);
			if (call->end_ns - call->start_ns == 1000)
				fast += weight;
			else
				slow += weight;
		}
	}
	assert_int_equal((int)(fast + 0.5), 10000);
	assert_int_equal((int)(slow + 0.5), 32);
	/* Those that are not kept cost nothing more. */
	assert_in_range(asked, 2 * KEPT_PER_CLASS, 1000);
	kept_destroy(&kept);
}

static void test_slowest(void **state)
{
	struct kept kept;
	unsigned asked = 0;

	assert_true(kept_init(&kept, 3));
	for (unsigned i = 0; i < 100; i++)
		end_call(&kept, i, 1 + i * 37 % 101, i % 2, &asked);
	assert_int_equal(kept.num_slowest, 3);
	for (size_t i = 0; i < 3; i++) {
		const struct kept_call *call = kept.slowest[i];

		assert_int_equal(call->end_ns - call->start_ns, 101 - i);
		assert_false(call->pieces.is_folded);
	}
	kept_destroy(&kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_jump),      cmocka_unit_test(test_alike),
		cmocka_unit_test(test_no_jump),   cmocka_unit_test(test_wide),
		cmocka_unit_test(test_caddy),     cmocka_unit_test(test_outlier),
		cmocka_unit_test(test_two_kinds), cmocka_unit_test(test_classes),
		cmocka_unit_test(test_slowest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
