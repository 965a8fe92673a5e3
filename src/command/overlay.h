/* SPDX-License-Identifier: MIT */
/*
 * overlay.h - files of overlayfs that were copied up: the file of the lower layer.
 *
 * Linux: Documentation/filesystems/overlayfs.rst. A chmod, a chown or a write to a file of a lower
 * layer copies it to the upper one. Who executes it already goes on with the lower file, which has
 * no name in the overlay any more.
 */
#ifndef COMMAND_OVERLAY_H
#define COMMAND_OVERLAY_H

#include <stdbool.h>
#include <sys/types.h>

bool overlay_holds(const char *path);

/* The path of the lower file that the process may run, as the mount's options name it; NULL: not
 * found. The caller frees it. */
char *overlay_lower_file(pid_t pid);

#endif
