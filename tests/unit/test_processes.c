/* SPDX-License-Identifier: MIT */
/* test_processes.c - what belongs to which process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/processes.h"

struct thing {
	int number;
	struct process_member member;
};

static void assert_members(const struct processes *processes, uint32_t pid, const char *numbers)
{
	const struct process_member *member = processes_first(processes, pid);

	for (; *numbers; numbers++, member = member->next) {
		assert_non_null(member);
		assert_int_equal(process_member_of(member, struct thing, member)->number,
				 *numbers - '0');
	}
	assert_null(member);
}

static void test_members(void **state)
{
	struct processes processes = {0};
	struct thing things[6];

	assert_members(&processes, 1, "");
	for (int i = 0; i < 6; i++) {
		things[i].number = i;
		assert_true(processes_add(&processes, 1 + i % 2, &things[i].member));
	}
	assert_members(&processes, 1, "024");
	assert_members(&processes, 2, "135");
	assert_members(&processes, 3, "");
	processes_remove(&processes, 1, &things[2].member);
	assert_members(&processes, 1, "04");
	processes_remove(&processes, 1, &things[0].member);
	processes_remove(&processes, 1, &things[4].member);
	assert_members(&processes, 1, "");
	assert_members(&processes, 2, "135");
	assert_true(processes_add(&processes, 1, &things[2].member));
	assert_members(&processes, 1, "2");
	processes_destroy(&processes);
	assert_members(&processes, 1, "");
	assert_members(&processes, 2, "");
}

static void test_many(void **state)
{
	static struct thing things[10000];
	struct processes processes = {0};

	for (uint32_t i = 0; i < 10000; i++)
		assert_true(processes_add(&processes, i, &things[i].member));
	for (uint32_t i = 0; i < 10000; i++) {
		assert_ptr_equal(processes_first(&processes, i), &things[i].member);
		processes_remove(&processes, i, &things[i].member);
		assert_null(processes_first(&processes, i));
	}
	assert_int_equal(processes.table.count, 0);
	processes_destroy(&processes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
