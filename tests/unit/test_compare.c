/* SPDX-License-Identifier: MIT */
/* test_compare.c - ranks, corrections, and what is said to have become slower. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare/compare.h"
#include "sums/rank_test.h"

#define NUMBER(array) (sizeof(array) / sizeof((array)[0]))

/* ---- rank tests ---- */

static struct histogram histogram_of(const uint64_t *values, size_t count)
{
	struct histogram histogram = {};

	for (size_t i = 0; i < count; i++)
		assert_true(histogram_add(&histogram, values[i]));
	return histogram;
}

static void check_test(const struct histogram *before, const struct histogram *now, double u,
		       double p)
{
	struct rank_test test = rank_test(before, now), back = rank_test(now, before);
	double pairs = (double)before->count * (double)now->count;

	assert_true(fabs(test.superiority - u / pairs) < 1e-12);
	assert_true(fabs(test.p - p) < 1e-9 * p + 1e-15);
	assert_true(fabs(back.superiority - (1 - u / pairs)) < 1e-12);
	assert_true(fabs(back.p - test.p) < 1e-12);
}

#define CHECK_TEST(before, now, u, p)                                                              \
	do {                                                                                       \
		struct histogram of_before = histogram_of(before, NUMBER(before));                 \
		struct histogram of_now = histogram_of(now, NUMBER(now));                          \
		check_test(&of_before, &of_now, u, p);                                             \
		histogram_destroy(&of_before);                                                     \
		histogram_destroy(&of_now);                                                        \
	} while (0)

/*
 * Wanted: SciPy 1.17.1, scipy.stats.mannwhitneyu(now, before, alternative='two-sided', method='asymptotic'),
 * its statistic and p. Values below HISTOGRAM_STEPS have a bucket each.
 */
static void test_rank_test(void **state)
{
	static const uint64_t ties[] = {1, 2, 2, 3, 3, 3, 4, 5, 6, 7};
	static const uint64_t more_ties[] = {3, 4, 4, 5, 6, 6, 7, 8, 9, 10, 11};
	static const uint64_t females[] = {20, 11, 17, 12}, males[] = {19, 22, 16, 29, 24};
	uint64_t low[16], high[16], sevens[1000], eights[2000], same[20];

	for (uint64_t i = 0; i < 16; i++) {
		low[i] = i;
		high[i] = 16 + i;
	}
	for (size_t i = 0; i < NUMBER(eights); i++)
		eights[i] = i % 8;
	for (size_t i = 0; i < NUMBER(sevens); i++)
		sevens[i] = i % 7;
	for (size_t i = 0; i < NUMBER(same); i++)
		same[i] = 7;
	CHECK_TEST(ties, more_ties, 91.5, 0.010695080999467855);
	/* The example of SciPy's documentation. */
	CHECK_TEST(females, males, 17, 0.11134688653314041);
	CHECK_TEST(low, high, 256, 1.5449101737495915e-06);
	CHECK_TEST(sevens, eights, 1125750, 1.4351649666637105e-08);
	CHECK_TEST(same, same, 200, 1);
}

static void test_nothing_to_rank(void **state)
{
	static const uint64_t one[] = {5};
	struct histogram none = {}, some = histogram_of(one, 1);
	struct rank_test test = rank_test(&none, &some);

	assert_true(test.p == 1 && test.superiority == 0.5);
	test = rank_test(&none, &none);
	assert_true(test.p == 1 && test.superiority == 0.5);
	test = rank_test(&some, &some);
	assert_true(test.p == 1 && test.superiority == 0.5);
	histogram_destroy(&some);
}

/* Wanted: by hand, as Holm (1979) has it: the smallest times 5, the next times 4, ... none below the one before. */
static void test_correction(void **state)
{
	double p[] = {0.01, 0.04, 0.03, 0.005, 0.9};
	static const double wanted[] = {0.04, 0.09, 0.09, 0.025, 0.9};

	rank_test_correct(p, NUMBER(p));
	for (size_t i = 0; i < NUMBER(p); i++)
		assert_true(fabs(p[i] - wanted[i]) < 1e-12);
	p[0] = p[1] = 0.7;
	rank_test_correct(p, 2);
	assert_true(p[0] == 1 && p[1] == 1);
	rank_test_correct(p, 0);
}

/* ---- recordings ---- */

static uint64_t random_bits(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state * 0x2545f4914f6cdd1dull;
}

/* Of a distribution with a long tail, as durations have: most are near 100 us, some are ten times as long. */
static uint64_t random_duration(uint64_t *state)
{
	double one = (double)(random_bits(state) >> 11) / (double)(1ull << 53);

	return (uint64_t)(100000 * pow(1 - one, -0.5));
}

