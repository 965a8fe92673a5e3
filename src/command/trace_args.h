/* SPDX-License-Identifier: MIT */
/* trace_args.h - the command line of tracing. */
#ifndef COMMAND_TRACE_ARGS_H
#define COMMAND_TRACE_ARGS_H

#include <stdbool.h>
#include <stdint.h>

#include "command/run_args.h"
#include "command/select_args.h"
#include "command/view_args.h"
#include "recording/kept_blocks.h"

struct trace_args {
	struct run_args run;
	struct select_args select;
	struct view_args view;
	const char *record_path; /* what is traced goes there, too: --record; NULL: nowhere */
	struct keep_limits keep; /* of a recording; 0: all */
	uint64_t dump_slower_ns; /* --dump-on; 0: nothing */
	bool only_records; /* the command `record`: nothing is shown */
	bool yes;
};

/*
 * Exits with STATUS_USAGE and a message when the command line is wrong, with 0 after --help and
 * --version, unless `flags` (argp's: 0, or ARGP_NO_EXIT and others for a test) say otherwise. Then 0 is
 * returned, or else there is no memory.
 */
error_t trace_args_parse(int argc, char **argv, unsigned flags, struct trace_args *args);
/* The same of `record`. */
error_t record_args_parse(int argc, char **argv, unsigned flags, struct trace_args *args);
/* Looks whether the first TARGET with -p is a file that the process has loaded. */
struct error *trace_args_take_library(struct trace_args *args);
void trace_args_destroy(struct trace_args *args);

#endif
