/* SPDX-License-Identifier: MIT */
/* hunt_args.h - the command line of `hunt`. */
#ifndef COMMAND_HUNT_ARGS_H
#define COMMAND_HUNT_ARGS_H

#include "command/run_args.h"
#include "command/window_args.h"

struct hunt_args {
	struct run_args run;
	struct select_args select;
	const struct format *format;
	uint64_t slower_ns; /* 0: slow calls are found */
	uint64_t stuck_ns; /* 0: found out */
	uint64_t limit; /* calls; 0: any number */
	bool drill;
	uint64_t call; /* --call, from 1; 0: none */
	const char *record_path; /* what is traced goes there, too: --record; NULL: nowhere */
	const char *replay_path; /* a recording to be shown, instead of tracing; NULL: none */
	struct window_times times; /* which part of that */
};

/* As trace_args_parse(). */
error_t hunt_args_parse(int argc, char **argv, unsigned flags, struct hunt_args *args);
/* As trace_args_take_library(). */
struct error *hunt_args_take_library(struct hunt_args *args);
void hunt_args_destroy(struct hunt_args *args);

#endif
