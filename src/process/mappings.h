/* SPDX-License-Identifier: MIT */
/* mappings.h - the files whose code a process has mapped: /proc/PID/maps. */
#ifndef PROCESS_MAPPINGS_H
#define PROCESS_MAPPINGS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/error.h"

/* An executable one that has a name: of a file, or "[vdso]". */
struct mapping {
	uint64_t start, end; /* addresses in the process */
	uint64_t off; /* in the file, of start */
	uint64_t device; /* st_dev of the file system, which is not always stat(2)'s */
	uint64_t inode;
	char *file; /* device, inode and path, as one text: the file's identity */
	const char *path; /* the end of it; with " (deleted)" when the kernel says so */
};

struct mappings {
	struct mapping *items; /* by rising address */
	size_t count;
};

/*
 * Reads the mappings, which the caller releases. Errors: there is no such process, or we have no
 * right to look at it.
 */
struct error *mappings_read(uint32_t pid, struct mappings *mappings);
void mappings_release(struct mappings *mappings);

/* The mapping that the address is in, or NULL. */
const struct mapping *mappings_at(const struct mappings *mappings, uint64_t address);

/* A mapping of this file, or NULL. */
const struct mapping *mappings_of_file(uint32_t pid, const struct mappings *mappings,
				       const struct stat *file);

/* "/proc/PID/map_files/START-END": opens the very file, also one that is deleted or in another
 * mount namespace; needs CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE. */
#define MAPPING_LINK_SIZE 80
void mapping_link(uint32_t pid, const struct mapping *mapping, char link[MAPPING_LINK_SIZE]);

#endif
