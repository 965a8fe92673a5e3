/* SPDX-License-Identifier: MIT */
/* output_file.c - walks a path as the kernel does, and looks at each link; see output_file.h. */
#include "base/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define MAX_LINKS   40 /* as MAXSYMLINKS of include/linux/namei.h */
#define MAX_RETRIES 16 /* somebody else changes what is there again and again */

#define OPEN_FLAGS (O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY)

struct walk {
	const char *path; /* as the user named it */
	char *rest; /* still to be walked, below `folder` */
	int folder; /* O_PATH */
	unsigned num_links;
	char name[NAME_MAX + 1]; /* the first component of `rest` */
	bool is_last; /* the component is the file */
};

static struct error *walk_error(const struct walk *walk, int errnum)
{
	return error_errno(errnum, "cannot write %s", walk->path);
}

/* Takes the first component off `rest`. */
static struct error *next_name(struct walk *walk)
{
	char *rest = walk->rest + strspn(walk->rest, "/");
	size_t length = strcspn(rest, "/");

	if (!length)
		return walk_error(walk, *walk->path ? EISDIR : ENOENT);
	if (length > NAME_MAX)
		return walk_error(walk, ENAMETOOLONG);
	memcpy(walk->name, rest, length);
	walk->name[length] = 0;
	walk->is_last = !rest[length];
	memmove(walk->rest, rest + length, strlen(rest + length) + 1);
	return NULL;
}

static struct error *enter(struct walk *walk, int folder)
{
	if (folder < 0)
		return walk_error(walk, errno);
	cleanup_close(&walk->folder);
	walk->folder = folder;
	return NULL;
}

static struct error *start_at_root(struct walk *walk)
{
	return enter(walk, open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

/* ---- what others may have put there ---- */

static struct error *check_owner(const struct walk *walk, const struct stat *status)
{
	const char *kind = S_ISLNK(status->st_mode)    ? "symbolic link"
			   : S_ISFIFO(status->st_mode) ? "pipe"
						       : "file";
	struct stat folder;

	if (fstat(walk->folder, &folder))
		return walk_error(walk, errno);
	if (!(folder.st_mode & S_IWOTH) || S_ISDIR(status->st_mode))
		return NULL;
	if (status->st_uid != geteuid() && status->st_uid != folder.st_uid)
		return error_new(
			"cannot write %s: everybody may write to the folder of %s, and this %s belongs to another user (uid %u): remove it, or name a file in a folder of your own",
			walk->path, walk->name, kind, status->st_uid);
	if (S_ISREG(status->st_mode) && status->st_nlink > 1)
		return error_new(
			"cannot write %s: everybody may write to the folder of %s, and this file has other names, which others may have given it: remove it, or name a file in a folder of your own",
			walk->path, walk->name);
	return NULL;
}

/* ---- one component ---- */

/* /proc/self/fd/1 and its like lead to files that may have no name. */
static bool is_magic(const struct walk *walk)
{
	struct statfs system;

	return !fstatfs(walk->folder, &system) && system.f_type == PROC_SUPER_MAGIC;
}

static struct error *follow_link(struct walk *walk)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(walk->folder, walk->name, target, sizeof(target) - 1);
	char *rest;

	if (length < 0)
		return walk_error(walk, errno);
	target[length] = 0;
	if (++walk->num_links > MAX_LINKS)
		return walk_error(walk, ELOOP);
	if (asprintf(&rest, "%s%s", target, walk->rest) < 0)
		return error_out_of_memory();
	free(walk->rest);
	walk->rest = rest;
	return *target == '/' ? start_at_root(walk) : NULL;
}

/* *fd stays -1 when something else is there now: look again. */
static struct error *open_last(const struct walk *walk, const struct stat *status, int *fd)
{
	_cleanup_close_ int opened = openat(walk->folder, walk->name, OPEN_FLAGS | O_NOFOLLOW);
	struct stat now;

