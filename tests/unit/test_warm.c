/* SPDX-License-Identifier: MIT */
/* test_warm.c - pages of a file that are in no memory are there when they are wanted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "probe/attach/warm.h"

#define NUM_PAGES 512

/* Fills `resident` as mincore(2) does. */
static void look(int fd, size_t page_size, unsigned char resident[NUM_PAGES])
{
	void *bytes = mmap(NULL, NUM_PAGES * page_size, PROT_READ, MAP_SHARED, fd, 0);

	assert_true(bytes != MAP_FAILED);
	assert_int_equal(mincore(bytes, NUM_PAGES * page_size, resident), 0);
	munmap(bytes, NUM_PAGES * page_size);
}

static size_t count_resident(const unsigned char resident[NUM_PAGES])
{
	size_t count = 0;

	for (size_t i = 0; i < NUM_PAGES; i++)
		count += resident[i] & 1;
	return count;
}

/* A file that no page of is in memory; the folder is the build's, whose file system is a disk's. */
static int make_cold_file(size_t page_size, unsigned char resident[NUM_PAGES])
{
	char path[] = "warm.XXXXXX";
	_cleanup_free_ char *bytes = calloc(NUM_PAGES, page_size);
	int fd = mkstemp(path);

	assert_true(fd >= 0 && bytes);
	unlink(path);
	assert_int_equal(write(fd, bytes, NUM_PAGES * page_size), NUM_PAGES * page_size);
	assert_int_equal(fsync(fd), 0);
	/* No more than asked for is read. */
	assert_int_equal(posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM), 0);
	assert_int_equal(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
	look(fd, page_size, resident);
	return fd;
}

static void test_pages_of_sites(void **state)
{
	size_t page_size = (size_t)sysconf(_SC_PAGESIZE);
	unsigned char resident[NUM_PAGES];
	const struct attach_site sites[] = {
		{.off = 0},
		{.off = 7 * page_size - 1},
		{.off = 7 * page_size},
		{.off = 7 * page_size + 99},
		{.off = 300 * page_size + 17},
		{.off = 40 * page_size}, /* in any order */
		{.off = NUM_PAGES * page_size - 1},
	};
	const size_t num_sites = sizeof(sites) / sizeof(*sites);
	int fd = make_cold_file(page_size, resident);

	if (count_resident(resident)) {
		print_message("# this file system keeps the pages of a file in memory\n");
		close(fd);
		skip();
	}
	warm_sites(sites, num_sites, fd);
	look(fd, page_size, resident);
	for (size_t i = 0; i < num_sites; i++)
		assert_true(resident[sites[i].off / page_size] & 1);
	assert_true(count_resident(resident) < NUM_PAGES / 2);
	close(fd);
}

/* Sites behind the end of the file, a file that is not to be read: the kernel says what is wrong. */
static void test_what_cannot_be_read(void **state)
{
	const struct attach_site sites[] = {{.off = UINT64_MAX}, {.off = 0}};

	warm_sites(sites, 2, -1);
	warm_sites(sites, 2, STDIN_FILENO);
	warm_sites(sites, 0, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages_of_sites),
		cmocka_unit_test(test_what_cannot_be_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
