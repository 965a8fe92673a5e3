/* SPDX-License-Identifier: MIT */
/* terminal.h - what is known of the terminal that people read. */
#ifndef GOFUNCGRAPH_TERMINAL_H
#define GOFUNCGRAPH_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Rows of a table that people read there, unless they ask for more. */
#define TERMINAL_ROWS 20

/* Columns of the terminal that `fd` is now; 0: it is none, or does not know. */
size_t terminal_width(int fd);

/* --color */
enum color_use {
	COLOR_AUTO, /* on a terminal, unless NO_COLOR is set (no-color.org), or TERM knows no colours */
	COLOR_ALWAYS,
	COLOR_NEVER,
};

/* Whether what goes to this file has colours. */
bool terminal_uses_color(enum color_use color, FILE *file);

/*
 * How many bytes of the UTF-8 text take at most `max_columns`; *columns: how many they take. East
 * Asian characters and emoji take two, a byte that is no UTF-8 one. Combining characters count as
 * one, though most terminals give them none: a line may become shorter by it, never longer.
 */
size_t terminal_fit(const char *text, size_t len, size_t max_columns, size_t *columns);

#endif
