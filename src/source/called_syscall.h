/* SPDX-License-Identifier: MIT */
/*
 * called_syscall.h - which system call a goroutine is in, and on what, by the memory of its process: it was left in
 * syscall.Syscall or Syscall6 (src/syscall/syscall_linux.go), which keep what they were called with in memory while they
 * call runtime.entersyscall().
 */
#ifndef SOURCE_CALLED_SYSCALL_H
#define SOURCE_CALLED_SYSCALL_H

#include <linux/types.h>

#include "gofuncgraph/gobin.h"
#include "goroutines/snapshot.h"

#define CALLED_SYSCALL_FUNCTIONS 2

struct called_syscall_functions {
	uint64_t va
		[CALLED_SYSCALL_FUNCTIONS]; /* 0: the program has none, or where they keep it is not known */
	bool is_in_frame; /* they keep it there, or else above it */
};

struct called_syscall {
	uint64_t number;
	__u64 arguments[2];
};

struct called_syscall_functions called_syscall_functions(struct gobin *bin);

/* False: it is in none, or elsewhere, or its memory cannot be read. What is read was so while the goroutine was where it
 * was found. */
bool called_syscall_read(const struct called_syscall_functions *functions,
			 const struct snapshot_source *source, const struct goroutine *goroutine,
			 struct called_syscall *call);

#endif
