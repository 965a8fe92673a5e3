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

/* It runs this file, and has our name. Told so by SIGUSR1 it executes another. */
static pid_t start_child(void)
{
	pid_t parent = getpid(), pid;
	sigset_t set;
	int number;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent && sigwait(&set, &number) == 0)
		execlp("sleep", "sleep", "1000", NULL);
	_exit(0);
}

/* The same process runs another file now. */
static void await_exec(pid_t pid, const struct stat *file)
{
	struct stat now;
	char link[32];

	snprintf(link, sizeof(link), "/proc/%d/exe", pid);
	do
		assert_int_equal(stat(link, &now), 0);
	while (now.st_ino == file->st_ino && now.st_dev == file->st_dev);
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

static void test_who_executes_another_file(void **state)
{
	struct chosen chosen = {0};
	struct cpu_times *times;
	struct stat file;
	pid_t child = start_child();

	assert_int_equal(stat("/proc/self/exe", &file), 0);
	times = cpu_times_new(&file, false, &chosen);
	assert_non_null(times);
	cpu_times_read(times, SECOND);
	assert_int_equal(cpu_times_num_running(times), 2);
	kill(child, SIGUSR1);
	await_exec(child, &file);
	cpu_times_read(times, 60 * SECOND);
	assert_int_equal(cpu_times_num_running(times), 1);
	end_child(child);
	cpu_times_free(times);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_is_gone),
		cmocka_unit_test(test_who_executes_another_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
