/* SPDX-License-Identifier: MIT */
/* test_live_stack.c - which words of a stack count as pointers that are used later. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake_goroutines.h"
#include "goroutines/live_stack.h"

#define WORDS 9

/* The caller has two variables, of which the second counts; who is called has one, and two words of arguments, of which
 * the second counts. */
static bool live_at(void *context, uint64_t va, struct gobin_live_words *words)
{
	static const uint8_t first[] = {1}, second[] = {2};
	const uint32_t *num_locals = context;

	if ((va & ~0xffull) == FRAME_32)
		*words = (struct gobin_live_words){second, NULL, *num_locals, 0};
	else
		*words = (struct gobin_live_words){first, second, 1, 2};
	return true;
}

static void note(void *context, size_t slot, uint64_t word)
{
	uint64_t *found = context;

	assert_in_range(slot, 0, WORDS - 1);
	assert_int_equal(found[slot], 0);
	found[slot] = word;
}

static void visit(uint32_t num_locals, uint64_t innermost, bool is_arm, uint64_t found[WORDS])
{
	const uint64_t above[] = {10, 11, FRAME_32 + BIAS + 0x20, 13, 14,
				  15, 16, BOTTOM + BIAS + 1,      18};
	const uint64_t below[] = {
		FRAME_32 + BIAS + 0x20, 11, BOTTOM + BIAS + 1, 13, 14, 15, 16, 17, 18};
	const struct unwind_code code = {.context = &num_locals,
					 .at = code_at,
					 .live = live_at,
					 .load_bias = BIAS,
					 .has_link_register = is_arm};
	const struct stack_bytes stack = {0x7000, (const uint8_t *)(is_arm ? below : above),
					  sizeof(above)};

	memset(found, 0, WORDS * sizeof(*found));
	live_stack_visit(&code, &stack, innermost + BIAS + 8, note, found);
}

static void test_variables_and_arguments(void **state)
{
	const uint64_t expected[WORDS] = {[0] = 10, [4] = 14, [5] = 15};
	uint64_t found[WORDS];

	visit(2, FRAME_16, false, found);
	assert_memory_equal(found, expected, sizeof(expected));
}

static void test_arguments_are_above_the_link(void **state)
{
	/* The frames are words 0 to 1 and 2 to 5; below the end of each is the caller's frame pointer. */
	const uint64_t expected[WORDS] = {[0] = FRAME_32 + BIAS + 0x20, [4] = 14};
	uint64_t found[WORDS];

	visit(0, FRAME_16, true, found);
	assert_memory_equal(found, expected, sizeof(expected));
}

static void test_more_than_the_frame_has(void **state)
{
	const uint64_t expected[WORDS] = {[0] = 10, [4] = 14};
	uint64_t found[WORDS];

	visit(5, FRAME_16, false, found);
	assert_memory_equal(found, expected, sizeof(expected));
}

static void test_interrupted(void **state)
{
	/* Who was interrupted anywhere has no map for that place. */
	const uint64_t expected[WORDS] = {[0] = 10, [4] = 14};
	uint64_t found[WORDS];

	visit(2, INJECTED, false, found);
	assert_memory_equal(found, expected, sizeof(expected));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_variables_and_arguments),
		cmocka_unit_test(test_arguments_are_above_the_link),
		cmocka_unit_test(test_more_than_the_frame_has),
		cmocka_unit_test(test_interrupted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
