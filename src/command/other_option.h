/* SPDX-License-Identifier: MIT */
/* other_option.h - options that the command does not have, and another one has. */
#ifndef COMMAND_OTHER_OPTION_H
#define COMMAND_OTHER_OPTION_H

#include "command/command.h"

/* Says which commands have the first one, or returns NULL. argv[0]: of what the command gets. */
struct error *other_option_find(const struct command *command, int argc, char **argv);

#endif
