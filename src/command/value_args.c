/* SPDX-License-Identifier: MIT */
#include "command/value_args.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "command/options.h"
#include "command/run_args.h"
#include "command/select_args.h"
#include "values/list.h"

enum {
	KEY_ARG = 0x7100,
	KEY_VALUE_SIZE,
	KEY_VALUE_DEPTH,
};

static const struct argp_option options[] = {
	{"args", 'a', "GLOB", OPTION_ARG_OPTIONAL,
	 "Show what calls of targets are given, or of functions that --args=GLOB names (repeatable, !GLOB takes out)",
	 OPTIONS_SHOWN},
	{"results", 'r', "GLOB", OPTION_ARG_OPTIONAL,
	 "Show what calls of targets return, or of functions that --results=GLOB names (as --args)",
	 OPTIONS_SHOWN},
	{"arg", KEY_ARG, "FIELDS", 0,
	 "Show these parameters of targets, or fields in them, such as r.URL.Path,r.Method",
	 OPTIONS_SHOWN},
	{"value-size", KEY_VALUE_SIZE, "BYTES", 0,
	 "Of a text, or of a slice's elements, that are shown (default 128, at most 1024)",
	 OPTIONS_SHOWN},
	{"value-depth", KEY_VALUE_DEPTH, "N", 0,
	 "Pointers that are followed one behind the other (default 3)", OPTIONS_SHOWN},
	{},
};

/* "a,b": `arg` is written to. */
static error_t add_paths(struct values_wanted *wanted, char *arg, struct argp_state *state)
{
	error_t err = 0;

	for (char *path; !err && (path = strsep(&arg, ","));) {
		size_t length = strlen(path);

		if (!length || *path == '.' || path[length - 1] == '.' || strstr(path, ".."))
			argp_error(state, "--arg wants names such as r.URL.Path, not '%s'", path);
		err = args_append(&wanted->paths, &wanted->num_paths, path, state);
	}
	return err;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct run_options *run = state->input;
	struct values_wanted *wanted = &run->args;
	uint64_t number = 0;

	switch (key) {
	case ARGP_KEY_INIT:
		wanted->limits = (struct value_limits){.size = VALUE_DEFAULT_SIZE,
						       .depth = VALUE_DEFAULT_DEPTH};
		return 0;
	case 'r':
		wanted = &run->results;
		/* fall through */
	case 'a':
		/* -ar, -ra: no function's name is one letter alone. */
		if (arg && !strcmp(arg, key == 'a' ? "r" : "a")) {
			run->args.targets = run->results.targets = true;
			return 0;
		}
		if (arg)
			return args_append(&wanted->globs, &wanted->num_globs, arg, state);
		wanted->targets = true;
		return 0;
	case ARGP_KEY_END:
		run->results.limits = wanted->limits;
		return 0;
	case KEY_ARG:
		return add_paths(wanted, arg, state);
	case KEY_VALUE_SIZE:
		run_args_check(state, "--value-size",
			       text_parse_count(arg, VALUE_MAX_SIZE, &number));
		wanted->limits.size = (uint16_t)number;
		return 0;
	case KEY_VALUE_DEPTH:
		run_args_check(state, "--value-depth",
			       text_parse_count(arg, VALUE_MAX_DEPTH, &number));
		wanted->limits.depth = (uint8_t)number;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp value_argp = {.options = options, .parser = parse};

void value_args_destroy(struct run_options *run)
{
	free(run->args.globs);
	free(run->args.paths);
	free(run->results.globs);
}
