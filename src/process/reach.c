/* SPDX-License-Identifier: MIT */
#include "process/reach.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "process/mappings.h"

/* The kernel refuses a few sites, so that not each one looked at need be attached. */
#define MAX_LOOKED_AT 16
#define BREAKPOINT    0xcc

static bool holds(const struct mapping *mapping, uint64_t off)
{
	return off >= mapping->off && off - mapping->off < mapping->end - mapping->start;
}

/* The code of that inode which holds the file's offset, or NULL. */
static const struct mapping *find_mapping(const struct mappings *mappings, ino_t inode,
					  uint64_t off)
{
	for (size_t i = 0; i < mappings->count; i++)
		if (holds(&mappings->items[i], off) && mappings->items[i].inode == inode)
			return &mappings->items[i];
	return NULL;
}

static enum reach look_at(const struct plan *plan, const struct site *site, int memory,
			  const struct mapping *mapping)
{
	size_t length = 1;
	const uint8_t *original = gobin_bytes(plan->bin, site->va, &length);
	uint8_t byte;

	if (!original || !length ||
	    pread(memory, &byte, 1, (off_t)(mapping->start + (site->off - mapping->off))) != 1)
		return REACH_UNKNOWN;
	if (byte == BREAKPOINT)
		return REACH_PROBED;
	return byte == *original ? REACH_NONE : REACH_UNKNOWN;
}

enum reach reach_of_process(const struct plan *plan, pid_t pid, const struct stat *file)
{
	_cleanup_(mappings_release) struct mappings mappings = {};
	size_t step = plan->num_sites / MAX_LOOKED_AT + 1;
	enum reach reach = REACH_UNKNOWN, one;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	_cleanup_close_ int memory = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_error_ struct error *err = mappings_read((uint32_t)pid, &mappings);
	if (err || memory < 0)
		return REACH_UNKNOWN;
	for (size_t i = 0; i < plan->num_sites && reach != REACH_PROBED; i += step) {
		const struct site *site = &plan->sites[i];
		const struct mapping *mapping = find_mapping(&mappings, file->st_ino, site->off);

		one = mapping ? look_at(plan, site, memory, mapping) : REACH_UNKNOWN;
		if (one != REACH_UNKNOWN)
			reach = one;
	}
	return reach;
}
