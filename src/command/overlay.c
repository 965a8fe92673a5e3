/* SPDX-License-Identifier: MIT */
#include "command/overlay.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/cleanup.h"

bool overlay_holds(int fd)
{
	struct statfs filesystem;

	return !fstatfs(fd, &filesystem) && filesystem.f_type == OVERLAYFS_SUPER_MAGIC;
}

/* Where fd was opened: the mount's number in /proc/PID/mountinfo. Negative: unknown. */
static int mount_of(int fd)
{
	char path[64], line[256];
	int number = -1;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "mnt_id: %d", &number) == 1)
			break;
	return number;
}

/* In place: what proc_pid_mountinfo(5) writes as an octal number. */
static void unescape_octal(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		if (*from == '\\' && strspn(from + 1, "01234567") >= 3) {
			*to++ = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
			from += 3;
		} else {
			*to++ = *from;
		}
	}
	*to = 0;
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

static char *next_field(char **rest)
{
	return strsep(rest, " \n");
}

struct mount {
	char *line;
	char *root, *point; /* what is mounted of the file system, and where */
	char *options;	    /* of the file system */
};

static void mount_release(struct mount *mount)
{
	free(mount->line);
}

/* "36 35 98:0 /root /point rw,noatime master:1 - overlay source options" */
static bool parse_mount(struct mount *mount, int number)
{
	char *rest = mount->line, *field;

	if (atoi(next_field(&rest)) != number)
		return false;
	next_field(&rest); /* its parent */
	next_field(&rest); /* the device */
	mount->root = next_field(&rest);
	mount->point = next_field(&rest);
	do
		field = next_field(&rest);
	while (field && strcmp(field, "-"));
	next_field(&rest); /* the type */
	next_field(&rest); /* the source */
	mount->options = next_field(&rest);
	if (!mount->options)
		return false;
	unescape_octal(mount->root);
	unescape_octal(mount->point);
	return true;
}

static bool find_mount(pid_t pid, int number, struct mount *mount)
{
	char path[64];
	size_t size = 0;

	snprintf(path, sizeof(path), "/proc/%d/mountinfo", pid);
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	while (file && getline(&mount->line, &size, file) > 0)
		if (parse_mount(mount, number))
			return true;
	return false;
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
		unescape_octal(*layers);
	}
	layer = end = *layers;
	while (*end && *end != ':')
		end += *end == '\\' && end[1] ? 2 : 1;
	*layers = *end ? end + 1 : end;
	*end = 0;
	unescape_layer(layer);
	return layer;
}

/* The file's path inside of the file system: under `point` is what `root` names. */
static char *path_inside(const struct mount *mount, const char *path)
{
	size_t length = strcmp(mount->point, "/") ? strlen(mount->point) : 0;
	const char *root = strcmp(mount->root, "/") ? mount->root : "";
	char *inside;

	if (strncmp(path, mount->point, length) || (path[length] && path[length] != '/'))
		return NULL;
	return asprintf(&inside, "%s%s", root, path + length) < 0 ? NULL : inside;
}

/* The topmost layer that has it decides. */
static char *find_in_layers(struct mount *mount, const char *path)
{
	_cleanup_free_ char *inside = path_inside(mount, path);
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

char *overlay_lower_file(pid_t pid)
{
	_cleanup_(mount_release) struct mount mount = {};
	char link[64], path[PATH_MAX];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/%d/exe", pid);
	_cleanup_close_ int fd = open(link, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	length = readlink(link, path, sizeof(path) - 1);
	if (fd < 0 || length <= 0)
		return NULL;
	path[length] = 0;
	if (!find_mount(pid, mount_of(fd), &mount))
		return NULL;
	return find_in_layers(&mount, path);
}
