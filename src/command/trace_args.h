/* SPDX-License-Identifier: MIT */
/* trace_args.h - the command line of tracing. */
#ifndef COMMAND_TRACE_ARGS_H
#define COMMAND_TRACE_ARGS_H

#include <stdbool.h>
#include <stdint.h>

#include "command/run_args.h"
#include "command/select_args.h"
#include "gofuncgraph/filter.h"
#include "gofuncgraph/output.h"

struct trace_args {
	struct run_args run;
	struct select_args select;
	const struct format *format;
	struct filter_options filter;
	struct summary_options summary;
	bool has_order; /* --sort was given */
	uint64_t limit; /* trees; 0: any number */
	bool leaf;
	bool live;
	enum caller_style caller;
	enum color_use color;
	bool histogram; /* with a filter that chooses trees */
	bool yes;
};

/*
 * Exits with STATUS_USAGE and a message when the command line is wrong, with 0 after --help and
 * --version, unless `flags` (argp's: 0, or ARGP_NO_EXIT and others for a test) say otherwise.
 */
error_t trace_args_parse(int argc, char **argv, unsigned flags, struct trace_args *args);
/* Looks whether the first TARGET with -p is a file that the process has loaded. */
struct error *trace_args_take_library(struct trace_args *args);
void trace_args_destroy(struct trace_args *args);

#endif
