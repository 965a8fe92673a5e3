/* SPDX-License-Identifier: MIT */
/* test_slowest.c - the slowest path of a tree, whatever its steps say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "output/slowest.h"

#define MAX_STEPS 32

/*
 * "(" is an entry, "[" one of a call that was open before, ")" the end of the innermost, "~" a wait.
 * Calls are numbered as they are entered, and took so many ns. Expected: a digit each, 1 on the path.
 */
static void assert_path(const char *text, const uint64_t *ns, const char *expected)
{
	struct call calls[MAX_STEPS] = {};
	struct step steps[MAX_STEPS];
	struct tree tree = {.calls = calls, .steps = steps};
	uint32_t open[MAX_STEPS], num_open = 0;
	_cleanup_free_ bool *path = NULL;

	for (; text[tree.num_steps]; tree.num_steps++) {
		struct step *step = &steps[tree.num_steps];
		switch (text[tree.num_steps]) {
		case '(':
		case '[':
			*step = (struct step){tree.num_calls, text[tree.num_steps] == '('
								      ? STEP_ENTRY
								      : STEP_AGAIN};
			calls[tree.num_calls].end_ns = ns[tree.num_calls];
			calls[tree.num_calls].end = ns[tree.num_calls] ? CALL_RETURN : CALL_OPEN;
			open[num_open++] = tree.num_calls++;
			break;
		case ')':
			*step = (struct step){open[--num_open], STEP_EXIT};
			break;
		default:
			*step = (struct step){7, STEP_WAIT};
		}
	}
	path = slowest_path(&tree);
	assert_int_equal(path != NULL, *expected != '\0');
	for (size_t i = 0; expected[i]; i++)
		assert_int_equal(path[i], expected[i] == '1');
}

#define NS(...) ((const uint64_t[]){__VA_ARGS__})

static void test_path(void **state)
{
	assert_path("()", NS(1), "1");
	assert_path("(())", NS(10, 1), "11");
	assert_path("(())", NS(11, 1), "11");
	assert_path("(())", NS(20, 1), "10");
	/* The first of those that are as long. */
	assert_path("(()()())", NS(100, 20, 30, 30), "1010");
	/* It follows the longest call, not the longest one inside another. */
	assert_path("((~())(()))", NS(100, 40, 39, 50, 10), "10011");
	assert_path("[[()))", NS(100, 80, 60), "111");
	/* A part of a tree that is open. */
	assert_path("[[()", NS(0, 0, 60), "");
}

static void test_nothing(void **state)
{
	struct tree tree = {};
	struct call call = {.end = CALL_LOST, .end_ns = 7};
	struct step steps[] = {{0, STEP_ENTRY}, {0, STEP_EXIT}};

	assert_null(slowest_path(&tree));
	tree = (struct tree){.calls = &call, .steps = steps, .num_calls = 1, .num_steps = 2};
	assert_int_equal(slowest_root_ns(&tree), 0);
	assert_null(slowest_path(&tree));
	call.end = CALL_RETURN;
	assert_int_equal(slowest_root_ns(&tree), 7);
	/* An end without a beginning. */
	tree.num_steps = 1;
	steps[0].type = STEP_EXIT;
	assert_null(slowest_path(&tree));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
