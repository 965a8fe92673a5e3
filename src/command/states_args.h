/* SPDX-License-Identifier: MIT */
/* states_args.h - the command line of `states`. */
#ifndef COMMAND_STATES_ARGS_H
#define COMMAND_STATES_ARGS_H

#include "command/goroutine_args.h"
#include "command/run_args.h"
#include "command/window_args.h"
#include "gofuncgraph/output.h"

struct states_args {
	struct run_args run;
	/* with -p: what the process has loaded; where processes are chosen: BINARY; NULL: their executable */
	const char *library;
	const char *binary;
	const struct format *format;
	struct goid_list goids; /* --goid */
	uint64_t min_duration_ns; /* 0: any */
	uint64_t limit; /* changes; 0: any number */
	uint32_t states; /* --state, a bit each; 0: all */
	struct states_summary summary; /* without --summary its tables are 0 */
	unsigned chosen_tables; /* --by */
	bool has_summary_options; /* one of those that are about it */
	const char *record_path; /* what is traced goes there, too: --record; NULL: nowhere */
	const char *replay_path; /* a recording to be shown, instead of tracing; NULL: none */
	struct window_times times; /* which part of that */
};

/* As trace_args_parse(). */
error_t states_args_parse(int argc, char **argv, unsigned flags, struct states_args *args);
/* With -p, looks for the LIBRARY that was named. Error: the process has not loaded it. Where processes are
 * chosen, run_args_choose(). */
struct error *states_args_take_library(struct states_args *args);
void states_args_destroy(struct states_args *args);

/* True when the options want this goroutine; this change of its state. */
bool states_args_want_goid(const struct states_args *args, uint64_t goid);
bool states_args_want_change(const struct states_args *args, const struct state_change *change);

#endif
