/* SPDX-License-Identifier: MIT */
/* test_cpu.c - which processes run a file, of those that are chosen by their name: who came, and who is gone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard/cpu.h"

#define SECOND 1000000000ull

/* It runs this file, and has our name. */
static pid_t start_child(void)
{
	pid_t parent = getpid(), pid = fork();

	assert_true(pid >= 0);
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (getppid() == parent)
		pause();
	_exit(0);
}

static void end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void test_who_is_gone(void **state)
{
	char name[16];
	struct chosen chosen = {.comm = name};
	struct cpu_times *times;
	struct stat file;
	uint64_t now_ns = SECOND;

	snprintf(name, sizeof(name), "cpu-%d", getpid());
	assert_int_equal(prctl(PR_SET_NAME, name), 0);
	assert_int_equal(stat("/proc/self/exe", &file), 0);
	times = cpu_times_new(&file, false, &chosen);
	assert_non_null(times);
	assert_int_equal(cpu_times_num_running(times), 1);
	for (size_t i = 1; i <= 3; i++) {
		pid_t child = start_child();
		uint64_t before_ns = cpu_times_read(times, now_ns).traced_ns;

		assert_int_equal(cpu_times_num_running(times), 2);
		assert_int_equal(cpu_times_count(times), 1 + i);
		end_child(child);
		/* One is told of, others are missed when they are looked for. */
		if (i == 1)
			cpu_times_end(times, child, 60 * SECOND);
		assert_true(cpu_times_read(times, ++now_ns).traced_ns >=
			    before_ns + (i == 1 ? 59 * SECOND : 0));
		assert_int_equal(cpu_times_num_running(times), 1);
		assert_int_equal(cpu_times_count(times), 1 + i);
	}
	cpu_times_free(times);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
