/* SPDX-License-Identifier: MIT */
/*
 * completion.h - scripts that complete command lines in shells, made while building: what does not
 * depend on options is in a template for each shell, and its @names@ are filled in from the tables
 * that --help prints.
 *
 * In every shell the same is completed: names of commands, options, their values, BINARY by files,
 * TARGETs and the GLOB of -u by `gofuncgraph-c list --names`, which needs no root. Behind `--` there
 * are files.
 */
#ifndef COMPLETION_COMPLETION_H
#define COMPLETION_COMPLETION_H

#include <stdbool.h>
#include <stdio.h>

#include "command/command.h"
#include "command/options.h"

enum value_kind {
	VALUE_ANY, /* nothing can be offered: a number, a time */
	VALUE_WORDS,
	VALUE_FILE,
	VALUE_PID,
	VALUE_FUNCTION,
	VALUE_TEMPLATE,
};

struct value {
	enum value_kind kind;
	char words[256]; /* with spaces between */
};

/* Of an option that takes one. */
struct value value_of(const struct command *command, const struct argp_option *option);

/* Calls `visit` for each option of a command that is one, and no argument. */
struct visit {
	FILE *out;
	const struct command *command;
	const char *before; /* whatever the visitor wants between what it prints */
};
void visit_options(struct visit *visit,
		   void (*visitor)(struct visit *visit, const struct argp_option *option));
/* The same of all commands. */
void visit_all_options(struct visit *visit,
		       void (*visitor)(struct visit *visit, const struct argp_option *option));
/* "-u | --uprobe-wildcards | ...": the options of any command that take a value; which command it
 * is, is not known yet. */
void print_with_value(FILE *out, const char *between);

/* "" for tracing. */
const char *command_name(const struct command *command);

/* -p: an option that is written with one letter, too. */
bool has_letter(const struct argp_option *option);

/* ---- what templates name ---- */

void print_commands(FILE *out);
void print_bash_with_value(FILE *out);
void print_bash_values(FILE *out);
void print_bash_options(FILE *out);
void print_zsh_with_value(FILE *out);
void print_zsh_options(FILE *out);
void print_fish_with_value(FILE *out);
void print_fish_options(FILE *out);

#endif
