/* SPDX-License-Identifier: MIT */
#include "session/reach.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/cleanup.h"

/* The kernel refuses a few sites, so that not each one looked at need be attached. */
#define MAX_LOOKED_AT 16
#define MAX_LINES     65536
#define BREAKPOINT    0xcc

struct mapping {
	uint64_t start, end; /* addresses */
	uint64_t off;	     /* in the file */
};

/* The executable mapping of that inode which holds the file's offset. */
static bool find_mapping(FILE *maps, ino_t inode, uint64_t off, struct mapping *found)
{
	unsigned long long start, end, offset, number;
	char line[256], executable;

	rewind(maps);
	/* Long paths make several lines, of which the later ones match nothing. */
	for (int i = 0; i < MAX_LINES && fgets(line, sizeof(line), maps); i++) {
		if (sscanf(line, "%llx-%llx %*c%*c%c%*c %llx %*x:%*x %llu", &start, &end,
			   &executable, &offset, &number) != 5)
			continue;
		if (executable != 'x' || number != inode || off < offset ||
		    off - offset >= end - start)
			continue;
		*found = (struct mapping){start, end, offset};
		return true;
	}
	return false;
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
	size_t step = plan->num_sites / MAX_LOOKED_AT + 1;
	enum reach reach = REACH_UNKNOWN, one;
	struct mapping mapping = {};
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	_cleanup_fclose_ FILE *maps = fopen(path, "re");
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	_cleanup_close_ int memory = open(path, O_RDONLY | O_CLOEXEC);
	if (!maps || memory < 0)
		return REACH_UNKNOWN;
	for (size_t i = 0; i < plan->num_sites && reach != REACH_PROBED; i += step) {
		const struct site *site = &plan->sites[i];

		if ((site->off < mapping.off ||
		     site->off - mapping.off >= mapping.end - mapping.start) &&
		    !find_mapping(maps, file->st_ino, site->off, &mapping))
			continue;
		one = look_at(plan, site, memory, &mapping);
		if (one != REACH_UNKNOWN)
			reach = one;
	}
	return reach;
}
