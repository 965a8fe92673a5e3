/* SPDX-License-Identifier: MIT */
#include "base/proc.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"

/* From include/linux/sched.h; part of what /proc/PID/stat shows since ever. */
#define PF_KTHREAD 0x00200000

int proc_number(const char *path, const char *name)
{
	size_t length = strlen(name);
	char line[256];
	int number;

	_cleanup_fclose_ FILE *file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, name, length) && sscanf(line + length, ": %d", &number) == 1)
			return number;
	return -1;
}

const char *proc_variable(const char *text, size_t size, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = text; size && at < text + size; at += strlen(at) + 1)
		if (!strncmp(at, name, length) && at[length] == '=' && at[length + 1])
			return at + length + 1;
	return NULL;
}

pid_t proc_of_thread(pid_t tid)
{
	char path[64];
	int pid;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	pid = proc_number(path, "Tgid");
	return pid < 0 ? 0 : pid;
}

bool proc_cpu_time(pid_t pid, uint64_t *ns)
{
	struct timespec time;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &time))
		return false;
	*ns = (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
	return true;
}

#define STAT_SIZE 1024

/* Its account from the third field on, in `text`; NULL: there is no such process, or it cannot be read. */
static const char *read_stat(pid_t pid, char text[STAT_SIZE])
{
	char path[64];
	char *end;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	if (!file)
		return NULL;
	text[fread(text, 1, STAT_SIZE - 1, file)] = 0;
	end = strrchr(text, ')'); /* of its name, which may hold anything */
	return end ? end + 1 : NULL;
}

/* A number of /proc/PID/stat, by its place as proc(5) counts, from 4 on. */
static bool read_field(pid_t pid, unsigned wanted, uint64_t *number)
{
	char text[STAT_SIZE];
	const char *at = read_stat(pid, text);

	/* A blank comes before each. */
	for (unsigned field = 3; at && field < wanted; field++)
		at = strchr(at + 1, ' ');
	return at && sscanf(at, "%" SCNu64, number) == 1;
}

bool proc_start_code(pid_t pid, uint64_t *start)
{
	/* Without the right to look, it is 0 or 1 (fs/proc/array.c). */
	return read_field(pid, 26, start) && *start > 1;
}

bool proc_start_time(pid_t pid, uint64_t *ticks)
{
	return read_field(pid, 22, ticks);
}

/* The file that threads of a process run whose first one has ended. False: there are none. */
static bool find_file_of_others(pid_t pid, char path[PATH_MAX])
{
	char link[PATH_MAX];
	const struct dirent *entry;
	ssize_t length = -1;
	DIR *threads;

	snprintf(link, sizeof(link), "/proc/%d/task", pid);
	threads = opendir(link);
	while (length <= 0 && threads && (entry = readdir(threads))) {
		snprintf(link, sizeof(link), "/proc/%d/task/%s/exe", pid, entry->d_name);
		length = readlink(link, path, PATH_MAX - 1);
	}
	if (threads)
		closedir(threads);
	path[length > 0 ? length : 0] = 0;
	return length > 0;
}

char *proc_why_no_file(pid_t pid)
{
	char text[STAT_SIZE], path[PATH_MAX], state = 0, *why = NULL;
	const char *stat = read_stat(pid, text);
	unsigned flags = 0;
	int length = 0;

	if (!stat || sscanf(stat, " %c %*d %*d %*d %*d %*d %u", &state, &flags) != 2) {
		if (kill(pid, 0) && errno == ESRCH)
			length = asprintf(&why, "there is no process %d", pid);
	} else if (flags & PF_KTHREAD) {
		length = asprintf(&why, "process %d is a thread of the kernel, which runs no file",
				  pid);
	} else if ((state == 'Z' || state == 'X') && find_file_of_others(pid, path)) {
		length = asprintf(
			&why,
			"process %d goes on without its first thread, which -p needs: leave -p out and name the file that it runs, %s",
			pid, path);
	} else if (state == 'Z' || state == 'X') {
		length = asprintf(
			&why,
			"process %d has ended, and only waits for its parent to take note (zombie)",
			pid);
	}
	return length < 0 ? NULL : why;
}

char *proc_path_of(int fd)
{
	static const char deleted[] = " (deleted)"; /* fs/d_path.c */
	const size_t behind = strlen(deleted);
	char link[64], path[PATH_MAX];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path) - 1);
	if (length <= 0 || path[0] != '/')
		return NULL;
	path[length] = 0;
	if ((size_t)length > behind && !strcmp(path + length - behind, deleted))
		path[length - (ssize_t)behind] = 0;
	return strdup(path);
}
