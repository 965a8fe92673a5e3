/* SPDX-License-Identifier: MIT */
/* A file to write to, in a folder where somebody else changes what its name stands for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/output_file.h"
#include "base/replaced_file.h"

#define OTHER_USER 65534
#define TRIES      20000

struct fixture {
	char folder[64], victim[96], public[96], name[128], other[128];
	atomic_bool is_over;
	atomic_uint swaps;
};

static void make_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

	assert_true(fd >= 0);
	close(fd);
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	*state = fixture;
	strcpy(fixture->folder, "/tmp/gofuncgraph-output-XXXXXX");
	assert_non_null(mkdtemp(fixture->folder));
	snprintf(fixture->victim, sizeof(fixture->victim), "%s/victim", fixture->folder);
	snprintf(fixture->public, sizeof(fixture->public), "%s/public", fixture->folder);
	snprintf(fixture->name, sizeof(fixture->name), "%s/trees", fixture->public);
	snprintf(fixture->other, sizeof(fixture->other), "%s/other", fixture->public);
	assert_int_equal(mkdir(fixture->public, 0700), 0);
	assert_int_equal(chmod(fixture->public, 01777), 0);
	make_file(fixture->victim);
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	unlink(fixture->name);
	unlink(fixture->other);
	rmdir(fixture->public);
	unlink(fixture->victim);
	rmdir(fixture->folder);
	free(fixture);
	return 0;
}

static void *swap_names(void *context)
{
	struct fixture *fixture = context;

	while (!fixture->is_over)
		if (!renameat2(AT_FDCWD, fixture->name, AT_FDCWD, fixture->other, RENAME_EXCHANGE))
			fixture->swaps++;
	return NULL;
}

static ino_t inode_of(const char *path)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	return status.st_ino;
}

/* The name is now our own file, now another user's link: between looking and opening, too. */
static void test_link_that_comes_and_goes(void **state)
{
	struct fixture *fixture = *state;
	ino_t own, victim = inode_of(fixture->victim);
	unsigned num_opened = 0, num_refused = 0;
	pthread_t thread;

	if (geteuid()) {
		skip(); /* nobody else to be */
		return;
	}
	make_file(fixture->name);
	own = inode_of(fixture->name);
	assert_int_equal(symlink(fixture->victim, fixture->other), 0);
	assert_int_equal(lchown(fixture->other, OTHER_USER, OTHER_USER), 0);
	assert_int_equal(pthread_create(&thread, NULL, swap_names, fixture), 0);
	for (unsigned i = 0; i < TRIES || !num_opened || !num_refused; i++) {
		_cleanup_close_ int fd = -1;
		_cleanup_error_ struct error *err = output_file_open(fixture->name, &fd);
		struct stat status;

		if (err) {
			num_refused++;
			assert_int_equal(fd, -1);
			continue;
		}
		num_opened++;
		assert_int_equal(fstat(fd, &status), 0);
		assert_int_not_equal(status.st_ino, victim);
		assert_int_equal(status.st_ino, own);
	}
	fixture->is_over = true;
	pthread_join(thread, NULL);
	assert_true(fixture->swaps > 0);
}

static void test_new_file(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_close_ int fd = -1;
	struct stat status;

	assert_null(output_file_open(fixture->name, &fd));
	assert_int_equal(fstat(fd, &status), 0);
	assert_int_equal(status.st_ino, inode_of(fixture->name));
	assert_int_equal(fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND), O_WRONLY | O_APPEND);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
}

/* It is not cut, and what is written comes behind. */
static void test_old_file(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_close_ int fd = -1;
	char text[16] = "";

	_cleanup_close_ int old = open(fixture->name, O_RDWR | O_CREAT, 0600);
	assert_int_equal(write(old, "old", 3), 3);
	assert_null(output_file_open(fixture->name, &fd));
	assert_int_equal(write(fd, "new", 3), 3);
	assert_int_equal(pread(old, text, sizeof(text), 0), 6);
	assert_string_equal(text, "oldnew");
}

/* Links to what is open lead to files, but their names are no files'. */
static void test_replaced(void **state)
{
	struct fixture *fixture = *state;

	assert_true(replaced_file_can_be(fixture->victim));
	assert_true(replaced_file_can_be("/dev/shm/gofuncgraph-no-such-file"));
	assert_false(replaced_file_can_be("/proc/self/exe"));
	assert_false(replaced_file_can_be("/dev/stdout"));
	assert_false(replaced_file_can_be("/dev/no-such-device"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_link_that_comes_and_goes),
		TEST(test_new_file),
		TEST(test_old_file),
		TEST(test_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
