/* SPDX-License-Identifier: MIT */
/*
 * process_lines.h - lines that tell which process it was, where several run the binary.
 *
 *     [4711] ./server --port 8080
 *
 * Each command line is told once; behind it "[4711]" is enough. While there is one process only,
 * nothing is told. When a second one comes, what was written before it is told to be of the first:
 * "[4711] (above) ./server --port 8080".
 */
#ifndef GOFUNCGRAPH_OUTPUT_PROCESS_LINES_H
#define GOFUNCGRAPH_OUTPUT_PROCESS_LINES_H

#include "output/format.h"
#include "output/json_writer.h"

/* Before what is of this process, and has no pid of its own: whenever it is another than before. */
void process_lines_change(struct output *out, uint32_t pid);

/* Before what has a pid: once for each process. */
void process_lines_introduce(struct output *out, uint32_t pid);

/* The same where lines cannot stand before: true once for each process, whose line is to follow. */
bool process_lines_take(struct output *out, uint32_t pid);
void process_lines_put(struct output *out, uint32_t pid);

/* "command_line", in the first object of each process. */
void process_lines_json(struct output *out, struct json_writer *json, uint32_t pid);

/* The same without asking whether it was told. */
void process_lines_put_arguments(struct json_writer *json, const struct command_line *line);

#endif
