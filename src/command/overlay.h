/* SPDX-License-Identifier: MIT */
/*
 * overlay.h - finds the lower file of a file that overlayfs copied up.
 *
 * A chmod, a chown or a write to a file of a lower layer copies it to the upper layer (Linux:
 * Documentation/filesystems/overlayfs.rst). Processes that execute the file already go on with the
 * lower file, which has no name in the overlay any more.
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
