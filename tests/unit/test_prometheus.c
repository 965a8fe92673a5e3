/* SPDX-License-Identifier: MIT */
/* test_prometheus.c - metrics: which bucket a call is in, calls that are open, how many functions there may be, and the
 * text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fake_output.h"
#include "output/prometheus.h"

static const struct prometheus_function *ended(struct prometheus_calls *calls, uint32_t number,
					       uint64_t ns)
{
	const struct name name = {.text = "main.a", .number = number};
	const struct call call = {.end_ns = ns, .end = CALL_RETURN};

	assert_true(prometheus_call_began(calls, &name));
	assert_true(prometheus_call_ended(calls, &name, &call));
	return hash_find(&calls->by_name, (struct hash_key){.first = number}) ?: &calls->others;
}

/* Each bound is the greatest number of nanoseconds that is not above 2^n seconds. */
static void test_bounds(void **state)
{
	for (unsigned i = 0; i < PROMETHEUS_NUM_BOUNDS; i++) {
		uint64_t ns = prometheus_bound_ns(i);
		long double exact = ldexpl(1, PROMETHEUS_FIRST_POWER + (int)i) * 1e9L;

		assert_true((long double)ns <= exact && (long double)ns + 1 > exact);
	}
}

static void test_buckets(void **state)
{
	struct prometheus_calls calls = {};
	const struct prometheus_function *function = ended(&calls, 1, 0);

	for (unsigned i = 0; i < PROMETHEUS_NUM_BOUNDS; i++) {
		ended(&calls, 1, prometheus_bound_ns(i));
		ended(&calls, 1, prometheus_bound_ns(i) + 1);
	}
	ended(&calls, 1, UINT64_MAX);
	assert_int_equal(function->durations[0], 2);
	for (unsigned i = 1; i <= PROMETHEUS_NUM_BOUNDS; i++)
		assert_int_equal(function->durations[i], 2);
	assert_int_equal(function->ends[CALL_RETURN], 2 * PROMETHEUS_NUM_BOUNDS + 2);
	prometheus_calls_destroy(&calls);
}

static void test_many_functions(void **state)
{
	struct prometheus_calls calls = {};

	for (uint32_t i = 1; i <= PROMETHEUS_MAX_FUNCTIONS + 7; i++)
		ended(&calls, i, 1000);
	/* Those that came first stay. */
	assert_int_equal(ended(&calls, 1, 1000)->ends[CALL_RETURN], 2);
	assert_int_equal(ended(&calls, PROMETHEUS_MAX_FUNCTIONS, 1000)->ends[CALL_RETURN], 2);
	assert_int_equal(calls.num_functions, PROMETHEUS_MAX_FUNCTIONS);
	assert_int_equal(calls.others.ends[CALL_RETURN], 7);
	assert_int_equal(calls.others.sum_ns, 7000);
	assert_int_equal(calls.others.open, 0);
	prometheus_calls_destroy(&calls);
}

/* Calls that tracing ends before are open still; how long they will take is not known. */
static void test_running(void **state)
{
	struct prometheus_calls calls = {};
	const struct name name = {.text = "main.a", .number = 1};
	const struct call call = {.end_ns = 1000, .end = CALL_RUNNING};
	const struct prometheus_function *function = ended(&calls, 1, 1000);

	assert_true(prometheus_call_began(&calls, &name));
	assert_true(prometheus_call_ended(&calls, &name, &call));
	assert_int_equal(function->open, 1);
	assert_int_equal(function->ends[CALL_RUNNING], 0);
	assert_int_equal(function->sum_ns, 1000);
	prometheus_calls_destroy(&calls);
}

/* ---- text ---- */

static void assert_has(const char *text, const char *line)
{
	if (!strstr(text, line))
		fail_msg("no %sin\n%s", line, text);
}

static void test_text(void **state)
{
	struct output_counts counts = {.statistics = {[STAT_LOST] = 3, [STAT_LEFT_OUT] = 5},
				       .unwanted = 2};
	struct fake_output fake;
	const char *text;

	assert_int_equal(fake_output_start_with(
				 &fake, "prometheus",
				 (struct output_options){.about = {.binary = "/a \"b\"\\\xff"},
							 .counts = &counts,
							 .run = {.states = true}}),
			 0);
	fake_enter(&fake, 0, 0, 0, 0);
	fake_enter(&fake, 10, 2, 1, 0);
	fake_leave(&fake, 1000, 2, 1);
	output_tick(fake.out, fake.now_ns);
	/* A stream gets it once. */
	assert_string_equal(fake_output_text(&fake) ?: "", "");
	output_end(fake.out, &(struct output_totals){.stop_ns = fake.now_ns});
	text = fake_output_text(&fake) ?: "";
#define LABELS "{binary=\"/a \\\"b\\\"\\\\\\\\xff\","
	assert_has(text, "\ngofuncgraph_open_calls" LABELS "function=\"main.handleBar\"} 1\n");
	assert_has(text, "\ngofuncgraph_calls_total" LABELS
			 "function=\"main.handleBar\",end=\"return\"} 0\n");
	assert_has(text,
		   "_bucket" LABELS
		   "function=\"main.\\\"odd\\\"\\\\x1b[\xc2\xb7\\\\xff\",le=\"0.0009765625\"} 0\n");
	assert_has(text, "\\\\xff\",le=\"0.001953125\"} 1\n");
	assert_has(text, "\\\\xff\",le=\"+Inf\"} 1\n");
	assert_has(text, "\\\\xff\"} 0.001000000\n");
	assert_has(text, "\\\\xff\",state=\"running\"} 0.001000000\n");
	assert_has(text, "left_out_total" LABELS "why=\"max_overhead\"} 5\n");
	assert_has(text, "left_out_total" LABELS "why=\"filter\"} 2\n");
	assert_has(text, "records_lost_total{binary=\"/a \\\"b\\\"\\\\\\\\xff\"} 3\n");
	/* Nobody knows what it cost. */
	assert_null(strstr(text, "probe_hits"));
	fake_output_stop(&fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bounds),         cmocka_unit_test(test_buckets),
		cmocka_unit_test(test_many_functions), cmocka_unit_test(test_running),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
