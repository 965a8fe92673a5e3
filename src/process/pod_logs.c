/* SPDX-License-Identifier: MIT */
#include "process/pod_logs.h"

#include <dirent.h>
#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"

static bool is_same(const char *uid, size_t length, const char *word)
{
	for (size_t i = 0; i < length; i++)
		if (word[i] != (uid[i] == '_' ? '-' : uid[i]))
			return false;
	return !word[length];
}

static char *name_in(const char *folder, const char *uid, size_t length)
{
	DIR *pods = opendir(folder);
	const struct dirent *entry;
	char *name = NULL;

	/* Neither a namespace nor a name has an underscore in it. */
	while (pods && !name && (entry = readdir(pods))) {
		const char *begin = strchr(entry->d_name, '_'), *end = strrchr(entry->d_name, '_');

		if (begin && begin != end && is_same(uid, length, end + 1))
			name = strndup(begin + 1, (size_t)(end - begin) - 1);
	}
	if (pods)
		closedir(pods);
	return name;
}

char *pod_logs_name(const char *uid, size_t length)
{
	/* In a container with the processes of its node, the node's files are those of its first process. */
	return name_in("/proc/1/root/var/log/pods", uid, length)
		       ?: name_in("/var/log/pods", uid, length);
}
