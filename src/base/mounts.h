/* SPDX-License-Identifier: MIT */
/* mounts.h - what is mounted where, as a process sees it: proc_pid_mountinfo(5). */
#ifndef GOFUNCGRAPH_MOUNTS_H
#define GOFUNCGRAPH_MOUNTS_H

#include <stdbool.h>
#include <sys/types.h>

struct mount {
	int number;
	char *root; /* which folder of the file system is mounted */
	char *point; /* where */
	char *type; /* of the file system: "overlay" */
	char *options; /* of the file system, with octal escapes as the kernel writes them */
	char *line; /* owned; what the others point into */
};

/*
 * Finds the first mount that `wants` accepts. False: there is none, or the list cannot be read.
 * `pid`: whose mounts; 0: our own. The caller releases what was found.
 */
bool mounts_find(pid_t pid, bool (*wants)(void *context, const struct mount *mount), void *context,
		 struct mount *found);
void mount_release(struct mount *mount);

/* Undoes octal escapes in place: "\054" becomes a comma. */
void mounts_unescape(char *text);

/* True when `name` is among the names between commas, as in "rw,cpu,cpuacct". */
bool mounts_list_has(const char *list, const char *name);

/*
 * The path, below where the mount is, of the folder or file that has this path in the mounted file
 * system. NULL: it is outside of what is mounted, or there is no memory. The caller frees it.
 */
char *mount_path(const struct mount *mount, const char *path);

#endif
