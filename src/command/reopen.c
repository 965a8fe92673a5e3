/* SPDX-License-Identifier: MIT */
#include "command/reopen.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

#define PAUSE_MS    20
#define PATIENCE_NS 2000000000ull

/* A file that was written to just now may be written to again, in the same tick of its times. */
static bool is_written_to(const struct run *run)
{
	return attach_file_is_written_to(*run->args->binary) ||
	       (run->bin && !gobin_is_settled(run->bin));
}

static void forget_file(struct run *run)
{
	plan_destroy(&run->plan);
	run->plan = (struct plan){};
	gobin_close(take_pointer(run->bin));
}

/* Files of all processors can be read, but only those of this machine's run here. */
static struct error *open_to_trace(struct run *run)
{
	const char *path = *run->args->binary;
	struct error *err = gobin_open_with(path, run->args->debug_file, &run->bin);

	if (err || gobin_arch(run->bin) == arch_here())
		return err;
	return error_new(
		"cannot trace %s: it is for %s, and this machine is %s; trace it where it runs, with a gofuncgraph-c that was built for %s (what would be traced is listed anywhere: gofuncgraph-c list %s)",
		path, gobin_arch(run->bin)->name, arch_here()->name, gobin_arch(run->bin)->name,
		path);
}

struct error *reopen_first(struct run *run)
{
	uint64_t end = 0, now_ns;
	struct error *err;

	while (!(err = open_to_trace(run)) && is_written_to(run)) {
		now_ns = event_clock_now_ns(&run->clock);
		/* To open it may have taken long: it is looked at once more in any case. */
		end = end ?: now_ns + PATIENCE_NS;
		if (now_ns >= end)
			return error_new(
				"cannot trace %s: it is open for writing, and probes would be lost in what is written; wait until it is written",
				*run->args->binary);
		forget_file(run);
		usleep(PAUSE_MS * 1000);
	}
	return err;
}

bool reopen_is_due(const struct run *run)
{
	return run->is_changed && !run->is_over;
}

/* Not yet: it is still written to. */
static struct error *open_changed(struct run *run, bool *not_yet)
{
	struct error *err = open_to_trace(run);

	*not_yet = is_written_to(run);
	return err || *not_yet ? err : run->ops->make_plan(run->context);
}

struct error *reopen_changed(struct run *run, bool *goes_on)
{
	uint64_t end = event_clock_now_ns(&run->clock) + PATIENCE_NS;
	struct error *err = NULL;
	bool not_yet = true;

	/* Not once more when it was too early to begin again. */
	if (!run->has_successor && run->source && live_num_sites(run->source))
		log_info(
			"%s is being written to: its probes were taken away, and come back when it is written",
			*run->args->binary);
	run->has_successor = false;
	source_free(take_pointer(run->source));
	/* What is no program now may become one: a file may be written in more than one go. */
	while ((*goes_on = !run_is_over(run))) {
		error_free(err);
		forget_file(run);
		err = open_changed(run, &not_yet);
		if (!err && !not_yet)
			return NULL;
		if (not_yet)
			end = event_clock_now_ns(&run->clock) + PATIENCE_NS;
		else if (event_clock_now_ns(&run->clock) >= end)
			return error_prefix(err, "the new %s cannot be traced", *run->args->binary);
		usleep(PAUSE_MS * 1000);
	}
	error_free(err);
	return NULL;
}

void reopen_warn_of_replaced(struct run *run)
{
	struct stat traced, named;

	if (run->was_replaced || *run->args->pid_path || fstat(gobin_fd(run->bin), &traced) ||
	    stat(*run->args->binary, &named) ||
	    (named.st_dev == traced.st_dev && named.st_ino == traced.st_ino))
		return;
	run->was_replaced = true;
	log_warning(
		"%s was replaced by another file: what is started from now on is not traced; start again to trace it",
		*run->args->binary);
}

void reopen_look_for_successor(struct run *run)
{
	const struct run_args *args = run->args;
	pid_t pid;

	if (run->is_changed || !*args->pid_path || args->library_path ||
	    !choice_is_wanted(&args->choice) || guard_now(run->guard).num_processes ||
	    !choice_has_successor(&args->choice, gobin_stat(run->bin), &pid))
		return;
	snprintf(run->successor, sizeof(run->successor), "/proc/%d/exe", pid);
	log_info("the chosen processes run another program now: %s is traced from now on",
		 run->successor);
	*args->binary = run->successor;
	run->has_successor = run->is_changed = true;
}
