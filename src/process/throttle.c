/* SPDX-License-Identifier: MIT */
#include "process/throttle.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/mounts.h"
#include "base/text.h"

#define MAX_GROUPS  64
#define MAX_REPORTS 5
#define MAX_PIDS    (4u << 20) /* PID_MAX_LIMIT in include/linux/threads.h */

/* A cgroup with a cpu.stat. */
struct group {
	char *folder;
	pid_t pid; /* of the first process in it, or below it */
	size_t num_processes;
	struct throttle_stat first, last;
};

struct throttle {
	struct mount unified, controller; /* cgroup v2, and v1's with the cpu controller */
	struct group groups[MAX_GROUPS];
	size_t num_groups;
	pid_t last_process;
	/* a bit a process; pages of it that nobody needs take no memory */
	uint8_t is_watched[MAX_PIDS / 8];
};

/* ---- numbers ---- */

bool throttle_parse(const char *text, struct throttle_stat *stat)
{
	const char *line = text;
	bool found = false;
	uint64_t value;

	*stat = (struct throttle_stat){};
	while (line) {
		if (sscanf(line, "nr_periods %" SCNu64, &value) == 1)
			stat->periods = value;
		else if (sscanf(line, "nr_throttled %" SCNu64, &value) == 1)
			stat->throttled = value, found = true;
		else if (sscanf(line, "throttled_usec %" SCNu64, &value) == 1)
			stat->time_ns = value * 1000;
		else if (sscanf(line, "throttled_time %" SCNu64, &value) == 1)
			stat->time_ns = value;
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	return found;
}

static bool read_stat(const char *folder, struct throttle_stat *stat)
{
	char path[PATH_MAX], text[4096];
	size_t length;

	if (snprintf(path, sizeof(path), "%s/cpu.stat", folder) >= (int)sizeof(path))
		return false;
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	if (!file)
		return false;
	length = fread(text, 1, sizeof(text) - 1, file);
	text[length] = 0;
	return throttle_parse(text, stat);
}

/* ---- where a process's cgroups are ---- */

static struct group *find_group(struct throttle *throttle, const char *folder)
{
	for (size_t i = 0; i < throttle->num_groups; i++)
		if (!strcmp(throttle->groups[i].folder, folder))
			return &throttle->groups[i];
	return NULL;
}

static struct group *add_group(struct throttle *throttle, const char *folder, pid_t pid)
{
	struct group *group = &throttle->groups[throttle->num_groups];
	struct throttle_stat stat;

	if (throttle->num_groups == MAX_GROUPS || !read_stat(folder, &stat))
		return NULL;
	*group = (struct group){.folder = strdup(folder), .pid = pid, .first = stat, .last = stat};
	if (!group->folder)
		return NULL;
	throttle->num_groups++;
	return group;
}

/* The cgroup of that path, and all above it: each may have a quota. */
static void watch_groups(struct throttle *throttle, const struct mount *mount, const char *path,
			 pid_t pid)
{
	_cleanup_free_ char *folder = mount->line ? mount_path(mount, path) : NULL;
	struct group *group;
	char *end;

	/* In a cgroup namespace, what is outside of it begins with "/..". */
	if (!folder || strstr(folder, "/.."))
		return;
	do {
		group = find_group(throttle, folder) ?: add_group(throttle, folder, pid);
		if (group)
			group->num_processes++;
		end = strrchr(folder, '/');
		if (end)
			*end = 0;
	} while (end && strlen(folder) >= strlen(mount->point));
}

/* Lines of /proc/PID/cgroup: "4:cpu,cpuacct:/path", and of cgroup v2 "0::/path". */
static void watch_line(struct throttle *throttle, char *line, pid_t pid)
{
	char *path = NULL, *controllers = strchr(line, ':');

	if (controllers)
		path = strchr(++controllers, ':');
	if (!path)
		return;
	*path++ = 0;
	path[strcspn(path, "\n")] = 0;
	if (!*controllers)
		watch_groups(throttle, &throttle->unified, path, pid);
	else if (mounts_list_has(controllers, "cpu"))
		watch_groups(throttle, &throttle->controller, path, pid);
}

/* ---- watching ---- */

/* What was mounted outside of our cgroup namespace cannot be told by its paths. */
static bool is_outside(const struct mount *mount)
{
	return !strncmp(mount->root, "/..", 3);
}

static bool is_unified(void *context, const struct mount *mount)
{
	return !strcmp(mount->type, "cgroup2") && !is_outside(mount);
}

static bool has_cpu_controller(void *context, const struct mount *mount)
{
	return !strcmp(mount->type, "cgroup") && mounts_list_has(mount->options, "cpu") &&
	       !is_outside(mount);
}

struct throttle *throttle_new(void)
{
	struct throttle *throttle = calloc(1, sizeof(*throttle));

	if (!throttle)
		return NULL;
	mounts_find(0, is_unified, NULL, &throttle->unified);
	mounts_find(0, has_cpu_controller, NULL, &throttle->controller);
	return throttle;
}

void throttle_free(struct throttle *throttle)
{
	if (!throttle)
		return;
	for (size_t i = 0; i < throttle->num_groups; i++)
		free(throttle->groups[i].folder);
	mount_release(&throttle->unified);
	mount_release(&throttle->controller);
	free(throttle);
}

void throttle_watch(struct throttle *throttle, pid_t pid)
{
	char path[64], line[PATH_MAX + 256];
	uint8_t *bits, bit = 1 << (pid & 7);

	if (!throttle || pid == throttle->last_process || pid <= 0 || (uint32_t)pid >= MAX_PIDS)
		return;
	throttle->last_process = pid;
	bits = &throttle->is_watched[pid / 8];
	if (*bits & bit)
		return;
	*bits |= bit;
	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		watch_line(throttle, line, pid);
}

void throttle_update(struct throttle *throttle)
{
	struct throttle_stat stat;

	for (size_t i = 0; throttle && i < throttle->num_groups; i++)
		if (read_stat(throttle->groups[i].folder, &stat))
			throttle->groups[i].last = stat;
}

static void report(const struct group *group)
{
	char amount[TEXT_AMOUNT_SIZE], others[48] = "";

	if (group->num_processes > 1)
		snprintf(others, sizeof(others), " (and %s more)",
			 text_count(group->num_processes - 1).text);
	text_format_amount(amount, group->last.time_ns - group->first.time_ns);
	log_warning(
		"the kernel throttled process %d%s for %s of processor time: the CPU quota of %s was used up in %s of %s periods; durations hold that time, and so do run, runnable and waits that could not end meanwhile",
		group->pid, others, amount, group->folder,
		text_count(group->last.throttled - group->first.throttled).text,
		text_count(group->last.periods - group->first.periods).text);
}

void throttle_report(struct throttle *throttle)
{
	size_t count = 0;

	throttle_update(throttle);
	for (size_t i = 0; throttle && i < throttle->num_groups && count < MAX_REPORTS; i++) {
		const struct group *group = &throttle->groups[i];

		if (group->last.throttled > group->first.throttled) {
			report(group);
			count++;
		}
	}
}
