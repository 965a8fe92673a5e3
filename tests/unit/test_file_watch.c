// SPDX-License-Identifier: MIT
/* test_file_watch.c - nobody executes a file that was changed while it is watched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/capability.h>

#include "base/cleanup.h"
#include "probe/attach/file_watch.h"

#define COPY "/tmp/test_file_watch.XXXXXX"

struct fixture {
	struct file_watch watch;
	char path[sizeof(COPY)];
	pid_t child;
	int has_executed; /* the end of a pipe that execve() closes */
};

static int copy_program(void **state)
{
	if (geteuid() != 0) /* fanotify is root's */
		return 0;
	struct fixture *f = calloc(1, sizeof(*f));
	strcpy(f->path, COPY);
	int to = mkstemp(f->path), from = open("/bin/true", O_RDONLY | O_CLOEXEC);
	char buffer[4096];
	for (ssize_t len; (len = read(from, buffer, sizeof(buffer))) > 0;)
		assert_int_equal(write(to, buffer, (size_t)len), len);
	assert_int_equal(fchmod(to, 0755), 0);
	close(from);
	close(to);
	f->has_executed = -1;
	*state = f;
	return 0;
}

static int remove_program(void **state)
{
	struct fixture *f = *state;
	if (!f)
		return 0;
	file_watch_stop(&f->watch);
	if (f->child)
		waitpid(f->child, NULL, 0);
	if (f->has_executed >= 0)
		close(f->has_executed);
	unlink(f->path);
	free(f);
	return 0;
}

static void execute(struct fixture *f)
{
	int ends[2];
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	f->child = fork();
	if (f->child == 0) {
		file_watch_stop(&f->watch); /* who is watched does not hold the watch */
		execl(f->path, f->path, NULL);
		_exit(1);
	}
	close(ends[1]);
	f->has_executed = ends[0];
}

static bool is_readable_within(int fd, int ms)
{
	struct pollfd polled = {.fd = fd, .events = POLLIN};
	return poll(&polled, 1, ms) == 1;
}

/* It asks, and is not answered, however often the watch is looked at. */
static void check_waits(struct fixture *f)
{
	assert_true(is_readable_within(f->watch.execs, 60000));
	for (int i = 0; i < 3; i++)
		assert_true(file_watch_is_changed(&f->watch));
	assert_false(is_readable_within(f->has_executed, 200));
}

static void check_executes(struct fixture *f)
{
	int status;
	assert_true(is_readable_within(f->has_executed, 60000));
	assert_int_equal(waitpid(f->child, &status, 0), f->child);
	assert_int_equal(status, 0);
	f->child = 0;
	close(take_fd(&f->has_executed));
}

static void change(const struct fixture *f)
{
	_cleanup_close_ int fd = open(f->path, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(write(fd, "x", 1), 1);
}

/* Whoever executes the file unchanged waits for a look, once changed for the end. */
static void check_execs(struct fixture *f)
{
	execute(f);
	assert_true(is_readable_within(f->watch.execs, 60000));
	assert_false(file_watch_is_changed(&f->watch));
	check_executes(f);
}

static void check_change_is_the_end_of_answers(struct fixture *f)
{
	change(f);
	assert_true(file_watch_is_changed(&f->watch));
	execute(f);
	check_waits(f);
	file_watch_stop(&f->watch);
	check_executes(f);
}

/* Leases are refused for others' files without CAP_LEASE. */
static void set_may_have_leases(bool may)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	assert_int_equal(syscall(SYS_capget, &header, data), 0);
	if (may)
		data[0].effective |= 1u << CAP_LEASE;
	else
		data[0].effective &= ~(1u << CAP_LEASE);
	assert_int_equal(syscall(SYS_capset, &header, data), 0);
}

static void test_without_lease(void **state)
{
	struct fixture *f = *state;
	if (!f)
		skip();
	assert_int_equal(chown(f->path, 65534, 65534), 0);
	set_may_have_leases(false);
	int err = file_watch_start(&f->watch, f->path);
	set_may_have_leases(true);
	assert_int_equal(err, 0);
	assert_int_equal(f->watch.kind, WATCH_EXEC);
	check_execs(f);
	check_change_is_the_end_of_answers(f);
}

/* As after /proc/sys/fs/lease-break-time: the lease is gone, probes are not yet. */
static void test_lease_that_is_too_short(void **state)
{
	struct fixture *f = *state;
	if (!f)
		skip();
	assert_int_equal(file_watch_start(&f->watch, f->path), 0);
	assert_int_equal(f->watch.kind, WATCH_LEASE);
	assert_int_equal(file_watch_add_execs(&f->watch, f->path), 0);
	check_execs(f);
	assert_int_equal(fcntl(f->watch.lease, F_SETLEASE, F_UNLCK), 0);
	check_change_is_the_end_of_answers(f);
}

int main(void)
{
	/* As in the holder: the kernel tells of a broken lease by a signal. */
	sigset_t all;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_without_lease, copy_program, remove_program),
		cmocka_unit_test_setup_teardown(test_lease_that_is_too_short, copy_program,
						remove_program),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