#define NUM_FUNCTIONS 12

static const struct name *function_named(size_t i)
{
	static char texts[NUM_FUNCTIONS][16];
	static struct name names[NUM_FUNCTIONS];

	snprintf(texts[i], sizeof(texts[i]), "main.f%zu", i);
	names[i] = (struct name){.text = texts[i], .number = (uint32_t)i + 1};
	return &names[i];
}

static void add_call(struct tree_times *times, const struct tree *tree, size_t function,
		     struct call *call)
{
	assert_true(tree_times_call_began(times, function_named(function), tree, call));
}

static void end_call(struct tree_times *times, const struct tree *tree, size_t function,
		     struct call *call, uint64_t end_ns)
{
	call->end_ns = end_ns;
	call->end = CALL_RETURN;
	assert_true(tree_times_call_ended(times, function_named(function), tree, call));
}

/* main.f0 calls the others; main.f5 takes more_ns more, or is called so often. */
static void add_tree(struct tree_times *times, uint64_t number, uint64_t more_ns,
		     unsigned num_calls, uint64_t *state)
{
	struct tree tree = {.number = number};
	struct call root = {.number = 1};
	uint64_t now_ns = 0, call_number = 1;

	add_call(times, &tree, 0, &root);
	for (size_t i = 1; i < NUM_FUNCTIONS; i++) {
		for (unsigned n = 0; n < (i == 5 ? num_calls : 1); n++) {
			struct call call = {.number = ++call_number,
					    .parent = 1,
					    .depth = 1,
					    .start_ns = now_ns};

			add_call(times, &tree, i, &call);
			now_ns += random_duration(state) + (i == 5 ? more_ns : 0);
			end_call(times, &tree, i, &call, now_ns);
		}
	}
	root.inner_ns = now_ns;
	end_call(times, &tree, 0, &root, now_ns + random_duration(state));
}

static struct tree_times times_of(uint64_t num_trees, uint64_t more_ns, unsigned num_calls,
				  uint64_t *state)
{
	struct tree_times times = {};

	tree_times_begin(&times, NULL, false);
	for (uint64_t i = 0; i < num_trees; i++)
		add_tree(&times, i + 1, more_ns, num_calls, state);
	return times;
}

static struct comparison compare_times(struct tree_times *old, struct tree_times *new)
{
	struct comparison comparison;

	assert_null(compare(old, new, &comparison));
	return comparison;
}

/* Nothing became slower or faster; how often that is said all the same. */
static void test_false_alarms(void **state)
{
	uint64_t seed = 88172645463325252ull;
	unsigned num_alarms = 0;

	for (unsigned i = 0; i < 400; i++) {
		struct tree_times old = times_of(20 + i % 100, 0, 1, &seed);
		struct tree_times new = times_of(20 + i % 70, 0, 1, &seed);
		struct comparison comparison = compare_times(&old, &new);

		assert_int_equal(comparison.count, NUM_FUNCTIONS);
		num_alarms += comparison.num_verdicts[COMPARE_SLOWER] +
			      comparison.num_verdicts[COMPARE_FASTER];
		comparison_destroy(&comparison);
		tree_times_destroy(&old);
		tree_times_destroy(&new);
	}
	/* One of a thousand, if anything. */
	assert_true(num_alarms <= 1);
}

static void check_culprit(uint64_t more_ns, unsigned num_calls)
{
	uint64_t seed = 1234567;
	struct tree_times old = times_of(100, 0, 1, &seed);
	struct tree_times new = times_of(60, more_ns, num_calls, &seed);
	struct comparison comparison = compare_times(&old, &new);
	const struct compared *first = &comparison.rows[0];

	assert_int_equal(comparison.num_verdicts[COMPARE_SLOWER], 1);
	assert_int_equal(comparison.num_verdicts[COMPARE_FASTER], 0);
	assert_string_equal(first->function, "main.f5");
	assert_string_equal(first->root, "main.f0");
	assert_int_equal(first->old.num_trees, 100);
	assert_int_equal(first->new.num_trees, 60);
	assert_int_equal(first->new.row->num_calls, 60 * num_calls);
	comparison_destroy(&comparison);
	/* The other way round it became faster. */
	comparison = compare_times(&new, &old);
	assert_int_equal(comparison.num_verdicts[COMPARE_SLOWER], 0);
	assert_int_equal(comparison.num_verdicts[COMPARE_FASTER], 1);
	comparison_destroy(&comparison);
	tree_times_destroy(&old);
	tree_times_destroy(&new);
}

