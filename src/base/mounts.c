/* SPDX-License-Identifier: MIT */
#include "base/mounts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

void mounts_unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		if (*from == '\\' && strspn(from + 1, "01234567") >= 3) {
			*to++ = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 |
				       (from[3] - '0'));
			from += 3;
		} else {
			*to++ = *from;
		}
	}
	*to = 0;
}

/* "36 35 98:0 /root /point rw,noatime master:1 - overlay source options" */
static bool parse(struct mount *mount)
{
	char *rest = mount->line, *field;

	mount->number = atoi(strsep(&rest, " \n"));
	strsep(&rest, " \n"); /* its parent */
	strsep(&rest, " \n"); /* the device */
	mount->root = strsep(&rest, " \n");
	mount->point = strsep(&rest, " \n");
	do
		field = strsep(&rest, " \n");
	while (field && strcmp(field, "-"));
	mount->type = strsep(&rest, " \n");
	strsep(&rest, " \n"); /* the source */
	mount->options = strsep(&rest, " \n");
	if (!mount->options)
		return false;
	mounts_unescape(mount->root);
	mounts_unescape(mount->point);
	return true;
}

bool mounts_find(pid_t pid, bool (*wants)(void *context, const struct mount *mount), void *context,
		 struct mount *found)
{
	char path[64] = "/proc/self/mountinfo";
	size_t size = 0;

	*found = (struct mount){};
	if (pid)
		snprintf(path, sizeof(path), "/proc/%d/mountinfo", pid);
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	while (file && getline(&found->line, &size, file) > 0)
		if (parse(found) && wants(context, found))
			return true;
	mount_release(found);
	return false;
}

void mount_release(struct mount *mount)
{
	free(mount->line);
	*mount = (struct mount){};
}

bool mounts_list_has(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (; list; list = strchr(list, ',') ? strchr(list, ',') + 1 : NULL)
		if (!strncmp(list, name, length) && (!list[length] || list[length] == ','))
			return true;
	return false;
}

/* Behind the folder at its beginning; NULL: it does not begin with that folder. */
static const char *behind(const char *path, const char *folder)
{
	size_t length = strcmp(folder, "/") ? strlen(folder) : 0;

	if (strncmp(path, folder, length) || (path[length] && path[length] != '/'))
		return NULL;
	return path + length;
}

char *mount_path(const struct mount *mount, const char *path)
{
	const char *point = strcmp(mount->point, "/") ? mount->point : "";
	const char *inside = behind(path, mount->root);
	char *joined;

	if (!inside)
		return NULL;
	if (!strcmp(inside, "/"))
		inside = "";
	if (asprintf(&joined, "%s%s", point, *point || *inside ? inside : "/") < 0)
		return NULL;
	return joined;
}
