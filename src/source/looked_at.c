/* SPDX-License-Identifier: MIT */
#include "source/looked_at.h"

#include <stdlib.h>

#include "base/log.h"

static void warn(struct looked_at_all *all, pid_t pid, struct error *err)
{
	if (!all->has_warned)
		log_warning("the goroutines of process %d cannot be read: %s", pid,
			    error_message(err));
	all->has_warned = true;
	error_free(err);
}

/* What is read was so then; what is made of it may take longer than the call that it was read of. */
static struct error *read_memory(const void *context, struct memory_piece *pieces, size_t count)
{
	struct looked_at *process = (struct looked_at *)context;
	struct error *err = process->memory.read(process->memory.context, pieces, count);

	process->read_ns = event_clock_now_ns(process->clock);
	return err;
}

struct looked_at *looked_at_find(struct looked_at_all *all, struct target_stacks *stacks, pid_t pid)
{
	struct hash_key key = {.first = (uint64_t)pid};
	struct looked_at *process = hash_find(&all->processes, key);
	struct error *err;

	if (process)
		return process;
	process = calloc(1, sizeof(*process));
	if (!process)
		return NULL;
	process->key = key;
	process->pid = pid;
	if (!hash_add(&all->processes, &process->key)) {
		free(process);
		return NULL;
	}
	err = target_stacks_source(stacks, &process->pid, &process->source);
	process->is_readable = !err;
	if (err)
		warn(all, pid, err);
	process->clock = all->clock;
	process->memory = process->source.memory;
	process->source.memory = (struct memory){process, read_memory};
	return process;
}

void looked_at_forget(struct looked_at_all *all, pid_t pid)
{
	struct looked_at *process =
		hash_find(&all->processes, (struct hash_key){.first = (uint64_t)pid});

	if (!process)
		return;
	hash_remove(&all->processes, &process->key);
	free(process);
}

void looked_at_release(struct looked_at_all *all)
{
	hash_free_items(&all->processes);
}
