/* SPDX-License-Identifier: MIT */
/* fuzz_arguments.c - any command line is taken or refused, and what is taken is within its bounds.
 */
#include <stdint.h>
#include <string.h>

#include "command/states_args.h"
#include "command/trace_args.h"

#define MAX_ARGUMENTS 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

static void check_run(const struct run_args *args)
{
	const char *binary = *args->binary;

	must(binary != NULL);
	must(args->options.ring_size > 0 && args->pid >= 0);
	must(args->options.method >= ATTACH_AUTO && args->options.method <= ATTACH_PERF_EVENT);
	must(!args->pid || !strncmp(binary, "/proc/", 6));
}

static void check_trace(const struct trace_args *args)
{
	check_run(&args->run);
	must(args->view.format != NULL);
	must(!args->run.options.min_wait_ns || args->run.options.states);
	for (size_t i = 0; i < args->select.selection.num_functions; i++)
		must(args->select.selection.functions[i] != NULL);
	for (size_t i = 0; i < args->select.selection.num_targets; i++)
		must(args->select.selection.targets[i] != NULL);
}

static void check_states(const struct states_args *args)
{
	check_run(&args->run);
	must(args->format != NULL);
	must(!args->goids.count || args->goids.ids);
}

/* The input holds arguments with a NUL behind each. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const unsigned quiet = ARGP_NO_EXIT | ARGP_NO_ERRS | ARGP_NO_HELP;
	_cleanup_free_ char *text = malloc(size + 1);
	char *argv[MAX_ARGUMENTS + 2] = {"gofuncgraph-c"};
	struct states_args states;
	struct trace_args args;
	int argc = 1;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = 0;
	for (size_t i = 0; i < size && argc <= MAX_ARGUMENTS; i += strlen(text + i) + 1)
		argv[argc++] = text + i;
	if (trace_args_parse(argc, argv, quiet, &args) == 0)
		check_trace(&args);
	trace_args_destroy(&args);
	if (states_args_parse(argc, argv, quiet, &states) == 0)
		check_states(&states);
	states_args_destroy(&states);
	return 0;
}