	if (opened < 0 && errno == EINTR)
		return error_new(
			"cannot write %s: interrupted while waiting for somebody to read from it",
			walk->path);
	if (opened < 0)
		return errno == ENOENT || errno == ELOOP ? NULL : walk_error(walk, errno);
	if (fstat(opened, &now))
		return walk_error(walk, errno);
	if (now.st_dev == status->st_dev && now.st_ino == status->st_ino)
		*fd = take_fd(&opened);
	return NULL;
}

/* What is missing in /dev is a device or a link to one: a file of that name would take its place, in memory. */
static bool is_for_devices(const struct walk *walk)
{
	struct stat folder, devices;

	return !fstat(walk->folder, &folder) && !stat("/dev", &devices) &&
	       folder.st_dev == devices.st_dev && folder.st_ino == devices.st_ino;
}

static struct error *create_last(const struct walk *walk, int *fd)
{
	if (is_for_devices(walk))
		return error_new("cannot write %s: there is no such device", walk->path);
	*fd = openat(walk->folder, walk->name, OPEN_FLAGS | O_CREAT | O_EXCL, 0666);
	return *fd >= 0 || errno == EEXIST ? NULL : walk_error(walk, errno);
}

static struct error *open_magic(struct walk *walk, int *fd)
{
	if (!walk->is_last)
		return enter(walk,
			     openat(walk->folder, walk->name, O_PATH | O_DIRECTORY | O_CLOEXEC));
	*fd = openat(walk->folder, walk->name, OPEN_FLAGS);
	return *fd >= 0 ? NULL : walk_error(walk, errno);
}

/* *is_done: the component is behind us; else it has changed meanwhile. */
static struct error *step(struct walk *walk, int *fd, bool *is_done)
{
	struct stat status;
	struct error *err;

	*is_done = true;
	if (fstatat(walk->folder, walk->name, &status, AT_SYMLINK_NOFOLLOW)) {
		if (errno != ENOENT || !walk->is_last)
			return walk_error(walk, errno);
		err = create_last(walk, fd);
		*is_done = *fd >= 0;
		return err;
	}
	err = check_owner(walk, &status);
	if (err)
		return err;
	if (S_ISLNK(status.st_mode))
		return is_magic(walk) ? open_magic(walk, fd) : follow_link(walk);
	if (!walk->is_last)
		return enter(walk, openat(walk->folder, walk->name,
					  O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	err = open_last(walk, &status, fd);
	*is_done = *fd >= 0;
	return err;
}

static struct error *walk_on(struct walk *walk, int *fd)
{
	unsigned retries = 0;
	bool is_done = true;
	struct error *err = NULL;

	while (!err && *fd < 0) {
		if (is_done)
			err = next_name(walk);
		else if (++retries > MAX_RETRIES)
			err = walk_error(walk, EAGAIN);
		if (!err)
			err = step(walk, fd, &is_done);
	}
	return err;
}

struct error *output_file_open(const char *path, int *fd)
{
	struct walk walk = {.path = path, .folder = -1};
	struct error *err;

	*fd = -1;
	walk.rest = strdup(path);
	if (!walk.rest)
		return error_out_of_memory();
	err = *path == '/' ? start_at_root(&walk)
			   : enter(&walk, open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
	if (!err)
		err = walk_on(&walk, fd);
	cleanup_close(&walk.folder);
	free(walk.rest);
	return err;
}

struct error *output_file_open_stream(const char *path, FILE **file)
{
	_cleanup_close_ int fd = -1;
	struct error *err = output_file_open(path, &fd);

	if (err)
		return err;
	*file = fdopen(fd, "a");
	if (!*file)
		return error_errno(errno, "cannot write %s", path);
	take_fd(&fd);
	return NULL;
}

struct error *output_file_cut(FILE *file, const char *path)
{
	return ftruncate(fileno(file), 0) && errno != EINVAL
		       ? error_errno(errno, "cannot write %s", path)
		       : NULL;
}

int output_file_write(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t written = write(fd, data, size);
		if (written >= 0) {
			data += written;
			size -= (size_t)written;
		} else if (errno == EAGAIN) {
			/* A terminal that another program has made non-blocking. */
			struct pollfd ready = {.fd = fd, .events = POLLOUT};
			poll(&ready, 1, -1);
		} else if (errno != EINTR) {
			return errno;
		}
	}
	return 0;
}
