/* SPDX-License-Identifier: MIT */
/* trace_args.h - the command line of tracing. */
#ifndef COMMAND_TRACE_ARGS_H
#define COMMAND_TRACE_ARGS_H

#include <stdbool.h>
#include <stdint.h>

#include "command/select.h"

struct trace_args {
	struct select_args select;
	pid_t pid;		   /* -p; 0: none */
	char pid_path[32];	   /* its executable: what select.binary is then */
	char *const *program_args; /* behind `--`, NULL at the end; NULL: nothing is started */
	bool as_root;
	const char *format;	 /* "graph" or "json" */
	const char *output_path; /* NULL: standard output */
	uint64_t limit;		 /* trees; 0: any number */
	uint64_t timeout_ns;	 /* 0: none */
	uint64_t ring_size;	 /* bytes */
	enum attach_method method;
	bool emulate_ret;
	bool yes;
	bool verbose;
};

/*
 * Exits with STATUS_USAGE and a message when the command line is wrong, with 0 after --help and
 * --version, unless `flags` (argp's: 0, or ARGP_NO_EXIT and others for a test) say otherwise.
 */
error_t trace_args_parse(int argc, char **argv, unsigned flags, struct trace_args *args);
void trace_args_destroy(struct trace_args *args);

#endif
