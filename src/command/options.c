/* SPDX-License-Identifier: MIT */
#include "command/options.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/help.h"

enum { KEY_HELP = '?', KEY_USAGE = 0x4000, KEY_VERSION = 'V' };

void option_parse_color(struct argp_state *state, const char *arg, enum color_use *color)
{
	if (!strcmp(arg, "auto"))
		*color = COLOR_AUTO;
	else if (!strcmp(arg, "always"))
		*color = COLOR_ALWAYS;
	else if (!strcmp(arg, "never"))
		*color = COLOR_NEVER;
	else
		argp_error(state, "--color is auto, always or never, not '%s'", arg);
}

/* ---- order ---- */

const char *option_group_title(enum option_group group)
{
	static const char *const titles[] = {
		[OPTIONS_PROCESSES] = "Which processes:",
		[OPTIONS_FUNCTIONS] = "Which functions:",
		[OPTIONS_SCRIPT] = "Which script:",
		[OPTIONS_SHOWN] = "What is shown:",
		[OPTIONS_OUTPUT] = "Where to, and in which form:",
		[OPTIONS_STOP] = "When to stop (else ^C does):",
		[OPTIONS_HOW] = "How it is done:",
		[OPTIONS_OTHER] = "Other options:",
	};

	return titles[group];
}

static void visit_group(const struct argp *argp, int group,
			void (*visit)(void *context, const struct argp_option *option),
			void *context)
{
	for (const struct argp_option *option = argp->options; option && option->name; option++)
		if (option->group == group)
			visit(context, option);
	for (const struct argp_child *child = argp->children; child && child->argp; child++)
		visit_group(child->argp, group, visit, context);
}

void options_visit(const struct argp *argp,
		   void (*visit)(void *context, const struct argp_option *option), void *context)
{
	for (int group = OPTIONS_PROCESSES; group <= OPTIONS_OTHER; group++)
		visit_group(argp, group, visit, context);
}

/* ---- what every command has ---- */

static const struct argp_option options[] = {
	{"help", KEY_HELP, NULL, 0, "Print this text", OPTIONS_OTHER},
	{"usage", KEY_USAGE, NULL, 0, "Print the forms of the command line", OPTIONS_OTHER},
	{"version", KEY_VERSION, NULL, 0, "Print the version", OPTIONS_OTHER},
	{},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	bool is_quiet = state->flags & ARGP_NO_ERRS;

	if (key != KEY_HELP && key != KEY_USAGE && key != KEY_VERSION)
		return ARGP_ERR_UNKNOWN;
	if (key == KEY_HELP && !is_quiet)
		help_print(state->root_argp, state->name, stdout);
	if (key == KEY_USAGE && !is_quiet)
		help_print_usage(state->root_argp, state->name, stdout);
	if (key == KEY_VERSION && !is_quiet)
		puts(argp_program_version);
	if (!(state->flags & ARGP_NO_EXIT))
		exit(0);
	return 0;
}

const struct argp common_argp = {.options = options, .parser = parse};
