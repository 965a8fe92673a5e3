/* SPDX-License-Identifier: MIT */
/* test_bill.c - hits into what they cost, and what is said of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "guard/bill.h"

static struct gobin_func names[] = {
	{.name = "main.a"}, {.name = "main.b"}, {.name = "runtime.casgstatus"}};
static struct plan_func funcs[] = {{.func = &names[0], .first_site = 0, .num_sites = 2},
				   {.func = &names[1], .first_site = 2, .num_sites = 3}};
static struct plan_func own[] = {{.func = &names[2], .first_site = 5, .num_sites = 1}};
static struct site sites[] = {
	{.kind = SITE_ENTRY, .cost = SITE_EMULATED},
	{.kind = SITE_RETURN, .cost = SITE_SINGLE_STEP},
	{.kind = SITE_ENTRY, .cost = SITE_SINGLE_STEP},
	{.kind = SITE_RETURN, .cost = SITE_SINGLE_STEP, .flags = SITE_STEP},
	{.kind = SITE_TAIL_CALL, .cost = SITE_EMULATED},
	{.kind = SITE_STATE_ARGS, .cost = SITE_SINGLE_STEP},
};
static const struct plan plan = {.funcs = funcs,
				 .num_funcs = 2,
				 .runtime_funcs = own,
				 .num_runtime_funcs = 1,
				 .sites = sites,
				 .num_sites = 6};

static void check(const struct tariff *tariff, const uint64_t hits[6], uint64_t cpu_ns,
		  size_t num_processes, const char *wanted)
{
	struct bill bill = bill_make(&plan, tariff, hits);
	char *text = bill_text(&bill, cpu_ns, num_processes);

	assert_string_equal(text, wanted);
	free(text);
}

static void test_costs(void **state)
{
	struct tariff tariff = {.trap = {.emulated_ns = 1000, .stepped_ns = 9000},
				.program_ns = 1000};
	const uint64_t hits[] = {100, 100, 10, 5, 5, 0}, none[6] = {}, one[6] = {1};
	const uint64_t states[] = {1, 0, 0, 0, 0, 1000000};
	struct bill bill = bill_make(&plan, &tariff, hits);

	assert_int_equal(bill.num_hits, 220);
	assert_int_equal(bill.cost_ns,
			 100 * 2000 + 100 * 10000 + 10 * 10000 + 5 * 10000 + 5 * 2000);
	check(&tariff, hits, 2720000, 1,
	      "220 probe hits, about 1.4 ms of the program's CPU time (50 %), 88 % of it in main.a");
	check(&tariff, hits, 0, 3,
	      "220 probe hits, about 1.4 ms of the programs' CPU time, 88 % of it in main.a");
	check(&tariff, none, 5, 1, "no probe was hit");
	check(&tariff, one, 1000, 1,
	      "1 probe hit, about 2.0 us of the program's CPU time (100 %), 100 % of it in main.a");
	check(&tariff, states, 40000000000, 1,
	      "1,000,001 probe hits, about 10 s of the program's CPU time (25 %), 100 % of it where goroutines change their states");
	/* All but the `ret` that only the CPU can do. */
	tariff.performs_ret = true;
	bill = bill_make(&plan, &tariff, hits);
	assert_int_equal(bill.cost_ns, 100 * 2000 + 100 * 2000 + 10 * 10000 + 5 * 10000 + 5 * 2000);
}

static void test_others(void **state)
{
	const struct bill bill = {.num_hits = 1230, .cost_ns = 2100000};
	_cleanup_free_ char *text = bill_text_of_others(&bill, 210000000);
	_cleanup_free_ char *unknown = bill_text_of_others(&bill, 0);

	assert_string_equal(
		text,
		"and 1,230 by processes that run it and were not chosen, about 2.1 ms of their CPU time (1 %)");
	assert_string_equal(
		unknown,
		"and 1,230 by processes that run it and were not chosen, about 2.1 ms of their CPU time");
}

static void test_times(void **state)
{
	const struct {
		uint64_t ns;
		const char *text;
	} times[] = {{0, "0.0 us"},          {999, "1.0 us"},       {9900, "9.9 us"},
		     {12345, "12 us"},       {6900000000, "6.9 s"}, {78000000, "78 ms"},
		     {123456000000, "123 s"}};
	char text[BILL_TIME_SIZE];

	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
		bill_put_time(text, times[i].ns);
		assert_string_equal(text, times[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_costs),
					   cmocka_unit_test(test_others),
					   cmocka_unit_test(test_times)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
