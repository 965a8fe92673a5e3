/* SPDX-License-Identifier: MIT */
/*
 * run_file.h - where trees and states are written to: what -o names; else standard output, which
 * with `--` is the program's own, so that then it is standard error.
 */
#ifndef COMMAND_RUN_FILE_H
#define COMMAND_RUN_FILE_H

#include "command/run.h"

/* Opens it, and changes nothing of it yet: what was written there before stays until there is
 * something to write instead. */
struct error *run_file_open(struct run *run);

/* Cuts what was there: tracing has begun. */
struct error *run_file_begin(struct run *run);

/*
 * Lets go of what is a started program's own now, standard input and output: as long as we had the
 * end of a pipe, too, nobody would see that the program closed it.
 */
void run_file_leave_to_program(const struct run *run);

void run_file_close(struct run *run);

#endif
