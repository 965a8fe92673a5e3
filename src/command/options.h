/* SPDX-License-Identifier: MIT */
/*
 * options.h - the options of every command in one order: that of --help, of the man pages and of
 * completion in shells.
 *
 * The groups follow each other as they are numbered. In a group, a command's own options come
 * first, then those that it shares with others, each in the order of its table.
 */
#ifndef COMMAND_OPTIONS_H
#define COMMAND_OPTIONS_H

#include <argp.h>
#include <stdbool.h>

#include "base/terminal.h"

/* argp_option.group. */
enum option_group {
	OPTIONS_PROCESSES = 1,
	OPTIONS_FUNCTIONS,
	OPTIONS_SCRIPT,
	OPTIONS_SHOWN,
	OPTIONS_OUTPUT,
	OPTIONS_STOP,
	OPTIONS_HOW,
	OPTIONS_OTHER,
};

/* "Which processes:" */
const char *option_group_title(enum option_group group);

/* Its value is the next argument, or what follows in the same one: not "--args[=GLOB]". */
static inline bool option_takes_value(const struct argp_option *option)
{
	return option->arg && !(option->flags & OPTION_ARG_OPTIONAL);
}

/* Visits the options of a command. Those with OPTION_DOC in their flags are arguments. */
void options_visit(const struct argp *argp,
		   void (*visit)(void *context, const struct argp_option *option), void *context);

/* --record and --replay, of commands that have both. */
#define OPTION_RECORD_DOC "Record into FILE what is traced, too: --replay FILE shows it again"
#define OPTION_REPLAY_DOC "Show what was recorded into FILE, and trace nothing: leave out BINARY"

/* --metrics */
#define OPTION_METRICS_DOC                                                                         \
	"Metrics of all calls in FILE, too, for node_exporter: as -f prometheus has them"

/* --color */
#define OPTION_COLOR_DOC "auto (on a terminal, the default), always, or never"
/* Anything else ends with a message of argp's. */
void option_parse_color(struct argp_state *state, const char *arg, enum color_use *color);

/* For every command's `children`: --help, --usage and --version. argp_parse() takes ARGP_NO_HELP
 * with it, which leaves out argp's own. */
extern const struct argp common_argp;

#endif
