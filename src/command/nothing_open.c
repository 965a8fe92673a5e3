/* SPDX-License-Identifier: MIT */
/* nothing_open.c - calls of targets that began before tracing did, and have not ended: nobody saw them. */
#include <stdlib.h>

#include "base/log.h"
#include "base/text.h"
#include "command/nothing.h"
#include "command/running.h"
#include "goroutines/process_source.h"

/* Processes that are looked at. */
#define MAX_LOOKED 8

/* Calls of one process. */
struct open_calls {
	pid_t pid;
	const struct gobin_func
		*func; /* the target of the first that was found; NULL: there is none */
	uint64_t goid; /* that is in it */
	uint64_t count; /* goroutines in that target */
};

static const struct gobin_func *target_at(const struct plan *plan, uint64_t va)
{
	const struct gobin_func *func = gobin_func_at(plan->bin, va);
	const struct plan_func *chosen = func ? plan_find_func(plan, func) : NULL;

	return chosen && chosen->target ? func : NULL;
}

static void add(struct open_calls *calls, const struct plan *plan, const struct snapshot *snapshot,
		const struct goroutine *one)
{
	const uint64_t *frames = snapshot->frames + one->first_frame;

	for (size_t i = 0; i < one->num_frames; i++) {
		const struct gobin_func *func = target_at(plan, frames[i]);

		if (!func || (calls->func && calls->func != func))
			continue;
		if (!calls->func)
			calls->goid = one->goid;
		calls->func = func;
		calls->count++;
		return;
	}
}

/* Where its memory cannot be read, there are none. */
static struct open_calls look(const struct plan *plan, pid_t pid)
{
	struct open_calls calls = {.pid = pid};
	struct snapshot_source source = {0};
	struct snapshot snapshot = {0};
	struct places places;
	struct error *err;

	places_init(&places, plan->bin);
	err = snapshot_source_of_process(plan->bin, &pid, &places, &source);
	err = err ?: snapshot_take(&source, &snapshot);
	for (size_t i = 0; !err && i < snapshot.count; i++)
		add(&calls, plan, &snapshot, &snapshot.goroutines[i]);
	error_free(err);
	snapshot_release(&snapshot);
	places_release(&places);
	return calls;
}

static void tell(const struct open_calls *calls)
{
	if (calls->count == 1)
		log_info(
			"goroutine %llu of process %d is in %s, and was not seen to enter it: gofuncgraph-c goroutines -p %d --goid %llu shows what it does there",
			(unsigned long long)calls->goid, calls->pid, calls->func->name, calls->pid,
			(unsigned long long)calls->goid);
	else
		log_info(
			"%s goroutines of process %d are in %s, and were not seen to enter it: gofuncgraph-c goroutines -p %d --grep '%s' shows what they do there",
			text_count(calls->count).text, calls->pid, calls->func->name, calls->pid,
			calls->func->name);
}

void nothing_explain_open(const struct run *run)
{
	_cleanup_free_ pid_t *pids = NULL;
	struct open_calls calls = {0};
	size_t count = 0;

	if (choice_is_wanted(&run->args->choice))
		return;
	if (run->process)
		calls = look(&run->plan, process_pid(run->process));
	else
		error_free(running_list(run->bin, &pids, &count));
	for (size_t i = 0; i < count && i < MAX_LOOKED && !calls.func; i++)
		calls = look(&run->plan, pids[i]);
	if (calls.func)
		tell(&calls);
}