static void test_culprit(void **state)
{
	check_culprit(300000, 1);
	/* Not slower in itself, but there is more of it. */
	check_culprit(0, 4);
}

/* Called in trees of one side alone. */
static void test_new_function(void **state)
{
	uint64_t seed = 99;
	struct tree_times old = times_of(50, 0, 0, &seed), new = times_of(50, 0, 1, &seed);
	struct comparison comparison = compare_times(&old, &new);

	assert_int_equal(comparison.num_verdicts[COMPARE_SLOWER], 1);
	assert_string_equal(comparison.rows[0].function, "main.f5");
	assert_null(comparison.rows[0].old.row);
	comparison_destroy(&comparison);
	tree_times_destroy(&old);
	tree_times_destroy(&new);
}

static void test_too_few(void **state)
{
	uint64_t seed = 7;
	struct tree_times old = times_of(COMPARE_MIN_TREES - 1, 0, 1, &seed);
	struct tree_times new = times_of(100, 9000000, 1, &seed);
	struct comparison comparison = compare_times(&old, &new);

	assert_int_equal(comparison.num_verdicts[COMPARE_TOO_FEW], NUM_FUNCTIONS);
	comparison_destroy(&comparison);
	tree_times_destroy(&old);
	tree_times_destroy(&new);
}

/* Trees that are not there as a whole say nothing. */
static void test_left_out(void **state)
{
	struct tree_times times = {};
	struct tree tree = {.number = 1, .lost = 1};
	struct call call = {.number = 1};

	tree_times_begin(&times, NULL, false);
	add_call(&times, &tree, 0, &call);
	end_call(&times, &tree, 0, &call, 10);
	assert_int_equal(times.num_left_out, 1);
	assert_int_equal(tree_times_find(&times, "main.f0", "main.f0")->own.count, 0);
	assert_int_equal(tree_times_find(&times, "main.f0", "main.f0")->num_calls, 1);
	tree = (struct tree){.number = 2, .num_off = 1};
	add_call(&times, &tree, 0, &call);
	end_call(&times, &tree, 0, &call, 10);
	assert_int_equal(times.num_left_out, 2);
	assert_int_equal(times.num_taken_off, 1);
	tree = (struct tree){.number = 3};
	add_call(&times, &tree, 0, &call);
	tree_times_destroy(&times);
}

static struct call call_of(uint64_t number, uint32_t depth, uint64_t start_ns, uint64_t inner_ns)
{
	return (struct call){.number = number,
			     .parent = number - 1,
			     .depth = depth,
			     .start_ns = start_ns,
			     .inner_ns = inner_ns};
}

static const struct times_kind *kind_of(const struct times_row *row, const char *name)
{
	for (size_t i = 0; i < row->num_kinds; i++)
		if (!strcmp(row->kinds[i].name, name))
			return &row->kinds[i];
	return NULL;
}

/* main.f0 calls main.f1, that main.f2, that main.f3; of these, f1 and f2 are taken for untraced. */
static void add_untraced(struct tree_times *times, uint64_t number, enum call_end end)
{
	struct tree tree = {.number = number, .num_off = 1};
	struct part part = {.ns = 30, .state = STATE_RUNNABLE};
	struct call calls[] = {call_of(1, 0, 0, 80), call_of(2, 1, 10, 60), call_of(3, 2, 20, 10),
			       call_of(4, 3, 30, 0)};

	for (size_t i = 0; i < NUMBER(calls); i++)
		add_call(times, &tree, i, &calls[i]);
	for (size_t i = 0; i < 3; i++) {
		calls[i].parts = &part;
		calls[i].num_parts = 1;
	}
	end_call(times, &tree, 3, &calls[3], 40);
	end_call(times, &tree, 2, &calls[2], 80);
	calls[1].end_ns = 90;
	calls[1].end = (uint8_t)end;
	assert_true(tree_times_call_ended(times, function_named(1), &tree, &calls[1]));
	end_call(times, &tree, 0, &calls[0], 100);
}

