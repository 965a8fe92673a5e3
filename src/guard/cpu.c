/* SPDX-License-Identifier: MIT */
/* cpu.c - CPU time of processes; see cpu.h. */
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
	bool has_ended, is_traced;
	uint64_t last_ns; /* its clock */
};

struct cpu_times {
	struct stat file;
	bool is_library;
	struct chosen chosen;
	struct cpu_time sum;
	bool has_scanned;
	uint64_t next_scan_ns;
	struct member *members;
	size_t count, capacity;
	size_t num_gone; /* traced ones that are no members any more */
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
	struct member member = {.pid = pid, .is_traced = chosen_are_all(&times->chosen)};

	if (find(times, pid) || !proc_cpu_time(pid, &member.last_ns) ||
	    !array_reserve(&times->members, &times->capacity, times->count + 1, sizeof(member)))
		return;
	if (from_beginning)
		member.last_ns = 0;
	times->members[times->count++] = member;
}

/* It has so much on its clock by now. */
static void spend(struct cpu_times *times, struct member *member, uint64_t clock_ns)
{
	*(member->is_traced ? &times->sum.traced_ns : &times->sum.others_ns) +=
		clock_ns - member->last_ns;
	member->last_ns = clock_ns;
}

void cpu_times_end(struct cpu_times *times, pid_t pid, uint64_t cpu_ns)
{
	struct member *member = times ? find(times, pid) : NULL;

	if (!member)
		return;
	member->has_ended = true;
	if (cpu_ns > member->last_ns)
		spend(times, member, cpu_ns);
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

	for (size_t i = 0; i < times->count; i++)
		if (times->members[i].pid != times->chosen.only)
			times->members[i].has_ended |= !runs_file(times, times->members[i].pid);
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

static void trace(void *context, pid_t pid)
{
	struct member *member = find(context, pid);

	if (member)
		member->is_traced = true;
}

/* What they had before they were chosen is not theirs. */
static void choose(struct cpu_times *times)
{
	_cleanup_free_ pid_t *pids = calloc(times->count + 1, sizeof(*pids));
	size_t count = 0;

	if (!pids || chosen_are_all(&times->chosen))
		return;
	for (size_t i = 0; i < times->count; i++)
		if (!times->members[i].has_ended && !times->members[i].is_traced)
			pids[count++] = times->members[i].pid;
	if (count)
		chosen_visit(&times->chosen, pids, count, trace, times);
}

/* ---- all of it ---- */

static bool looks_for_others(const struct cpu_times *times)
{
	return !times->chosen.only || !times->is_library;
}

struct cpu_times *cpu_times_new(const struct stat *file, bool is_library,
				const struct chosen *chosen)
{
	struct cpu_times *times = calloc(1, sizeof(*times));

	if (!times)
		return NULL;
	times->file = *file;
	times->is_library = is_library;
	times->chosen = *chosen;
	/* What it runs may not be what is traced, yet. */
	if (chosen->only)
		add(times, chosen->only, false);
	if (looks_for_others(times))
		scan(times);
	choose(times);
	return times;
}

void cpu_times_free(struct cpu_times *times)
{
	if (times)
		free(times->members);
	free(times);
}

static void look(struct cpu_times *times, uint64_t now_ns)
{
	bool is_due = now_ns >= times->next_scan_ns;
	size_t before = times->count;

	/* Who has just come pays for hits already. */
	if (!looks_for_others(times) ||
	    !(is_due || (!times->is_library && !chosen_are_all(&times->chosen))))
		return;
	scan(times);
	if (is_due || times->count > before)
		choose(times);
	if (is_due)
		times->next_scan_ns =
			now_ns + (times->is_library ? SCAN_MAPPINGS_EVERY_NS : SCAN_EVERY_NS);
}

static void drop_ended(struct cpu_times *times)
{
	size_t count = 0;

	for (size_t i = 0; i < times->count; i++)
		if (!times->members[i].has_ended)
			times->members[count++] = times->members[i];
		else
			times->num_gone += times->members[i].is_traced;
	times->count = count;
}

struct cpu_time cpu_times_read(struct cpu_times *times, uint64_t now_ns)
{
	if (!times)
		return (struct cpu_time){};
	look(times, now_ns);
	for (size_t i = 0; i < times->count; i++) {
		struct member *member = &times->members[i];
		uint64_t clock_ns;

		/* Another process has its number by now, if the clock went back. */
		if (!member->has_ended)
			member->has_ended = !proc_cpu_time(member->pid, &clock_ns) ||
					    clock_ns < member->last_ns;
		if (!member->has_ended)
			spend(times, member, clock_ns);
	}
	drop_ended(times);
	return times->sum;
}

size_t cpu_times_num_running(const struct cpu_times *times)
{
	size_t count = 0;

	for (size_t i = 0; times && i < times->count; i++)
		count += times->members[i].is_traced && !times->members[i].has_ended;
	return count;
}

size_t cpu_times_count(const struct cpu_times *times)
{
	size_t count = times ? times->num_gone : 0;

	for (size_t i = 0; times && i < times->count; i++)
		count += times->members[i].is_traced;
	return count;
}
