/* SPDX-License-Identifier: MIT */
/* memory.h - memory of a process that goes on running, read in as few calls as can be. */
#ifndef GOROUTINES_MEMORY_H
#define GOROUTINES_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

struct memory_piece {
	uint64_t at; /* address in the process */
	void *to;
	size_t len;
	bool is_read; /* all of it; else what is in `to` is undefined */
};

/* Where memory comes from: a process, or what a test makes up. */
struct memory {
	const void *context;
	/* Errors: nothing can be read, whatever is asked for. */
	struct error *(*read)(const void *context, struct memory_piece *pieces, size_t count);
};

/* By process_vm_readv(2). *pid is not owned. Errors: it has ended, or we have no right to read it. */
struct memory memory_of_process(const pid_t *pid);

/* One piece; false: it cannot be read. */
bool memory_read(const struct memory *memory, uint64_t at, void *to, size_t len);
/* Several: each tells whether it could be read. False: nothing can. */
bool memory_read_all(const struct memory *memory, struct memory_piece *pieces, size_t count);

#endif
