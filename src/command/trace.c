/* SPDX-License-Identifier: MIT */
/* trace.c - the main job: attach, read, print or record trees, until told to stop. */
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "command/command.h"
#include "command/run_trees.h"

#define SLOW_MANY_SITES 1000 /* one perf event a site: some 0.1 s each to detach */

/* False: the user does not want to wait. */
static bool confirm_slow_attaching(const struct trace_args *args, const struct plan *plan)
{
	enum attach_method method = args->run.options.method;
	char answer[16] = "";

	if (plan->num_sites <= SLOW_MANY_SITES || args->yes || !isatty(STDIN_FILENO))
		return true;
	if (method == ATTACH_AUTO)
		method = attach_best_method();
	if (method != ATTACH_PERF_EVENT)
		return true;
	fprintf(stderr,
		"found %s uprobes, large number of uprobes (>%s) need long time for attaching and detaching, continue? [Y/n]\n",
		text_count(plan->num_sites).text, text_count(SLOW_MANY_SITES).text);
	if (!fgets(answer, sizeof(answer), stdin))
		return false;
	return answer[0] == '\n' || answer[0] == 'y' || answer[0] == 'Y';
}

/* What was parsed. */
static int trace(struct trace_args *args)
{
	struct run run = {0};
	struct run_trees trees;
	struct error *err;
	int status;

	log_set_verbose(args->run.verbose);
	run_trees_begin(&trees, args, &run);
	err = trace_args_take_library(args);
	if (!err)
		err = run_prepare(&run);
	if (!err && confirm_slow_attaching(args, &run.plan))
		err = run_trace(&run);
	run_wait(&run);
	status = command_status(err);
	run_trees_end(&trees);
	run_destroy(&run);
	trace_args_destroy(args);
	return status;
}

int command_trace(int argc, char **argv)
{
	struct trace_args args;

	if (trace_args_parse(argc, argv, 0, &args))
		return command_status(error_out_of_memory());
	return trace(&args);
}

int command_record(int argc, char **argv)
{
	char name[] = "gofuncgraph-c record";
	struct trace_args args;

	argv[0] = name;
	if (record_args_parse(argc, argv, 0, &args))
		return command_status(error_out_of_memory());
	return trace(&args);
}
