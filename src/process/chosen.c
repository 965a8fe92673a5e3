/* SPDX-License-Identifier: MIT */
#include "process/chosen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "gofuncgraph/maps.h"
#include "process/cgroup.h"

bool chosen_has_comm(pid_t pid, const char *comm)
{
	char path[32], name[COMM_SIZE + 1];

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	if (!file || !fgets(name, sizeof(name), file))
		return false;
	name[strcspn(name, "\n")] = 0;
	return !strcmp(name, comm);
}

static int by_number(const void *one, const void *other)
{
	pid_t a = *(const pid_t *)one, b = *(const pid_t *)other;

	return a < b ? -1 : a > b;
}

void chosen_visit(const struct chosen *chosen, const pid_t *pids, size_t count,
		  void (*take)(void *context, pid_t pid), void *context)
{
	_cleanup_free_ pid_t *members = NULL;
	size_t num_members = 0;

	if (chosen->cgroup) {
		/* One that is gone has nobody in it. */
		error_free(cgroup_list(chosen->cgroup, &members, &num_members));
		if (num_members)
			qsort(members, num_members, sizeof(*members), by_number);
	}
	for (size_t i = 0; i < count; i++) {
		if (chosen->only && pids[i] != chosen->only)
			continue;
		if (chosen->cgroup && (!num_members || !bsearch(&pids[i], members, num_members,
								sizeof(*members), by_number)))
			continue;
		if (!chosen->comm || chosen_has_comm(pids[i], chosen->comm))
			take(context, pids[i]);
	}
}
