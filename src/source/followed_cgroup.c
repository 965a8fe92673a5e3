/* SPDX-License-Identifier: MIT */
#include "source/followed_cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <bpf/bpf.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"

/* Returns 0, or an errno value. */
static int put(struct followed_cgroup *cgroup)
{
	_cleanup_close_ int fd = open(cgroup->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	uint32_t key = 0;
	struct stat status;

	if (fd < 0 || fstat(fd, &status) || bpf_map_update_elem(cgroup->map_fd, &key, &fd, BPF_ANY))
		return errno;
	cgroup->inode = status.st_ino;
	return 0;
}

struct error *followed_cgroup_begin(struct followed_cgroup *cgroup, const char *folder, int map_fd)
{
	int errnum;

	*cgroup = (struct followed_cgroup){.folder = folder, .map_fd = map_fd};
	errnum = put(cgroup);
	if (errnum && errnum != ENOENT && errnum != ENODEV)
		return error_errno(errnum, "cannot choose processes by the cgroup %s", folder);
	return NULL;
}

static void tell(const struct followed_cgroup *cgroup, const char *what)
{
	_cleanup_free_ char *folder = text_escape(cgroup->folder, strlen(cgroup->folder));

	log_info("the cgroup %s was %s", folder ?: "?", what);
}

void followed_cgroup_look(struct followed_cgroup *cgroup)
{
	struct stat status;

	if (!cgroup->folder)
		return;
	if (stat(cgroup->folder, &status)) {
		if (errno == ENOENT && !cgroup->is_gone) {
			cgroup->is_gone = true;
			tell(cgroup, "removed: processes are traced again when it is made again");
		}
		return;
	}
	/* It may go while it is looked at: then comes another look. */
	if (status.st_ino == cgroup->inode || put(cgroup))
		return;
	cgroup->is_gone = false;
	tell(cgroup, "made again: its processes are traced from now on");
}
