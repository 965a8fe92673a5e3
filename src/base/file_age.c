/* SPDX-License-Identifier: MIT */
/* file_age.c - compares size and times. */
#include "base/file_age.h"

int64_t file_age_to_ns(struct timespec time)
{
	return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

bool file_is_unchanged(const struct stat *then, int fd)
{
	struct stat now;

	return fstat(fd, &now) == 0 && now.st_size == then->st_size &&
	       file_age_to_ns(now.st_mtim) == file_age_to_ns(then->st_mtim) &&
	       file_age_to_ns(now.st_ctim) == file_age_to_ns(then->st_ctim);
}

bool file_is_named(int fd, const char *path)
{
	struct stat one, other;

	return !fstat(fd, &one) && !stat(path, &other) && one.st_dev == other.st_dev &&
	       one.st_ino == other.st_ino;
}

bool file_is_same(int fd, int other_fd)
{
	struct stat one, other;

	return !fstat(fd, &one) && !fstat(other_fd, &other) && one.st_dev == other.st_dev &&
	       one.st_ino == other.st_ino;
}
