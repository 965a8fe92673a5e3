/* SPDX-License-Identifier: MIT */
/*
 * uftrace_folder.h - the folder of the format "uftrace": its files, and what these say of processes, tasks and
 * functions, each once, before the first record that speaks of it. uftrace.c says what stands for what.
 *
 * All belongs to the output, as its data. Errors are in the output's writer, but those of uftrace_begin().
 */
#ifndef GOFUNCGRAPH_OUTPUT_UFTRACE_FOLDER_H
#define GOFUNCGRAPH_OUTPUT_UFTRACE_FOLDER_H

#include <stdio.h>

#include "base/bytes.h"
#include "base/numbers.h"
#include "output/format.h"

/* Bytes of code that each function is said to have. */
#define UFTRACE_FUNC_SIZE 16

struct uftrace_task {
	uint32_t tid;
	struct bytes records; /* not written yet */
};

struct uftrace {
	int folder;
	bool is_whole; /* its end was written */
	char *binary; /* path as all files have it */
	FILE *tasks, *symbols; /* NULL before the first call */
	struct numbers funcs, processes, tids, task_numbers;
	struct uftrace_task *all;
	size_t capacity;
};

/* Begins and ends the format's data. The folder is new; an empty one is removed again, unless `is_whole`. */
struct error *uftrace_begin(struct output *out);
void uftrace_free(struct output *out);

/* `errnum` 0: unknown. */
void uftrace_fail(struct output *out, int errnum);

/* A file in the folder, to write behind what is in it; NULL: that is an error. uftrace_close() closes it, NULL is
 * fine. */
FILE *uftrace_open(struct output *out, const char *name);
void uftrace_close(struct output *out, FILE *file);

/* Those of tasks and of functions. False: an error. */
bool uftrace_open_tables(struct output *out);

/* That of a call's goroutine, good until the next one is asked for. NULL: out of memory. */
struct uftrace_task *uftrace_task(struct output *out, const struct tree *tree,
				  const struct call *call);

/* In the program's memory: what is called by this name, from now on. `is_wait`: it is a reason of waits. */
uint64_t uftrace_address(struct output *out, const char *name, bool is_wait);

#endif
