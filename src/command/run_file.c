/* SPDX-License-Identifier: MIT */
#include "command/run_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file_age.h"
#include "base/output_file.h"
#include "gofuncgraph/output.h"

static bool is_named(const struct run *run)
{
	const char *path = run->args->output_path;

	return path && strcmp(path, "-");
}

static struct error *check_is_other(const struct run *run)
{
	const char *path = run->args->output_path;

	if (file_is_named(gobin_fd(run->bin), path))
		return error_new(
			"-o %s is the binary itself, which would be overwritten: give another file",
			path);
	return NULL;
}

static struct error *open_named(struct run *run)
{
	struct error *err = output_file_open_stream(run->args->output_path, &run->file);

	return err ?: check_is_other(run);
}

struct error *run_file_open(struct run *run)
{
	const struct run_args *args = run->args;
	FILE *standard = args->program_args && !args->output_path ? stderr : stdout;
	struct error *err =
		format_check_target(run->format, args->output_path, isatty(fileno(standard)));
	int flags;

	if (err)
		return err;
	if (format_has_no_file(run->format, args->output_path))
		return format_is_rewritten(run->format) ? check_is_other(run) : NULL;
	if (is_named(run))
		return open_named(run);
	run->file = standard;
	flags = fcntl(fileno(run->file), F_GETFL);
	if (flags < 0 || flags & O_PATH || (flags & O_ACCMODE) == O_RDONLY)
		return error_new(
			"cannot write to standard %s: it is closed, or not open for writing; give -o FILE",
			run->file == stderr ? "error" : "output");
	return NULL;
}

struct error *run_file_begin(struct run *run)
{
	return run->file && is_named(run) && !run->is_recording
		       ? output_file_cut(run->file, run->args->output_path)
		       : NULL;
}

void run_file_leave_to_program(const struct run *run)
{
	_cleanup_close_ int nothing = open("/", O_PATH | O_CLOEXEC);

	if (nothing < 0)
		return;
	dup3(nothing, STDIN_FILENO, O_CLOEXEC);
	if (run->file != stdout)
		dup3(nothing, STDOUT_FILENO, O_CLOEXEC);
}

void run_file_close(struct run *run)
{
	if (run->file && is_named(run))
		fclose(run->file);
}
