/* SPDX-License-Identifier: MIT */
/*
 * command_lines.h - what the processes were started with that records come from, so that several
 * that run one binary can be told apart.
 *
 * A command line is read when the first record of its process arrives (/proc/PID/cmdline, proc(5)),
 * and anew when the process has executed another program, or another process has its number. One
 * that was gone by then is unknown.
 */
#ifndef PROCESS_COMMAND_LINES_H
#define PROCESS_COMMAND_LINES_H

#include "base/hash.h"

/* Bytes that are read of one, and how many are kept: first those go that have ended. */
#define COMMAND_LINE_MAX  4096
#define COMMAND_LINES_MAX 4096

struct command_line {
	struct hash_key key; /* the pid */
	bool is_over; /* the process has ended, or executed another program */
	bool is_told; /* an output has told it, and says so here */
	bool is_cut; /* there is more of it */
	/* The arguments, a NUL behind each; 0: unknown. The program can make them any bytes. */
	size_t len;
	char arguments[];
};

struct command_lines;

/* NULL: out of memory. */
struct command_lines *command_lines_new(void);
void command_lines_free(struct command_lines *lines); /* NULL is fine */

/* A record of the process has arrived. Cheap when it has been seen. */
void command_lines_see(struct command_lines *lines, uint32_t pid);

/* It was its last one, or the last one of this program. */
void command_lines_end(struct command_lines *lines, uint32_t pid);

/* In place of both, by who knows what it was then; it takes the place of what was known before. No
 * more than COMMAND_LINES_MAX are kept. False: out of memory. */
bool command_lines_tell(struct command_lines *lines, uint32_t pid, const char *arguments,
			size_t len, bool is_cut);

/* That of a process; NULL: not kept. */
struct command_line *command_lines_find(const struct command_lines *lines, uint32_t pid);

/* "./server --port 8080", escaped; NULL: out of memory. `line` may be NULL. The caller frees it. */
char *command_line_text(const struct command_line *line);

/* There are more processes than one, seen or not, now or before. */
void command_lines_expect_several(struct command_lines *lines);
bool command_lines_are_several(const struct command_lines *lines);

#endif
