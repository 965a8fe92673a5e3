/* SPDX-License-Identifier: MIT */
/*
 * library.h - files with Go code that a process has loaded and that are not its executable:
 * libraries, plugins, and a program that it runs as the dynamic loader.
 */
#ifndef COMMAND_LIBRARY_H
#define COMMAND_LIBRARY_H

#include <sys/types.h>

#include "base/error.h"

/*
 * Whether the process has loaded the code of the file that `word` names: a path, seen from here or
 * from the process, or the bare name of the file. Sets *path to how it is opened, which the caller
 * frees; NULL: `word` is something else, a function's name say. Errors: it is the path of an ELF
 * file that is not loaded; there is no such process.
 */
struct error *library_find(pid_t pid, const char *word, char **path);

/* Adds to err, why the process's executable cannot be traced, which Go files it has loaded. Takes
 * err, returns it or the one that takes its place. */
struct error *library_hint(pid_t pid, struct error *err);

#endif
