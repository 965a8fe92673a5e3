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
 * Looks whether the process has loaded code from the file that `word` names: by its path, as seen
 * from here or from the process, or by its name without folders. Sets *path to the path by which the
 * file can be opened, which the caller frees; NULL: `word` is something else, a function's name say.
 * Errors: `word` is the path of an ELF file that the process has not loaded; there is no such
 * process.
 */
struct error *library_find(pid_t pid, const char *word, char **path);

/* err says why the process's executable cannot be traced. Adds the Go files that the process has
 * loaded, if any, unless it is a Go program itself. Takes err; returns it, or the error that takes its place. */
struct error *library_hint(pid_t pid, struct error *err);

#endif
