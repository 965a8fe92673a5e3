/* SPDX-License-Identifier: MIT */
/* run_progress.c - when the line that tells what goes on is shown; see progress.h. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command/progress.h"
#include "command/run_internal.h"
#include "command/step.h"

/* Also how long nothing was printed before it is shown. */
#define SHOW_EVERY_NS 250000000ull

/* A program that was started has the same terminal, and may write there at any time. */
void run_allow_progress(const struct run *run)
{
	int fd = run->file ? fileno(run->file) : -1;

	if (!run->args->program_args)
		status_line_allow(fd);
}

void run_show_step(const struct run *run, const char *doing, const char *what)
{
	const char *path = run->args->output_path;

	if (!run->file && !run->args->program_args)
		status_line_allow(path && strcmp(path, "-") ? STDERR_FILENO : STDOUT_FILENO);
	step_show(doing, what);
}

void run_show_progress(struct run *run, uint64_t now_ns)
{
	bool has_begun = guard_has_begun(run->guard);
	size_t columns;
	char text[STATUS_LINE_SIZE];

	if (now_ns < run->progress_ns)
		return;
	run->progress_ns = now_ns + SHOW_EVERY_NS;
	columns = status_line_room();
	if (status_line_gave_way() || !columns)
		return;
	struct progress progress = {.is_attaching = !has_begun,
				    .are_processes_chosen =
					    run->process || choice_is_wanted(&run->args->choice),
				    .guard = guard_now(run->guard),
				    .num_funcs = plan_num_traced(&run->plan),
				    .num_probes = live_num_sites(run->source)};
	if (has_begun && progress.num_funcs)
		progress.num_funcs -= progress.guard.num_off;
	if (has_begun && run->ops->count)
		progress.counted = run->ops->count(run->context);
	progress_text(&progress, columns, text);
	status_line_show(text);
}
