/* SPDX-License-Identifier: MIT */
/* chosen.h - which of the processes that run a file are traced, as far as that can be told from outside: bpf/chosen.h
 * decides. */
#ifndef PROCESS_CHOSEN_H
#define PROCESS_CHOSEN_H

#include <stdbool.h>
#include <sys/types.h>

/* All zero: all are. Not owned. */
struct chosen {
	pid_t only; /* 0: any */
	const char *cgroup; /* folder; NULL: any */
	const char *comm; /* NULL: any */
};

static inline bool chosen_are_all(const struct chosen *chosen)
{
	return !chosen->only && !chosen->cgroup && !chosen->comm;
}

/* The process has this name; false also when that cannot be read. */
bool chosen_has_comm(pid_t pid, const char *comm);

/* The chosen ones among these processes: calls `take` for each. */
void chosen_visit(const struct chosen *chosen, const pid_t *pids, size_t count,
		  void (*take)(void *context, pid_t pid), void *context);

#endif
