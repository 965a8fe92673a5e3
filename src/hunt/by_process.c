/* SPDX-License-Identifier: MIT */
/* by_process.c - which processes made the slow calls. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "hunt/analysis.h"

struct share {
	uint32_t pid;
	double calls;
};

static int compare_pids(const void *one, const void *other)
{
	const struct share *a = one, *b = other;

	return a->pid < b->pid ? -1 : a->pid > b->pid;
}

static int compare_calls(const void *one, const void *other)
{
	const struct share *a = one, *b = other;

	if (a->calls != b->calls)
		return a->calls > b->calls ? -1 : 1;
	return compare_pids(one, other);
}

/* Into one of each process. Returns how many there are. */
static size_t add_up(struct share *shares, size_t count)
{
	size_t num_processes = 0;

	qsort(shares, count, sizeof(*shares), compare_pids);
	for (size_t i = 0; i < count; i++)
		if (num_processes && shares[num_processes - 1].pid == shares[i].pid)
			shares[num_processes - 1].calls += shares[i].calls;
		else
			shares[num_processes++] = shares[i];
	qsort(shares, num_processes, sizeof(*shares), compare_calls);
	return num_processes;
}

bool by_process_count(const struct analysis *analysis, struct hunt_report *report)
{
	size_t count = analysis->num_slow;
	_cleanup_free_ struct share *shares = calloc(count + 1, sizeof(*shares));

	if (!shares)
		return false;
	for (size_t i = 0; i < count; i++)
		shares[i] =
			(struct share){.pid = (uint32_t)analysis->slow[i].call->goroutine.second,
				       .calls = analysis->slow[i].weight};
	count = add_up(shares, count);
	report->processes = calloc(count + 1, sizeof(*report->processes));
	if (!report->processes)
		return false;
	for (size_t i = 0; i < count; i++)
		report->processes[i] =
			(struct hunt_process){shares[i].pid, (uint64_t)(shares[i].calls + 0.5)};
	report->num_processes = count;
	return true;
}
