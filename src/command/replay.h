/* SPDX-License-Identifier: MIT */
/* replay.h - a recording as trees, in any format: what the commands that read one have in common. */
#ifndef COMMAND_REPLAY_H
#define COMMAND_REPLAY_H

#include "base/error.h"
#include "command/view_args.h"
#include "command/window_args.h"

struct replay_args {
	struct view_args view;
	struct window_times times; /* --since and --until */
	const char *path; /* of the recording; "-": standard input */
	const char *output_path; /* -o; NULL: standard output */
};

/* Until all is written, a signal arrives, or nobody reads it any more. */
struct error *replay_run(const struct replay_args *args);

#endif