/* What they took is their callers'; a tree in which one lost its probes while it was called is left out. */
static void test_untraced(void **state)
{
	struct untraced untraced = {};
	struct tree_times times = {.untraced = &untraced};
	struct names *names;
	struct comparison comparison;
	const struct times_row *row;
	char *text;

	assert_true(untraced_add(&untraced, "main.f2") && untraced_add(&untraced, "main.f1") &&
		    untraced_add(&untraced, "main.f2"));
	text = untraced_text(&untraced);
	assert_string_equal(text, "main.f1, main.f2");
	free(text);
	assert_null(names_new(&(struct name_source){}, NULL, 0, &names));
	tree_times_begin(&times, names, true);
	for (uint64_t i = 1; i <= COMPARE_MIN_TREES; i++)
		add_untraced(&times, i, CALL_RETURN);
	assert_int_equal(times.num_left_out, 0);
	add_untraced(&times, 100, CALL_TAKEN_OFF);
	assert_int_equal(times.num_left_out, 1);
	row = tree_times_find(&times, "main.f0", "main.f0");
	assert_int_equal(row->own.sum, 90 * COMPARE_MIN_TREES);
	assert_int_equal(kind_of(row, "runnable")->ns, 30 * COMPARE_MIN_TREES);
	assert_int_equal(tree_times_find(&times, "main.f0", "main.f3")->own.sum,
			 10 * COMPARE_MIN_TREES);
	comparison = compare_times(&times, &times);
	assert_int_equal(comparison.count, 2);
	assert_int_equal(comparison.num_verdicts[COMPARE_ALIKE], 2);
	comparison_destroy(&comparison);
	/* Some are still open. */
	add_call(&times, &(struct tree){.number = 200}, 0, &(struct call){.number = 1});
	tree_times_destroy(&times);
	names_free(names);
	untraced_destroy(&untraced);
}

/* Of one text: one function, with one observation in a tree. */
static void test_names_that_are_alike(void **state)
{
	static const struct name names[] = {{.text = "main.f[...]", .number = 1},
					    {.text = "main.f[...]", .number = 2}};
	struct tree_times times = {};
	struct tree tree = {.number = 1};
	struct call root = {.number = 1, .end_ns = 10, .inner_ns = 4, .end = CALL_RETURN};
	struct call inner = {.number = 2,
			     .parent = 1,
			     .depth = 1,
			     .start_ns = 3,
			     .end_ns = 7,
			     .end = CALL_RETURN};
	const struct times_row *row;

	tree_times_begin(&times, NULL, false);
	assert_true(tree_times_call_began(&times, &names[0], &tree, &root));
	assert_true(tree_times_call_began(&times, &names[1], &tree, &inner));
	assert_true(tree_times_call_ended(&times, &names[1], &tree, &inner));
	assert_true(tree_times_call_ended(&times, &names[0], &tree, &root));
	row = tree_times_find(&times, "main.f[...]", "main.f[...]");
	assert_int_equal(row->num_calls, 2);
	assert_int_equal(row->own.count, 1);
	assert_int_equal(row->own.sum, 10);
	tree_times_destroy(&times);
}

static struct tree_times pair_times(size_t target, size_t function)
{
	struct tree_times times = {};
	struct tree tree = {.number = 1};
	struct call root = {.number = 1}, inner = {.number = 2, .parent = 1, .depth = 1};

	tree_times_begin(&times, NULL, false);
	add_call(&times, &tree, 0, &root);
	end_call(&times, &tree, 0, &root, 20);
	tree.number = 2;
	add_call(&times, &tree, target, &root);
	add_call(&times, &tree, function, &inner);
	end_call(&times, &tree, function, &inner, 10);
	end_call(&times, &tree, target, &root, 20);
	return times;
}

/* Where there are several targets, each function is named with its own. */
static void test_only_in_one(void **state)
{
	struct tree_times old = pair_times(1, 2), new = pair_times(1, 3);
	struct comparison comparison = compare_times(&old, &new);
	struct writer *writer = calloc(1, sizeof(*writer));
	char *text = NULL;
	size_t size = 0;

	assert_non_null(writer);
	writer->file = open_memstream(&text, &size);
	comparison_text(&comparison, writer, false);
	writer_flush(writer);
	fclose(writer->file);
	assert_non_null(strstr(text, "\nonly in OLD: main.f2 in main.f1\n"));
	assert_non_null(strstr(text, "\nonly in NEW: main.f3 in main.f1\n"));
	free(text);
	free(writer);
	comparison_destroy(&comparison);
	tree_times_destroy(&old);
	tree_times_destroy(&new);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rank_test),   cmocka_unit_test(test_nothing_to_rank),
		cmocka_unit_test(test_correction),  cmocka_unit_test(test_false_alarms),
		cmocka_unit_test(test_culprit),     cmocka_unit_test(test_new_function),
		cmocka_unit_test(test_too_few),     cmocka_unit_test(test_left_out),
		cmocka_unit_test(test_untraced),    cmocka_unit_test(test_names_that_are_alike),
		cmocka_unit_test(test_only_in_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
