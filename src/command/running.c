/* SPDX-License-Identifier: MIT */
#include "command/running.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <string.h>

#include "base/log.h"

static void cleanup_closedir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

void running_warn_of_replaced(const struct gobin *bin)
{
	char wanted[PATH_MAX + 16], link[64], target[PATH_MAX + 16];
	_cleanup_(cleanup_closedir) DIR *proc = opendir("/proc");
	const struct dirent *entry;
	ssize_t length;

	if (!proc || !realpath(gobin_path(bin), wanted))
		return;
	strcat(wanted, " (deleted)"); /* how the kernel names it: fs/d_path.c */
	while ((entry = readdir(proc))) {
		if (!isdigit((unsigned char)entry->d_name[0]) || strlen(entry->d_name) > 10)
			continue;
		snprintf(link, sizeof(link), "/proc/%.10s/exe", entry->d_name);
		length = readlink(link, target, sizeof(target) - 1);
		if (length <= 0)
			continue;
		target[length] = 0;
		if (!strcmp(target, wanted))
			log_warning("process %s runs an older %s, which was replaced on disk, and "
				    "is not "
				    "traced; trace it as %s",
				    entry->d_name, gobin_path(bin), link);
	}
}
