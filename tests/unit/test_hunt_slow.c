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
	/* Two kinds of calls: the slow ones are above the largest jump. */
	const uint64_t two[] = {2, 3, 4, 4, 9, 60000, 70000, 79000};
	const uint64_t one[] = {1000, 1000, 1010, 1020, 90000};
	/* A jump below the median is none. */
	const uint64_t below[] = {1, 1000, 1000, 1010, 1020, 2500};

	assert_int_equal(find(two, 8, 4, 70000).cut_ns, 60000);
	assert_int_equal(find(one, 5, 1010, 90000).cut_ns, 90000);
	assert_int_equal(find(below, 6, 1000, 2500).cut_ns, 2500);
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
		cmocka_unit_test(test_jump),    cmocka_unit_test(test_alike),
		cmocka_unit_test(test_no_jump), cmocka_unit_test(test_classes),
		cmocka_unit_test(test_slowest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
