/* SPDX-License-Identifier: MIT */
/* goroutines_file.h - what goroutines do, into a recording and out of it (recording/goroutines.h). */
#ifndef COMMAND_GOROUTINES_FILE_H
#define COMMAND_GOROUTINES_FILE_H

#include <stdio.h>

#include "base/error.h"
#include "gofuncgraph/gobin.h"
#include "recording/blocks.h"
#include "recording/goroutines.h"

/* All zero at first. */
struct goroutines_file {
	const char *path; /* these are not owned */
	struct gobin *bin;
	char *const *arguments;
	FILE *file;
	struct block_writer *writer;
	struct bytes bytes;
};

/* What is in the file is overwritten with the first process. `arguments`: of the command. All must outlive it. */
struct error *goroutines_file_open(struct goroutines_file *to, const char *path, struct gobin *bin,
				   char *const *arguments);
/* Those of one process, as in goroutines_write(). */
struct error *goroutines_file_add(struct goroutines_file *to, const struct report *report,
				  const struct command_line *line);
/* There are no more; `err` or the error that writing met. Takes err. */
struct error *goroutines_file_close(struct goroutines_file *to, struct error *err);

/* Of all processes: the caller releases each, and frees the array, also after an error. What is damaged is left
 * out, and told. */
struct error *goroutines_file_read(const char *path, struct recorded_goroutines **all,
				   size_t *count);

#endif
