/* SPDX-License-Identifier: MIT */
#include "process/mappings.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/array.h"

/* vm.max_map_count is 65,530 unless it was raised. */
#define MAX_MAPPINGS (1 << 20)

/* "start-end perms offset dev inode path", Documentation/filesystems/proc.rst. False: not code of a
 * file, or no memory. */
static bool parse_line(char *line, struct mapping *mapping)
{
	unsigned major, minor;
	char permissions[5];
	int file_at = 0, path_at = 0;

	line[strcspn(line, "\n")] = 0;
	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %n%x:%x %" SCNu64 " %n",
		   &mapping->start, &mapping->end, permissions, &mapping->off, &file_at, &major,
		   &minor, &mapping->inode, &path_at) != 7 ||
	    !path_at || !line[path_at] || permissions[2] != 'x')
		return false;
	mapping->file = strdup(line + file_at);
	if (!mapping->file)
		return false;
	mapping->path = mapping->file + (path_at - file_at);
	mapping->device = makedev(major, minor);
	return true;
}

struct error *mappings_read(uint32_t pid, struct mappings *mappings)
{
	_cleanup_free_ char *line = NULL;
	size_t size = 0, capacity = 0;
	char path[32];

	*mappings = (struct mappings){0};
	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/maps", pid);
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	if (!file)
		return error_errno(errno, "cannot read %s", path);
	while (mappings->count < MAX_MAPPINGS && getline(&line, &size, file) > 0) {
		if (!array_reserve(&mappings->items, &capacity, mappings->count + 1,
				   sizeof(*mappings->items))) {
			mappings_release(mappings);
			return error_out_of_memory();
		}
		mappings->count += parse_line(line, &mappings->items[mappings->count]);
	}
	return NULL;
}

void mappings_release(struct mappings *mappings)
{
	for (size_t i = 0; i < mappings->count; i++)
		free(mappings->items[i].file);
	free(mappings->items);
	*mappings = (struct mappings){0};
}

const struct mapping *mappings_at(const struct mappings *mappings, uint64_t address)
{
	size_t low = 0, high = mappings->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (mappings->items[middle].end <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low < mappings->count && address >= mappings->items[low].start
		       ? &mappings->items[low]
		       : NULL;
}

static bool is_of_file(uint32_t pid, const struct mapping *mapping, const struct stat *file)
{
	char link[MAPPING_LINK_SIZE];
	struct stat mapped;

	if (mapping->inode != file->st_ino)
		return false;
	mapping_link(pid, mapping, link);
	if (stat(link, &mapped)) /* no right to it */
		return mapping->device == file->st_dev;
	return mapped.st_dev == file->st_dev && mapped.st_ino == file->st_ino;
}

const struct mapping *mappings_of_file(uint32_t pid, const struct mappings *mappings,
				       const struct stat *file)
{
	for (size_t i = 0; i < mappings->count; i++) {
		if (is_of_file(pid, &mappings->items[i], file))
			return &mappings->items[i];
	}
	return NULL;
}

void mapping_link(uint32_t pid, const struct mapping *mapping, char link[MAPPING_LINK_SIZE])
{
	snprintf(link, MAPPING_LINK_SIZE, "/proc/%" PRIu32 "/map_files/%" PRIx64 "-%" PRIx64, pid,
		 mapping->start, mapping->end);
}
