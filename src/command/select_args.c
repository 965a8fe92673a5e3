/* SPDX-License-Identifier: MIT */
#include "command/select_args.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "command/options.h"

enum { KEY_INCLUDE_VENDOR = 0x1000, KEY_EXCLUDE_VENDOR };

static const struct argp_option options[] = {
	{"uprobe-wildcards", 'u', "GLOB", 0,
	 "Functions to show; !GLOB takes functions out again (repeatable, in order)",
	 OPTIONS_FUNCTIONS},
	{"exclude-vendor", KEY_EXCLUDE_VENDOR, NULL, 0,
	 "Leave out functions of vendored packages (the default)", OPTIONS_FUNCTIONS},
	{"include-vendor", KEY_INCLUDE_VENDOR, NULL, 0, "Show functions of vendored packages too",
	 OPTIONS_FUNCTIONS},
	{},
};

error_t args_append(char ***items, size_t *count, char *item, struct argp_state *state)
{
	char **grown = realloc(*items, (*count + 1) * sizeof(*grown));

	if (!grown) {
		argp_failure(state, STATUS_FAILED, ENOMEM, "cannot keep the arguments");
		return ENOMEM;
	}
	*items = grown;
	grown[(*count)++] = item;
	return 0;
}

void select_args_drop_first(struct select_args *args)
{
	struct selection *selection = &args->selection;

	memmove(selection->targets, selection->targets + 1,
		--selection->num_targets * sizeof(*selection->targets));
}

/* The first argument, unless something else named the binary. */
static error_t take_binary(struct select_args *args, struct argp_state *state)
{
	struct selection *selection = &args->selection;

	if (!selection->num_targets) {
		argp_error(state, "which BINARY?");
		return EINVAL;
	}
	args->binary = selection->targets[0];
	select_args_drop_first(args);
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct select_args *args = state->input;

	switch (key) {
	case 'u':
		if (!*arg || (*arg == '!' && !arg[1]))
			argp_error(state, "--uprobe-wildcards needs a name or a wildcard");
		return args_append(&args->selection.functions, &args->selection.num_functions, arg,
				   state);
	case KEY_INCLUDE_VENDOR:
		args->selection.include_vendor = true;
		return 0;
	case KEY_EXCLUDE_VENDOR:
		args->selection.include_vendor = false;
		return 0;
	case ARGP_KEY_ARG:
		return args_append(&args->selection.targets, &args->selection.num_targets, arg,
				   state);
	case ARGP_KEY_END:
		return args->binary ? 0 : take_binary(args, state);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp select_argp = {.options = options, .parser = parse};
const struct argp select_targets_argp = {.parser = parse};

void select_args_destroy(struct select_args *args)
{
	free(args->selection.functions);
	free(args->selection.targets);
}
