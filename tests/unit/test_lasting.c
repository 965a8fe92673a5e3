/* SPDX-License-Identifier: MIT */
/* test_lasting.c - what holds on, however early in a recording it was told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "facts.h"
#include "gofuncgraph/stacks.h"
#include "recording/lasting.h"

static void count(void *context, const struct record *record)
{
	size_t *counts = context; /* by kind */

	counts[record->kind]++;
}

static void take(struct lasting *lasting, const struct facts *facts)
{
	union any_record room;

	assert_true(lasting_take(lasting, facts_record(facts, &room)));
}

/* Each is told once, and of stacks so many as are read. */
static void test_lasting(void **state)
{
	struct lasting lasting = {};
	size_t told[256] = {0};

	for (uint64_t i = 0; i < 100; i++)
		take(&lasting, &(struct facts){.kind = RECORD_STACK, .stack = 1 + i % 10});
	assert_int_equal(lasting.noted.count, 10);
	for (uint64_t i = 0; i < MAX_STACKS; i++)
		take(&lasting, &(struct facts){.kind = RECORD_STACK, .stack = 100 + i});
	for (uint32_t i = 0; i < 30; i++) {
		take(&lasting, &(struct facts){.kind = RECORD_TAKEN_OFF, .site = i % 3});
		take(&lasting, &(struct facts){.kind = RECORD_STATES_OFF});
	}
	lasting_tell(&lasting, 1, &(struct record_sink){count, told});
	assert_int_equal(told[RECORD_STACK], MAX_STACKS);
	assert_int_equal(told[RECORD_TAKEN_OFF], 3);
	assert_int_equal(told[RECORD_STATES_OFF], 1);
	lasting_clear(&lasting);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lasting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
