/* SPDX-License-Identifier: MIT */
/*
 * run_file.h - the file that trees and states are written to: the one that -o names, else standard
 * output. With `--`, standard output is the program's own, and standard error takes its place.
 */
#ifndef COMMAND_RUN_FILE_H
#define COMMAND_RUN_FILE_H

#include "command/run.h"

/* Opens the file, and changes nothing of it yet: what was in it stays until tracing has begun. There is none
 * of a format that is sent to a server. */
struct error *run_file_open(struct run *run);

/* Tracing has begun: takes away what was in the file, unless run.is_recording. */
struct error *run_file_begin(struct run *run);

/*
 * Closes the tracer's standard input and output, which are the started program's own from now on: as
 * long as the tracer had them open as well, nobody at the other end of a pipe would see that the
 * program closed it.
 */
void run_file_leave_to_program(const struct run *run);

void run_file_close(struct run *run);

#endif
