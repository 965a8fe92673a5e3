/* SPDX-License-Identifier: MIT */
/* processes.c - what belongs to which process; see processes.h. */
#include "base/processes.h"

#include <stdlib.h>

/* Out of memory makes HASH_ADD fail; it never ends the process. */
#define HASH_NONFATAL_OOM	 1
#define uthash_nonfatal_oom(obj) ((obj)->in_table = false)
#include <uthash.h>
#include <utlist.h>

struct process {
	uint32_t pid;
	UT_hash_handle hh;
	bool in_table;
	struct process_member *members;
};

static struct process *find(const struct processes *processes, uint32_t pid)
{
	struct process *process;

	HASH_FIND(hh, processes->table, &pid, sizeof(pid), process);
	return process;
}

static struct process *add(struct processes *processes, uint32_t pid)
{
	struct process *process = calloc(1, sizeof(*process));

	if (!process)
		return NULL;
	process->pid = pid;
	process->in_table = true;
	HASH_ADD(hh, processes->table, pid, sizeof(process->pid), process);
	if (process->in_table)
		return process;
	free(process);
	return NULL;
}

bool processes_add(struct processes *processes, uint32_t pid, struct process_member *member)
{
	struct process *process = find(processes, pid) ?: add(processes, pid);

	if (!process)
		return false;
	DL_APPEND(process->members, member);
	return true;
}

void processes_remove(struct processes *processes, uint32_t pid, struct process_member *member)
{
	struct process *process = find(processes, pid);

	DL_DELETE(process->members, member);
	if (process->members)
		return;
	HASH_DEL(processes->table, process);
	free(process);
}

struct process_member *processes_first(const struct processes *processes, uint32_t pid)
{
	struct process *process = find(processes, pid);

	return process ? process->members : NULL;
}

void processes_destroy(struct processes *processes)
{
	struct process *process, *next;

	HASH_ITER (hh, processes->table, process, next) {
		HASH_DEL(processes->table, process);
		free(process);
	}
}
