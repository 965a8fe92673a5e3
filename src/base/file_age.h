/* SPDX-License-Identifier: MIT */
/* file_age.h - whether a file is still what it was, and which one it is. */
#ifndef BASE_FILE_AGE_H
#define BASE_FILE_AGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

int64_t file_age_to_ns(struct timespec time);

/* `fd` has the size and times of `then`. */
bool file_is_unchanged(const struct stat *then, int fd);

/* Both are of one file, whatever its names. */
bool file_is_same(int fd, int other_fd);
bool file_is_named(int fd, const char *path);

#endif
