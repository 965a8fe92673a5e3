/* SPDX-License-Identifier: MIT */
/*
 * select_args.h - the options and arguments that choose functions, shared by the subcommands:
 * [-u GLOB]... [--include-vendor] BINARY [TARGET...].
 */
#ifndef COMMAND_SELECT_ARGS_H
#define COMMAND_SELECT_ARGS_H

#include <argp.h>

#include "gofuncgraph/select.h"

struct select_args {
	struct selection selection; /* strings of argv */
	const char *binary; /* set it beforehand when no argument names it */
};

/* Adds an argument to a list of them, which is grown. Says so if there is no memory. */
error_t args_append(char ***items, size_t *count, char *item, struct argp_state *state);

/* Takes the first target out of the targets: it is something else. */
void select_args_drop_first(struct select_args *args);
void select_args_destroy(struct select_args *args);

/* For argp's `children`; its input is a struct select_args. Takes all arguments. */
extern const struct argp select_argp;
/* The same without options: targets alone are chosen. */
extern const struct argp select_targets_argp;

#endif
