/* SPDX-License-Identifier: MIT */
#include "process/cgroup_walk.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "process/cgroup.h"

#define MAX_GROUPS (1u << 16)
#define MAX_DEPTH  64

struct walk {
	void (*visit)(void *context, const char *folder);
	void *context;
	size_t num_left;
	bool is_cut;
};

static bool is_folder(const struct dirent *entry)
{
	return entry->d_type == DT_DIR && strcmp(entry->d_name, ".") != 0 &&
	       strcmp(entry->d_name, "..") != 0;
}

/* A cgroup that is gone meanwhile has nothing in it; what is nested deeper than anybody does is left out. */
static void walk_below(struct walk *walk, const char *folder, unsigned depth)
{
	const struct dirent *entry;
	char path[PATH_MAX];
	DIR *dir;

	if (depth > MAX_DEPTH)
		return;
	if (!walk->num_left) {
		walk->is_cut = true;
		return;
	}
	walk->num_left--;
	walk->visit(walk->context, folder);
	dir = opendir(folder);
	while (dir && (entry = readdir(dir)))
		if (is_folder(entry) && snprintf(path, sizeof(path), "%s/%s", folder,
						 entry->d_name) < (int)sizeof(path))
			walk_below(walk, path, depth + 1);
	if (dir)
		closedir(dir);
}

struct error *cgroup_walk(const char *folder, void (*visit)(void *context, const char *folder),
			  void *context)
{
	struct walk walk = {.visit = visit, .context = context, .num_left = MAX_GROUPS};

	walk_below(&walk, folder, 0);
	if (walk.is_cut)
		return error_new(
			"there are more than %s cgroups below %s: choose by the --cgroup of what is to be traced, and name the BINARY",
			text_count(MAX_GROUPS).text, folder);
	return NULL;
}

bool cgroup_read_pids(struct cgroup_pids *pids, const char *folder)
{
	char path[PATH_MAX], line[32];
	pid_t pid;

	if (snprintf(path, sizeof(path), "%s/cgroup.procs", folder) >= (int)sizeof(path))
		return true;
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		pid = atoi(line);
		if (pid <= 0) /* of a PID namespace that we cannot see */
			continue;
		if (!array_reserve(&pids->items, &pids->capacity, pids->count + 1,
				   sizeof(*pids->items)))
			return false;
		pids->items[pids->count++] = pid;
	}
	return true;
}

struct listing {
	struct cgroup_pids pids;
	bool is_out_of_memory;
};

static void add_pids(void *context, const char *folder)
{
	struct listing *listing = context;

	listing->is_out_of_memory |= !cgroup_read_pids(&listing->pids, folder);
}

struct error *cgroup_list(const char *folder, pid_t **pids, size_t *count)
{
	struct listing listing = {};
	struct error *err = cgroup_walk(folder, add_pids, &listing);

	*pids = listing.pids.items;
	*count = listing.pids.count;
	return err ?: listing.is_out_of_memory ? error_out_of_memory() : NULL;
}
