/* SPDX-License-Identifier: MIT */
#include "base/replaced_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/output_file.h"
#include "base/text.h"

#define MAX_NAMES 16 /* that others have taken */

bool replaced_file_can_be(const char *path)
{
	struct stat status;

	if ((text_starts_with(path, "/dev/") && !text_starts_with(path, "/dev/shm/")) ||
	    text_starts_with(path, "/proc/"))
		return false;
	return stat(path, &status) || S_ISREG(status.st_mode);
}

/* "FILE.PID-N.tmp": who looks for files by the end of their name does not find it. The caller frees *name, closes
 * *fd. */
static int open_beside(const char *path, char **name, int *fd)
{
	for (unsigned i = 0; i < MAX_NAMES; i++) {
		if (asprintf(name, "%s.%d-%u.tmp", path, (int)getpid(), i) < 0) {
			*name = NULL;
			return ENOMEM;
		}
		*fd = open(*name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (*fd >= 0)
			return 0;
		free(take_pointer(*name));
		if (errno != EEXIST)
			return errno;
	}
	return EEXIST;
}

int replaced_file_write(const char *path, const char *text, size_t size)
{
	_cleanup_free_ char *name = NULL;
	_cleanup_close_ int fd = -1;
	int errnum = open_beside(path, &name, &fd);

	if (errnum)
		return errnum;
	errnum = output_file_write(fd, text, size);
	if (!errnum && rename(name, path))
		errnum = errno;
	if (errnum)
		unlink(name);
	return errnum;
}

int replaced_file_try(const char *path)
{
	_cleanup_free_ char *name = NULL;
	_cleanup_close_ int fd = -1;
	int errnum = open_beside(path, &name, &fd);

	if (!errnum)
		unlink(name);
	return errnum;
}
