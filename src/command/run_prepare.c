/* SPDX-License-Identifier: MIT */
/* run_prepare.c - the process, the binary, the plan and the output before anything is attached; see run.h. */
#include "base/log.h"
#include "base/proc.h"
#include "base/status_line.h"
#include "command/library.h"
#include "command/reopen.h"
#include "command/run_file.h"
#include "command/run_internal.h"
#include "command/signals.h"
#include "source/limits.h"

static struct error *open_binary(struct run *run)
{
	const struct run_args *args = run->args;
	struct error *err = reopen_first(run);

	if (err)
		return args->pid && !args->library_path ? library_hint(args->pid, err) : err;
	if (args->program_args && gobin_is_library(run->bin))
		return error_new(
			"%s is a library, which cannot be started: start a program that loads it, and trace the library by its path alone, or with -p PID %s",
			*args->binary, *args->binary);
	return NULL;
}

/* The process and the binary, with warnings about them. */
static struct error *open_all(struct run *run)
{
	const struct run_args *args = run->args;
	struct gobin_layout layout;
	struct error *err;

	inherited_save(&run->inherited);
	event_clock_start(&run->clock);
	if (args->program_args)
		signals_catch_for_program();
	else
		signals_catch();
	err = limits_check_proc();
	if (!err && args->pid)
		err = process_open(args->pid, &run->process);
	if (!err)
		run_show_step(run, "reading", *args->binary);
	if (!err)
		err = open_binary(run);
	if (!err)
		err = gobin_layout(run->bin, &layout);
	if (!err)
		err = modules_new(&run->modules);
	if (err)
		return err;
	if (layout.newer_than_known)
		log_warning(
			"%s is newer than any Go this version knows; taking the newest known layout of its runtime and checking it while running",
			gobin_version(run->bin));
	return NULL;
}

struct name_site *run_name_sites(const struct run *run)
{
	size_t count = run->plan.num_sites;
	struct name_site *sites = calloc(count ?: 1, sizeof(*sites));

	for (size_t i = 0; sites && i < count; i++)
		sites[i] = (struct name_site){.va = run->plan.sites[i].va,
					      .func = run->plan.sites[i].func};
	return sites;
}

/* What the addresses and sites of this binary and plan are called. */
static struct error *make_names(struct run *run)
{
	const struct name_source source = name_source_gobin(run->bin, run->modules);
	_cleanup_free_ struct name_site *sites = run_name_sites(run);

	names_free(take_pointer(run->names));
	return sites ? names_new(&source, sites, run->plan.num_sites, &run->names)
		     : error_out_of_memory();
}

struct error *run_prepare_output(struct run *run, struct output_options *options)
{
	free(run->build_id);
	run->build_id = gobin_build_id(run->bin);
	free(run->binary_path);
	run->binary_path = *run->args->pid_path ? proc_path_of(gobin_fd(run->bin)) : NULL;
	options->file = run->file;
	options->path = run->args->output_path;
	options->clock = &run->clock;
	if (!run->command_lines)
		run->command_lines = command_lines_new();
	if (!run->command_lines)
		return error_out_of_memory();
	options->command_lines = run->command_lines;
	run->output_ns = event_clock_now_ns(&run->clock);
	options->about = (struct output_about){.arguments = run->args->arguments,
					       .binary = run->binary_path ?: gobin_path(run->bin),
					       .build_id = run->build_id,
					       .start_ns = run->output_ns};
	struct error *err = make_names(run);
	options->names = run->names;
	free(run->hit_times);
	run->hit_times = calloc(run->plan.num_sites + 1, sizeof(*run->hit_times));
	return err || run->hit_times ? err : error_out_of_memory();
}

struct error *run_prepare(struct run *run)
{
	struct error *err = open_all(run);

	if (!err)
		err = run->ops->make_plan(run->context);
	if (!err)
		err = run_file_open(run);
	if (!err)
		run_allow_progress(run);
	if (!err)
		err = run->ops->open_output(run->context);
	status_line_give_way();
	return err;
}
