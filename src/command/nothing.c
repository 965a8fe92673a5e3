/* SPDX-License-Identifier: MIT */
#include "command/nothing.h"

#include <string.h>

#include "base/log.h"
#include "base/text.h"

/* ---- processes ---- */

static void explain_one_process(const struct run *run, const char *what)
{
	size_t others = run->running.same_file;
	char also[192] = "";

	if (others)
		snprintf(also, sizeof(also), "; %s the same file, and %s left out",
			 text_counted(others, "other process runs", "other processes run").text,
			 others == 1 ? "is" : "are");
	log_info("nothing to show: process %d has not %s while it was traced%s",
		 process_pid(run->process), what, also);
}

static void explain_chosen(const struct run *run, const char *what)
{
	log_info(
		"nothing to show: no process that --cgroup, --container, --pod and --comm choose has %s while it was traced; %s %s, chosen or not",
		what, text_counted(run->running.same_file, "runs", "run").text,
		gobin_path(run->bin));
}

static void explain_all_processes(const struct run *run, const char *what)
{
	const struct running *running = &run->running;
	const char *path = gobin_path(run->bin);
	char hidden[64] = "";

	if (running->hidden)
		snprintf(hidden, sizeof(hidden), " (%s may not be looked at)",
			 text_count(running->hidden).text);
	if (running->reached == 1)
		log_info("nothing to show: the process that runs %s has not %s while it was traced",
			 path, what);
	else if (running->reached)
		log_info(
			"nothing to show: none of the %s processes that run %s has %s while they were traced",
			text_count(running->reached).text, path, what);
	else if (running->same_file)
		log_info("nothing to show: the probes reached none of the processes that run %s",
			 path);
	else
		log_info(
			"nothing to show: no process runs %s%s, and none that did meanwhile has %s",
			path, hidden, what);
}

void nothing_explain(const struct run *run, const char *what)
{
	const uint64_t *stats = run->counts;

	if (stats[STAT_LOST] || stats[STAT_NO_ROOM] || stats[STAT_UNREADABLE])
		log_info("nothing to show: it may be among what was lost or left out");
	else if (stats[STAT_OTHER_GOROUTINES])
		log_info("nothing to show: no goroutine of --goid has %s, and others have", what);
	else if (run->process)
		explain_one_process(run, what);
	else if (choice_is_wanted(&run->args->choice))
		explain_chosen(run, what);
	else if (stats[STAT_OTHER_NAMESPACE] && !run->running.reached)
		log_info(
			"nothing to show: %s is run by processes of other PID namespaces only, which this one cannot see: trace them from the host",
			gobin_path(run->bin));
	else
		explain_all_processes(run, what);
}

/* ---- targets ---- */

#define MAX_NAMED 3

static bool is_target(const struct plan_func *func)
{
	return func->target && func->num_sites;
}

static size_t count_targets(const struct plan *plan)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->num_funcs; i++)
		count += is_target(&plan->funcs[i]);
	return count;
}

/* "main.root", "main.a or main.b", "main.a, main.b or one of 7 others"; NULL: out of memory. The caller frees it. */
static char *name_targets(const struct plan *plan)
{
	size_t total = count_targets(plan), count = 0, size;
	size_t shown = total > MAX_NAMED ? MAX_NAMED - 1 : total;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (size_t i = 0; i < plan->num_funcs && count < shown; i++) {
		if (!is_target(&plan->funcs[i]))
			continue;
		count++;
		fprintf(out, "%s%s",
			count == 1       ? ""
			: count == total ? " or "
					 : ", ",
			plan->funcs[i].func->name);
	}
	if (total > shown)
		fprintf(out, total - shown == 1 ? " or %s other" : " or one of %s others",
			text_count(total - shown).text);
	fclose(out);
	return text;
}

/* ---- inlined calls ---- */

struct inlined_calls {
	const struct plan *plan;
	const char *name; /* of the target; NULL: none was found yet */
	const struct gobin_func *into; /* the first function that has a call of it inlined */
	size_t others; /* such functions */
	const struct gobin_func *last;
};

static bool is_name_of_target(const struct plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->num_funcs; i++)
		if (is_target(&plan->funcs[i]) && !strcmp(plan->funcs[i].func->name, name))
			return true;
	return false;
}

static bool find_inlined_call(void *context, const struct gobin_inlining *place)
{
	struct inlined_calls *calls = context;

	if (!place->name || !place->into)
		return true;
	if (!calls->name && is_name_of_target(calls->plan, place->name)) {
		calls->name = place->name;
		calls->into = calls->last = place->into;
	} else if (calls->name && place->into != calls->last && !strcmp(calls->name, place->name)) {
		calls->last = place->into;
		calls->others++;
	}
	return true;
}

static void explain_inlining(const struct plan *plan)
{
	struct inlined_calls calls = {.plan = plan};
	char others[48] = "";

	error_free(gobin_for_each_inlining(plan->bin, find_inlined_call, &calls));
	if (!calls.name)
		return;
	if (calls.others)
		snprintf(others, sizeof(others), " and %s more", text_count(calls.others).text);
	log_info(
		"calls of %s that the compiler inlined, as in %s%s, cannot be seen: trace those functions instead",
		calls.name, calls.into->name, others);
}

void nothing_explain_targets(const struct run *run)
{
	_cleanup_free_ char *targets = name_targets(&run->plan);
	_cleanup_free_ char *what = NULL;

	if (!targets || asprintf(&what, "entered %s", targets) < 0)
		return;
	nothing_explain(run, what);
	/* More are no single function that the user waits for. */
	if (count_targets(&run->plan) > MAX_NAMED)
		return;
	explain_inlining(&run->plan);
	nothing_explain_open(run);
}
