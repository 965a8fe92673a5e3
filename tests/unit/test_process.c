/* SPDX-License-Identifier: MIT */
/* A process that is started: what happens to it before its exec, and what it is given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/process.h"

static bool cannot_fork;

/* In place of the C library's. */
pid_t fork(void)
{
	if (!cannot_fork)
		return _Fork();
	errno = EAGAIN;
	return -1;
}

/* A handler of the tracer's own, which a child must not run. */
static void on_signal(int number)
{
	(void)number;
	_exit(99);
}

static struct process *launch(const char *script, const struct inherited *inherited)
{
	char *args[] = {"-c", (char *)script, NULL};
	struct process *process;

	assert_null(process_launch("/bin/sh", args, true, inherited, &process));
	return process;
}

static void resume_and_wait(struct process *process, const char *ending)
{
	char text[64];

	assert_null(process_resume(process));
	while (!process_has_ended(process))
		usleep(1000);
	assert_string_equal(process_ending(process, text, sizeof(text)), ending);
	process_free(process);
}

/* A terminal's ^C comes to the child, too, while probes are attached. */
static void test_signal_before_exec(void **state)
{
	struct inherited inherited;
	struct process *process;

	(void)state;
	inherited_save(&inherited);
	signal(SIGINT, on_signal);
	process = launch("exit 0", &inherited);
	assert_int_equal(kill(process_pid(process), SIGINT), 0);
	resume_and_wait(process, "was killed by SIGINT");
	signal(SIGINT, SIG_DFL);
}

static void test_ignored_signal_before_exec(void **state)
{
	struct inherited inherited;
	struct process *process;

	(void)state;
	signal(SIGINT, SIG_IGN);
	inherited_save(&inherited);
	signal(SIGINT, on_signal);
	process = launch("kill -INT $$; exit 5", &inherited);
	assert_int_equal(kill(process_pid(process), SIGINT), 0);
	resume_and_wait(process, "exited with status 5");
	signal(SIGINT, SIG_DFL);
}

static void test_forwarded_before_exec(void **state)
{
	struct inherited inherited;
	struct process *process;

	(void)state;
	inherited_save(&inherited);
	process = launch("exit 0", &inherited);
	process_forward(process, SIGTERM, false);
	resume_and_wait(process, "was killed by SIGTERM");

	process = launch("exit 0", &inherited);
	process_forward(process, SIGTERM, true); /* the terminal's: it has got it itself */
	resume_and_wait(process, "exited with status 0");
}

/* libbpf may change them before the child is made, and after. */
static void test_limits(void **state)
{
	struct inherited inherited;
	struct rlimit before, changed;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_CORE, &before), 0);
	changed = (struct rlimit){512 * 10, before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_CORE, &changed), 0);
	inherited_save(&inherited);
	changed.rlim_cur = 512 * 20;
	assert_int_equal(setrlimit(RLIMIT_CORE, &changed), 0);
	resume_and_wait(launch("exit $(ulimit -S -c)", &inherited), "exited with status 10");
	assert_int_equal(setrlimit(RLIMIT_CORE, &before), 0);
}

static void test_never_resumed(void **state)
{
	struct inherited inherited;
	struct process *process;

	(void)state;
	inherited_save(&inherited);
	process = launch("exit 1", &inherited);
	process_free(process);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* No further process may be made: other children are not waited for. */
static void test_no_fork(void **state)
{
	char *args[] = {NULL};
	struct inherited inherited;
	struct process *process;
	struct error *err;
	pid_t other = fork();

	(void)state;
	if (!other)
		_exit(0);
	inherited_save(&inherited);
	cannot_fork = true;
	err = process_launch("/bin/true", args, true, &inherited, &process);
	cannot_fork = false;
	assert_non_null(err);
	assert_non_null(strstr(error_message(err), "cannot start /bin/true"));
	error_free(err);
	assert_int_equal(waitpid(other, NULL, 0), other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signal_before_exec),
		cmocka_unit_test(test_ignored_signal_before_exec),
		cmocka_unit_test(test_forwarded_before_exec),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_never_resumed),
		cmocka_unit_test(test_no_fork),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
