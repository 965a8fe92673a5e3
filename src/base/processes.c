/* SPDX-License-Identifier: MIT */
/* processes.c - what belongs to which process; see processes.h. */
#include "base/processes.h"

#include <stdlib.h>

#include <utlist.h>

struct process {
	struct hash_key pid;
	struct process_member *members;
};

static struct hash_key key_of(uint32_t pid)
{
	return (struct hash_key){.first = pid};
}

static struct process *find(const struct processes *processes, uint32_t pid)
{
	return hash_find(&processes->table, key_of(pid));
}

static struct process *add(struct processes *processes, uint32_t pid)
{
	struct process *process = calloc(1, sizeof(*process));

	if (!process)
		return NULL;
	process->pid = key_of(pid);
	if (hash_add(&processes->table, &process->pid))
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
	hash_remove(&processes->table, &process->pid);
	free(process);
}

struct process_member *processes_first(const struct processes *processes, uint32_t pid)
{
	struct process *process = find(processes, pid);

	return process ? process->members : NULL;
}

void processes_destroy(struct processes *processes)
{
	hash_free_items(&processes->table);
}
