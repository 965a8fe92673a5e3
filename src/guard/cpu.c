/* SPDX-License-Identifier: MIT */
/* cpu.c - CPU time of the traced processes; see cpu.h. */
#include "guard/cpu.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/proc.h"
#include "process/mappings.h"

#define SCAN_EVERY_NS 1000000000ull
/* Mappings of all processes are much to read. */
#define SCAN_MAPPINGS_EVERY_NS 5000000000ull

struct member {
	pid_t pid;
	bool has_ended;
	uint64_t first_ns, last_ns; /* its clock */
};

struct cpu_times {
	struct stat file;
	bool is_library;
	pid_t only;
	bool has_scanned;
	uint64_t next_scan_ns;
	struct member *members;
	size_t count, capacity;
};

/* ---- one process ---- */

/* NULL: none that runs. */
static struct member *find(struct cpu_times *times, pid_t pid)
{
	for (size_t i = 0; i < times->count; i++)
		if (times->members[i].pid == pid && !times->members[i].has_ended)
			return &times->members[i];
	return NULL;
}

static void add(struct cpu_times *times, pid_t pid, bool from_beginning)
{
	struct member member = {.pid = pid};

	if (find(times, pid) || !proc_cpu_time(pid, &member.last_ns) ||
	    !array_reserve(&times->members, &times->capacity, times->count + 1, sizeof(member)))
		return;
	member.first_ns = from_beginning ? 0 : member.last_ns;
	times->members[times->count++] = member;
}

void cpu_times_end(struct cpu_times *times, pid_t pid, uint64_t cpu_ns)
{
	struct member *member = times ? find(times, pid) : NULL;

	if (!member)
		return;
	member->has_ended = true;
	if (cpu_ns > member->last_ns)
		member->last_ns = cpu_ns;
}

/* ---- all processes ---- */

/* Files of overlayfs have another device than their layer's, and the same numbers in most. */
static bool runs_file(const struct cpu_times *times, pid_t pid)
{
	const struct stat *file = &times->file;
	struct mappings mappings;
	struct stat executable;
	struct error *err;
	char link[32];
	bool is_mapped;

	snprintf(link, sizeof(link), "/proc/%d/exe", pid);
	if (!times->is_library)
		return !stat(link, &executable) && executable.st_size == file->st_size &&
		       (uint32_t)executable.st_ino == (uint32_t)file->st_ino;
	err = mappings_read((uint32_t)pid, &mappings);
	if (err) {
		error_free(err);
		return false;
	}
	is_mapped = mappings_of_file((uint32_t)pid, &mappings, file);
	mappings_release(&mappings);
	return is_mapped;
}

static void scan(struct cpu_times *times)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;

	while (proc && (entry = readdir(proc))) {
		pid_t pid = atoi(entry->d_name);

		/* One that was not there at the last scan was started since, nearly always. */
		if (pid > 0 && runs_file(times, pid))
			add(times, pid, times->has_scanned);
	}
	if (proc)
		closedir(proc);
	times->has_scanned = true;
}

/* ---- all of it ---- */

struct cpu_times *cpu_times_new(const struct stat *file, bool is_library, pid_t only)
{
	struct cpu_times *times = calloc(1, sizeof(*times));

	if (!times)
		return NULL;
	times->file = *file;
	times->is_library = is_library;
	times->only = only;
	if (only)
		add(times, only, false);
	else
		scan(times);
	return times;
}

void cpu_times_free(struct cpu_times *times)
{
	if (times)
		free(times->members);
	free(times);
}

uint64_t cpu_times_read(struct cpu_times *times, uint64_t now_ns)
{
	uint64_t sum = 0;

	if (!times)
		return 0;
	if (!times->only && now_ns >= times->next_scan_ns) {
		times->next_scan_ns =
			now_ns + (times->is_library ? SCAN_MAPPINGS_EVERY_NS : SCAN_EVERY_NS);
		scan(times);
	}
	for (size_t i = 0; i < times->count; i++) {
		struct member *member = &times->members[i];
		uint64_t clock_ns;

		/* Another process has its number by now, if the clock went back. */
		if (!member->has_ended)
			member->has_ended = !proc_cpu_time(member->pid, &clock_ns) ||
					    clock_ns < member->last_ns;
		if (!member->has_ended)
			member->last_ns = clock_ns;
		sum += member->last_ns - member->first_ns;
	}
	return sum;
}

size_t cpu_times_num_running(const struct cpu_times *times)
{
	size_t count = 0;

	for (size_t i = 0; times && i < times->count; i++)
		count += !times->members[i].has_ended;
	return count;
}

size_t cpu_times_count(const struct cpu_times *times)
{
	return times ? times->count : 0;
}
