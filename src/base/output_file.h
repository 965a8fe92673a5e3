/* SPDX-License-Identifier: MIT */
/*
 * output_file.h - opens the file that the user named to write to, although others may write to its
 * folder.
 *
 * The tool runs as root, and people write to /tmp. Another user who puts a symbolic link or a file
 * of that name there first would choose what is overwritten, or would own what is written. The
 * kernel refuses some of that when fs.protected_symlinks, _regular, _fifos and _hardlinks are set
 * (Documentation/admin-guide/sysctl/fs.rst, fs/namei.c); this code does not depend on them.
 */
#ifndef BASE_OUTPUT_FILE_H
#define BASE_OUTPUT_FILE_H

#include "base/error.h"

/*
 * Opens `path` for appending, and creates it if it is not there, but not in /dev; it is not cut. In a folder that
 * everybody may write to, links and files of other users than this one and the folder's owner are
 * refused, and so are files with several names. The caller closes *fd.
 */
struct error *output_file_open(const char *path, int *fd);
/* The same as a stream, which the caller closes. */
struct error *output_file_open_stream(const char *path, FILE **file);

/* Takes away what was in it. What is no file, a pipe say, cannot be cut, and stays. */
struct error *output_file_cut(FILE *file, const char *path);

/* Until all is written, however long that takes. Returns 0, or an errno value. */
int output_file_write(int fd, const char *data, size_t size);

#endif
