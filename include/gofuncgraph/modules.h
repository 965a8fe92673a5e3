/* SPDX-License-Identifier: MIT */
/*
 * modules.h - code in other files than the probed one: which file it is, and where in it.
 *
 * Takes addresses in processes, as records have them (FOREIGN_ADDRESS); hands on numbers which mean
 * the same in every process and when that is gone. Files are what /proc/PID/maps says; it is read
 * again when it is a second old. Names of files may hold any byte but NUL.
 */
#ifndef GOFUNCGRAPH_MODULES_H
#define GOFUNCGRAPH_MODULES_H

#include <stdint.h>

#include "base/error.h"

struct modules;

struct module_place {
	const char *name; /* of the file, without its folder; NULL: there is no file */
	/* Link-time virtual address, as nm and addr2line take it, 0 when that cannot be told; without
	 * a file the address in the process. */
	uint64_t va;
};

struct error *modules_new(struct modules **modules);
void modules_free(struct modules *modules); /* NULL is fine */

/* The number, with FOREIGN_ADDRESS, of a place that the process has at `address`. Places beyond
 * some 65,536, and those that there is no memory for, are one: unknown. `now_ns`: by the clock of
 * records. */
uint64_t modules_number(struct modules *modules, uint32_t pid, uint64_t address, uint64_t now_ns);

/* Of such a number. An unknown place has no file and va 0. */
struct module_place modules_place(const struct modules *modules, uint64_t number);

/* The process is gone, or runs another program. */
void modules_forget(struct modules *modules, uint32_t pid);

#endif
