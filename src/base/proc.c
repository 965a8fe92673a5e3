/* SPDX-License-Identifier: MIT */
#include "base/proc.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
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

pid_t proc_of_thread(pid_t tid)
{
	char path[64];
	int pid;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	pid = proc_number(path, "Tgid");
	return pid < 0 ? 0 : pid;
}

/* State and flags; false: there is no such process, or its account cannot be read. */
static bool read_stat(pid_t pid, char *state, unsigned *flags)
{
	char path[64], text[1024];
	const char *end;
	size_t length;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	if (!file)
		return false;
	length = fread(text, 1, sizeof(text) - 1, file);
	text[length] = 0;
	end = strrchr(text, ')'); /* of its name, which may hold anything */
	return end && sscanf(end + 1, " %c %*d %*d %*d %*d %*d %u", state, flags) == 2;
}

char *proc_why_no_file(pid_t pid)
{
	unsigned flags = 0;
	char state = 0, *why = NULL;
	int length = 0;

	if (!read_stat(pid, &state, &flags)) {
		if (kill(pid, 0) && errno == ESRCH)
			length = asprintf(&why, "there is no process %d", pid);
	} else if (flags & PF_KTHREAD) {
		length = asprintf(&why, "process %d is a thread of the kernel, which runs no file",
				  pid);
	} else if (state == 'Z' || state == 'X') {
		length = asprintf(
			&why,
			"process %d has ended, and only waits for its parent to take note (zombie)",
			pid);
	}
	return length < 0 ? NULL : why;
}
