/* SPDX-License-Identifier: MIT */
/*
 * help.h - what --help prints, from the tables of options.
 *
 * argp.doc is what is printed first; behind a '\v' in it, what is printed last. Its lines that begin
 * with a space are printed as they are, command lines for instance; others are filled.
 * argp.args_doc has a line for each form of the command line.
 */
#ifndef COMMAND_HELP_H
#define COMMAND_HELP_H

#include <argp.h>
#include <stdio.h>

/* `name`: how the command is called, "gofuncgraph-c list". */
void help_print(const struct argp *argp, const char *name, FILE *out);
void help_print_usage(const struct argp *argp, const char *name, FILE *out);

#endif
