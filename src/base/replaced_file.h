/* SPDX-License-Identifier: MIT */
/*
 * replaced_file.h - a file that is replaced as a whole again and again: who reads it meets what it was or what it is,
 * never a part.
 *
 * What is new is written beside it, and takes its name then (rename(2)). Others may write to its folder: a link that
 * they put there is replaced, not followed. The folders above are trusted: links among them are followed.
 */
#ifndef BASE_REPLACED_FILE_H
#define BASE_REPLACED_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Whether `path` can be replaced: it is a file, or not there. Pipes and devices cannot, nor what is below /dev/, but for
 * /dev/shm/, and /proc/: links there stand for what is open. */
bool replaced_file_can_be(const char *path);

/* Returns 0, or an errno value; the file is what it was then. */
int replaced_file_write(const char *path, const char *text, size_t size);

/* Whether that would be possible; changes nothing. 0, or an errno value. */
int replaced_file_try(const char *path);

#endif
