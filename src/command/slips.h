/* SPDX-License-Identifier: MIT */
/* slips.h - command lines that would be taken for something else than what was meant. */
#ifndef COMMAND_SLIPS_H
#define COMMAND_SLIPS_H

#include "command/command.h"

/* Says what was meant, or returns NULL. argv[0]: of what the command gets. */
struct error *slips_find(const struct command *command, int argc, char **argv);

#endif
