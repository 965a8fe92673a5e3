/* SPDX-License-Identifier: MIT */
/* child.h - processes with command lines of the test's choice, which do nothing. */
#ifndef GOFUNCGRAPH_TEST_CHILD_H
#define GOFUNCGRAPH_TEST_CHILD_H

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the middle of exec a process has no command line. */
static inline void child_await_arguments(pid_t pid)
{
	char path[32], first;
	ssize_t got;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	do {
		int fd = open(path, O_RDONLY | O_CLOEXEC);

		assert_true(fd >= 0);
		got = read(fd, &first, 1);
		close(fd);
	} while (!got);
}

/* A shell. What it reads is a pipe to which only we could write. */
static inline pid_t child_start(char *const arguments[])
{
	int input[2], started[2];
	char nothing;
	pid_t pid;

	assert_int_equal(pipe2(input, O_CLOEXEC) | pipe2(started, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		dup2(input[0], STDIN_FILENO);
		execv("/bin/sh", arguments);
		_exit(127);
	}
	close(input[0]);
	close(started[1]);
	/* It executes when that end is closed. */
	assert_int_equal(read(started[0], &nothing, 1), 0);
	close(started[0]);
	child_await_arguments(pid);
	return pid;
}

static inline void child_end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

#endif
