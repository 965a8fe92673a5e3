/* SPDX-License-Identifier: MIT */
/* window_args.h - the options of commands that read a recording, for which part of it. */
#ifndef COMMAND_WINDOW_ARGS_H
#define COMMAND_WINDOW_ARGS_H

#include <argp.h>

#include "recording/window.h"

/* For argp's `children`; its input is a struct window_times. */
extern const struct argp window_argp;

/* For commands that trace, too: without --replay there is nothing to choose a part of. */
void window_args_check(const struct window_times *times, const char *replay_path,
		       struct argp_state *state);

#endif
