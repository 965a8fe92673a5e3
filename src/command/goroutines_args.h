/* SPDX-License-Identifier: MIT */
/* goroutines_args.h - the command line of `goroutines`. */
#ifndef COMMAND_GOROUTINES_ARGS_H
#define COMMAND_GOROUTINES_ARGS_H

#include "base/terminal.h"
#include "command/goroutine_args.h"
#include "command/run_args.h"
#include "goroutines/report.h"

/* That may be asked for. */
#define MAX_LABELS 16

struct goroutines_args {
	const char *binary;
	struct run_args process; /* what -p says, and no more */
	struct goid_list goids;
	uint32_t states; /* by enum goroutine_state; 0: all */
	const char *grep;
	struct label_choice labels[MAX_LABELS]; /* all of these */
	size_t num_labels;
	uint64_t limit; /* 0: none */
	bool all;
	bool is_json;
	const char *record_path; /* --record; NULL: nowhere */
	const char *replay_path; /* --replay: instead of a process's; NULL: none */
	char *const *arguments; /* of the command */
	enum color_use color;
};

/* As trace_args_parse(). */
error_t goroutines_args_parse(int argc, char **argv, struct goroutines_args *args);
void goroutines_args_destroy(struct goroutines_args *args);

#endif
