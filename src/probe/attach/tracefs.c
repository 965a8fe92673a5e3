// SPDX-License-Identifier: MIT
/* tracefs.c - finds tracefs; defines, names and removes uprobe events in it. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include <linux/magic.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "probe/attach/tracefs.h"

#define GROUP_PREFIX "gofuncgraph_"

/* Mounted in no directory and seen by nobody else; gone when the fd is closed. */
static int mount_for_self(void)
{
	_cleanup_close_ int context = fsopen("tracefs", FSOPEN_CLOEXEC);
	if (context < 0 || fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	int root = fsmount(context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	return root < 0 ? -errno : root;
}

int tracefs_open_root(void)
{
	static const char *const places[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct statfs fs;
		_cleanup_close_ int root = open(places[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (root >= 0 && fstatfs(root, &fs) == 0 && fs.f_type == TRACEFS_MAGIC)
			return take_fd(&root);
	}
	return mount_for_self();
}

int tracefs_open_definitions(int root)
{
	/* O_TRUNC would remove everybody's events. */
	int fd = openat(root, "uprobe_events", O_WRONLY | O_APPEND | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int tracefs_write(int definitions, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t written = write(definitions, text, len);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		if (written == 0)
			return -EIO;
		text += written;
		len -= (size_t)written;
	}
	return 0;
}

static int read_event_file(int root, const char *group, const char *name, const char *file,
			   char *text, size_t size)
{
	char path[2 * TRACEFS_EVENT_SIZE + 32];
	snprintf(path, sizeof(path), "events/%s/%s/%s", group, name, file);
	_cleanup_close_ int fd = openat(root, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ssize_t len = read(fd, text, size - 1);
	if (len <= 0)
		return len < 0 ? -errno : -EIO;
	text[len] = '\0';
	return 0;
}

int tracefs_event_id(int root, const char *group, const char *name, uint64_t *id)
{
	char text[32];
	int err = read_event_file(root, group, name, "id", text, sizeof(text));
	if (err)
		return err;
	char *end;
	*id = strtoull(text, &end, 10);
	return end == text ? -EIO : 0;
}

int tracefs_remove_event(int root, int definitions, const char *group, const char *name)
{
	char text[256];
	int err = read_event_file(root, group, name, "enable", text, sizeof(text));
	if (err == -ENOENT)
		return 0;
	/* The kernel takes an event apart before it sees that it is in use
	 * (kernel/trace/trace_uprobe.c, unregister_trace_uprobe()). */
	if (err == 0 && text[0] != '0')
		return -EBUSY;
	int len = snprintf(text, sizeof(text), "-:%s/%s\n", group, name);
	err = tracefs_write(definitions, text, (size_t)len);
	return err == -ENOENT ? 0 : err;
}

uint64_t tracefs_pid_namespace(void)
{
	struct stat st;
	return stat("/proc/self/ns/pid", &st) == 0 ? st.st_ino : 0;
}

void tracefs_group_name(char group[TRACEFS_GROUP_SIZE], uint64_t namespace, pid_t pid)
{
	snprintf(group, TRACEFS_GROUP_SIZE, GROUP_PREFIX "%" PRIu64 "_%d", namespace, (int)pid);
}

/* "gofuncgraph_NAMESPACE_PID" of this namespace and of no living process? */
static bool is_dead_group(const char *group, uint64_t namespace)
{
	size_t prefix = strlen(GROUP_PREFIX);
	if (strncmp(group, GROUP_PREFIX, prefix) != 0)
		return false;
	uint64_t owner;
	int pid, end = 0;
	if (sscanf(group + prefix, "%" SCNu64 "_%d%n", &owner, &pid, &end) != 2 ||
	    group[prefix + (size_t)end] != '\0' || owner != namespace || pid <= 0)
		return false;
	/* With the number of this very process, which has none yet, it is an earlier one's. */
	return pid == getpid() || (kill(pid, 0) < 0 && errno == ESRCH);
}

/* "p:GROUP/NAME PATH:0xOFFSET" -> group and name, which point into the line. */
static bool parse_definition(char *line, char **group, char **name)
{
	if (strncmp(line, "p:", 2) != 0)
		return false;
	*group = line + 2;
	char *slash = strchr(*group, '/');
	if (!slash)
		return false;
	*slash = '\0';
	*name = slash + 1;
	(*name)[strcspn(*name, " \n")] = '\0';
	return **name && strlen(*group) < TRACEFS_GROUP_SIZE && strlen(*name) < TRACEFS_EVENT_SIZE;
}

struct dead_event {
	char group[TRACEFS_GROUP_SIZE];
	char name[TRACEFS_EVENT_SIZE];
};

/* Dead definitions, each once: one of many probes is listed once for each. */
static size_t list_dead(FILE *list, uint64_t namespace, struct dead_event **dead)
{
	_cleanup_free_ char *line = NULL;
	size_t size = 0, count = 0, capacity = 0;
	while (getline(&line, &size, list) > 0) {
		char *group, *name;
		if (!parse_definition(line, &group, &name) || !is_dead_group(group, namespace))
			continue;
		const struct dead_event *last = count ? &(*dead)[count - 1] : NULL;
		if (last && !strcmp(last->group, group) && !strcmp(last->name, name))
			continue;
		if (!array_reserve(dead, &capacity, count + 1, sizeof(**dead)))
			break;
		struct dead_event *event = &(*dead)[count++];
		snprintf(event->group, sizeof(event->group), "%s", group);
		snprintf(event->name, sizeof(event->name), "%s", name);
	}
	return count;
}

void tracefs_clear_dead(int root, int definitions, uint64_t namespace)
{
	int fd = openat(root, "uprobe_events", O_RDONLY | O_CLOEXEC);
	_cleanup_fclose_ FILE *list = fd < 0 ? NULL : fdopen(fd, "r");
	if (!list) {
		if (fd >= 0)
			close(fd);
		return;
	}
	/* Read to the end before anything is removed: the list's lines are counted. */
	_cleanup_free_ struct dead_event *dead = NULL;
	size_t count = list_dead(list, namespace, &dead);
	for (size_t i = 0; i < count; i++)
		tracefs_remove_event(root, definitions, dead[i].group, dead[i].name);
}

void tracefs_clear_all_dead(void)
{
	_cleanup_close_ int root = tracefs_open_root();
	_cleanup_close_ int definitions = root < 0 ? -1 : tracefs_open_definitions(root);
	if (definitions >= 0)
		tracefs_clear_dead(root, definitions, tracefs_pid_namespace());
}
