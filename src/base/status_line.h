/* SPDX-License-Identifier: MIT */
/*
 * status_line.h - one line on standard error that tells what goes on while nothing is printed.
 *
 * It is the last one on the terminal, and whatever is printed erases it first, so that nothing of it
 * is ever left. There is none for a terminal that cannot erase, in the background, and in files and
 * pipes. Like the log, it belongs to the process: there is one standard error.
 */
#ifndef GOFUNCGRAPH_STATUS_LINE_H
#define GOFUNCGRAPH_STATUS_LINE_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the longest, its NUL included. */
#define STATUS_LINE_SIZE 1024

/* From now on there is one, if standard error allows for it. `out_fd`: where the output goes; if that is
 * a pipe, there is none: who reads it may print on the same terminal. */
void status_line_allow(int out_fd);
bool status_line_is_allowed(void);

/* Columns that it may take now; 0: it cannot be shown. */
size_t status_line_room(void);

/* Shows it in place of the one before. What is longer than status_line_room() is left out. */
void status_line_show(const char *text);

/* Erases it: something is to be printed. */
void status_line_give_way(void);
/* The same at the end, when "^C" may stand in its place. */
void status_line_clear(void);
/* The same before something is written to a file. */
void status_line_give_way_to(int fd);

/* True when it had to give way since this was asked last: things are printed, it would flicker. */
bool status_line_gave_way(void);

#endif
