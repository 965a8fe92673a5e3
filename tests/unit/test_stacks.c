/* SPDX-License-Identifier: MIT */
/* test_stacks.c - stacks by the ids that records name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "facts.h"
#include "gofuncgraph/stacks.h"

static void tell(struct stacks *stacks, uint64_t id, uint64_t first, uint8_t end)
{
	struct facts facts = {
		.kind = RECORD_STACK, .stack = id, .by_stack = {first, 7, 8}, .stack_end = end};

	assert_null(stacks_feed(stacks, FACTS_RECORD(&facts)));
}

static void test_told(void **state)
{
	struct stacks stacks = {0};
	struct facts other = {.kind = RECORD_ENTRY, .stack = 3};
	const struct known_stack *stack;

	assert_null(stacks_find(&stacks, 1));
	tell(&stacks, 1, 100, STACK_BOTTOM);
	tell(&stacks, UINT64_MAX, 200, STACK_DEEP);
	assert_null(stacks_feed(&stacks, FACTS_RECORD(&other)));
	stack = stacks_find(&stacks, 1);
	assert_int_equal(stack->count, 3);
	assert_int_equal(stack->end, STACK_BOTTOM);
	assert_int_equal(stack->addresses[0], 100);
	assert_int_equal(stack->addresses[2], 8);
	assert_int_equal(stacks_find(&stacks, UINT64_MAX)->addresses[0], 200);
	assert_null(stacks_find(&stacks, 3));
	stacks_clear(&stacks);
	assert_null(stacks_find(&stacks, 1));
}

/* The kernel forgets what it told long ago, and tells it again. */
static void test_told_again(void **state)
{
	struct stacks stacks = {0};
	const struct known_stack *stack;

	tell(&stacks, 1, 100, STACK_BOTTOM);
	stack = stacks_find(&stacks, 1);
	tell(&stacks, 1, 100, STACK_BOTTOM);
	assert_ptr_equal(stacks_find(&stacks, 1), stack);
	assert_int_equal(stacks.by_id.count, 1);
	stacks_clear(&stacks);
}

static void test_limit(void **state)
{
	struct stacks stacks = {0};

	for (uint64_t id = 1; id <= MAX_STACKS + 1; id++)
		tell(&stacks, id, id, STACK_BOTTOM);
	assert_non_null(stacks_find(&stacks, MAX_STACKS));
	assert_null(stacks_find(&stacks, MAX_STACKS + 1));
	stacks_clear(&stacks);
}

/* A stack of our own making. */
static void test_made(void **state)
{
	struct stacks stacks = {0};
	struct record_stack one = {.count = 2, .end = STACK_TARGET, .addresses = {7, 8}};
	struct record_stack other = {.count = 2, .end = STACK_TARGET, .addresses = {8, 7}};

	stacks_name(&one);
	stacks_name(&other);
	assert_true(one.id && other.id && one.id != other.id);
	assert_null(stacks_feed(&stacks, &one.header));
	assert_int_equal(stacks_find(&stacks, one.id)->addresses[1], 8);
	stacks_clear(&stacks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_told),
		cmocka_unit_test(test_told_again),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
