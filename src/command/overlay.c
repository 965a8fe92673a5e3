/* SPDX-License-Identifier: MIT */
#include "command/overlay.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/cleanup.h"
#include "base/mounts.h"
#include "base/proc.h"

bool overlay_holds(const char *path)
{
	struct statfs filesystem;

	return !statfs(path, &filesystem) && filesystem.f_type == OVERLAYFS_SUPER_MAGIC;
}

/* Where fd was opened: the mount's number in /proc/PID/mountinfo. Negative: unknown. */
static int mount_of(int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	return proc_number(path, "mnt_id");
}

/* In place: what overlayfs takes with a backslash before it, a colon. */
static void unescape_layer(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		if (*from == '\\' && from[1])
			from++;
		*to++ = *from;
	}
	*to = 0;
}

/* The next of "lowerdir=A:B:C" or "lowerdir+=A,lowerdir+=B", the topmost first; what is behind "::"
 * holds data only (metacopy). NULL: there are no more. */
static char *next_layer(char **options, char **layers)
{
	char *option, *layer, *end;

	while (!*layers || !**layers) {
		option = strsep(options, ",");
		if (!option)
			return NULL;
		if (strncmp(option, "lowerdir=", 9) && strncmp(option, "lowerdir+=", 10))
			continue;
		*layers = strchr(option, '=') + 1;
		mounts_unescape(*layers);
	}
	layer = end = *layers;
	while (*end && *end != ':')
		end += *end == '\\' && end[1] ? 2 : 1;
	*layers = *end ? end + 1 : end;
	*end = 0;
	unescape_layer(layer);
	return layer;
}

/* The topmost layer that has it decides. */
static char *find_in_layers(struct mount *mount, const char *path)
{
	/* The other way round: from where it is mounted to where it is in the file system. */
	const struct mount turned = {.root = mount->point, .point = mount->root};
	_cleanup_free_ char *inside = mount_path(&turned, path);
	char *options = mount->options, *layers = NULL, *layer;
	struct stat status;

	while (inside && (layer = next_layer(&options, &layers))) {
		_cleanup_free_ char *file = NULL;

		/* A relative one is relative to where nobody knows. */
		if (*layer != '/' || asprintf(&file, "%s%s", layer, inside) < 0)
			return NULL;
		if (!stat(file, &status))
			return S_ISREG(status.st_mode) ? take_pointer(file) : NULL;
	}
	return NULL;
}

static bool has_number(void *context, const struct mount *mount)
{
	return mount->number == *(const int *)context;
}

char *overlay_lower_file(pid_t pid)
{
	_cleanup_(mount_release) struct mount mount = {};
	char link[64], path[PATH_MAX];
	ssize_t length;
	int number;

	snprintf(link, sizeof(link), "/proc/%d/exe", pid);
	_cleanup_close_ int fd = open(link, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	length = readlink(link, path, sizeof(path) - 1);
	if (fd < 0 || length <= 0)
		return NULL;
	path[length] = 0;
	number = mount_of(fd);
	if (!mounts_find(pid, has_number, &number, &mount))
		return NULL;
	return find_in_layers(&mount, path);
}
