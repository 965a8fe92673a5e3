/* SPDX-License-Identifier: MIT */
#include "command/window_args.h"

#include "command/options.h"
#include "command/run_args.h"

enum { KEY_SINCE = 0x8000, KEY_UNTIL };

static const struct argp_option options[] = {
	{"since", KEY_SINCE, "TIME", 0,
	 "Of a recording only what began from TIME on: a time of day (15:48:05), +2m30s from its beginning, or -30s from its end",
	 OPTIONS_SHOWN},
	{"until", KEY_UNTIL, "TIME", 0,
	 "Of a recording only what was seen up to TIME, as if it had been stopped then",
	 OPTIONS_SHOWN},
	{},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct window_times *times = state->input;

	switch (key) {
	case KEY_SINCE:
		run_args_check(state, "--since", window_time_parse(arg, &times->since));
		return 0;
	case KEY_UNTIL:
		run_args_check(state, "--until", window_time_parse(arg, &times->until));
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp window_argp = {.options = options, .parser = parse};

void window_args_check(const struct window_times *times, const char *replay_path,
		       struct argp_state *state)
{
	if (window_is_wanted(times) && !replay_path)
		argp_error(
			state,
			"--since and --until choose a part of a recording: give --replay FILE, or leave them out");
}
