/* SPDX-License-Identifier: MIT */
#include "command/running.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/log.h"
#include "base/text.h"
#include "command/overlay.h"
#include "process/reach.h"

#define MAX_WARNINGS 5

/* ---- all processes ---- */

static void cleanup_closedir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/* The executable of one process, as /proc has it. */
struct executable {
	pid_t pid;
	char link[32]; /* /proc/PID/exe */
	struct stat file;
};

static bool open_executable(struct executable *exe, pid_t pid)
{
	exe->pid = pid;
	snprintf(exe->link, sizeof(exe->link), "/proc/%d/exe", pid);
	return !stat(exe->link, &exe->file);
}

/* How many there are besides that we have no right to look at; those are visited by the second
 * function, which may be NULL. */
static size_t for_each_executable(void (*visit)(void *context, const struct executable *exe),
				  void (*visit_hidden)(void *context, pid_t pid), void *context)
{
	_cleanup_(cleanup_closedir) DIR *proc = opendir("/proc");
	const struct dirent *entry;
	struct executable exe;
	size_t hidden = 0;

	while (proc && (entry = readdir(proc))) {
		if (atoi(entry->d_name) <= 0)
			continue;
		if (open_executable(&exe, atoi(entry->d_name))) {
			visit(context, &exe);
		} else if (errno == EACCES || errno == EPERM) {
			hidden++;
			if (visit_hidden)
				visit_hidden(context, exe.pid);
		}
	}
	return hidden;
}

static bool is_same_file(const struct stat *one, const struct stat *other)
{
	return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

/* ---- the same file ---- */

struct same {
	struct stat file;
	char name[PATH_MAX]; /* of the file as the kernel knows it: a path */
	pid_t except;
	bool is_found;
};

static void find_same(void *context, const struct executable *exe)
{
	struct same *same = context;

	if (exe->pid != same->except && is_same_file(&exe->file, &same->file))
		same->is_found = true;
}

/* What can be seen of any process is its name: that of its file, cut to 15 bytes. */
static void find_same_name(void *context, pid_t pid)
{
	struct same *same = context;
	const char *slash = strrchr(same->name, '/');
	const char *name = slash ? slash + 1 : same->name;
	char path[32], comm[32];

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	if (!file || !fgets(comm, sizeof(comm), file))
		return;
	comm[strcspn(comm, "\n")] = 0;
	if (pid != same->except && !strncmp(comm, name, 15))
		same->is_found = true;
}

bool running_has_others(const struct gobin *bin, pid_t pid)
{
	struct same same = {.except = pid};
	char link[32];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", gobin_fd(bin));
	if (fstat(gobin_fd(bin), &same.file) ||
	    readlink(link, same.name, sizeof(same.name) - 1) < 0)
		return true;
	for_each_executable(find_same, find_same_name, &same);
	return same.is_found;
}

struct listing {
	const struct stat *file; /* NULL: any */
	pid_t *pids;
	size_t count, capacity;
	bool is_out_of_memory;
};

static void list(void *context, const struct executable *exe)
{
	struct listing *listing = context;

	if (listing->file && !is_same_file(&exe->file, listing->file))
		return;
	if (array_reserve(&listing->pids, &listing->capacity, listing->count + 1,
			  sizeof(*listing->pids)))
		listing->pids[listing->count++] = exe->pid;
	else
		listing->is_out_of_memory = true;
}

struct error *running_list(const struct gobin *bin, pid_t **pids, size_t *count)
{
	struct listing listing = {.file = bin ? gobin_stat(bin) : NULL};

	for_each_executable(list, NULL, &listing);
	*pids = listing.pids;
	*count = listing.count;
	return listing.is_out_of_memory ? error_out_of_memory() : NULL;
}

/* ---- what looks as if it were traced ---- */

struct search {
	const struct plan *plan;
	char name[PATH_MAX]; /* of the file, as the kernel has it; "": unknown */
	struct stat file;
	size_t count; /* of those that are not */
};

enum likeness {
	LIKE_NOTHING,
	LIKE_FILE, /* it is the file as far as stat(2) knows */
	LIKE_NAME, /* another file has its name: another mount, another root folder */
	LIKE_DELETED_NAME, /* another file had it: it was replaced since */
};

static enum likeness likeness(const struct search *search, const struct executable *exe)
{
	static const char deleted[] = " (deleted)"; /* fs/d_path.c */
	size_t length = strlen(search->name);
	char name[PATH_MAX + sizeof(deleted)];
	ssize_t name_length;

	if (is_same_file(&exe->file, &search->file))
		return LIKE_FILE;
	name_length = length ? readlink(exe->link, name, sizeof(name) - 1) : 0;
	if (name_length < (ssize_t)length || !length || strncmp(name, search->name, length))
		return LIKE_NOTHING;
	name[name_length] = 0;
	if (!name[length])
		return LIKE_NAME;
	return strcmp(name + length, deleted) ? LIKE_NOTHING : LIKE_DELETED_NAME;
}

static void warn_of_copied_up(const struct executable *exe, const char *path)
{
	_cleanup_free_ char *lower = overlay_lower_file(exe->pid);

	log_warning(
		"process %d runs %s as it was before overlayfs copied it up (a chmod, a chown or a write since then did that), and is not traced; %s%s",
		exe->pid, path,
		lower ? "trace it as " : "start it anew, or trace the file of the lower layer",
		lower ?: "");
}

static void warn_if_unreached(void *context, const struct executable *exe)
{
	struct search *search = context;
	const char *path = gobin_path(search->plan->bin);
	enum likeness like = likeness(search, exe);

	if (like == LIKE_NOTHING ||
	    (like != LIKE_DELETED_NAME &&
	     reach_of_process(search->plan, exe->pid, &exe->file) != REACH_NONE) ||
	    ++search->count > MAX_WARNINGS)
		return;
	if (like == LIKE_DELETED_NAME)
		log_warning(
			"process %d runs an older %s, which was replaced on disk, and is not traced; trace it as %s",
			exe->pid, path, exe->link);
	else if (like == LIKE_NAME)
		log_warning(
			"process %d runs another file of the name %s, in another mount, and is not traced; trace it as %s",
			exe->pid, path, exe->link);
	else if (overlay_holds(exe->link))
		warn_of_copied_up(exe, path);
	else
		log_warning(
			"process %d runs %s, but the probes are not in its memory: it is not traced",
			exe->pid, path);
}

void running_warn_of_unreached(const struct plan *plan, pid_t only)
{
	struct search search = {.plan = plan};
	const char *path = gobin_path(plan->bin);
	struct executable exe;

	if (fstat(gobin_fd(plan->bin), &search.file))
		return;
	/* Names below /proc/PID/root are those of another root folder. */
	if (!only && strncmp(path, "/proc/", 6) && !realpath(path, search.name))
		search.name[0] = 0;
	if (!only)
		for_each_executable(warn_if_unreached, NULL, &search);
	else if (open_executable(&exe, only))
		warn_if_unreached(&search, &exe);
	if (search.count > MAX_WARNINGS)
		log_warning("%s not traced",
			    text_counted(search.count - MAX_WARNINGS, "more such process is",
					 "more such processes are")
				    .text);
}

/* ---- what is traced ---- */

struct counting {
	const struct plan *plan;
	struct stat file;
	pid_t except;
	struct running running;
};

/* Overlayfs has devices of its own, but takes inode numbers from the layer's file; with `xino` it puts
 * the layer's number into the high bits (Documentation/filesystems/overlayfs.rst). */
static bool may_be_same(const struct stat *one, const struct stat *other)
{
	return one->st_size == other->st_size && (uint32_t)one->st_ino == (uint32_t)other->st_ino;
}

/* The file as the process has it: its executable, which may be the same by way of overlayfs, or
 * something else that it has mapped, a library. */
static const struct stat *file_of_process(const struct counting *counting,
					  const struct executable *exe)
{
	bool may_be_executable =
		may_be_same(&exe->file, &counting->file) && overlay_holds(exe->link);

	return may_be_executable ? &exe->file : &counting->file;
}

static void count(void *context, const struct executable *exe)
{
	struct counting *counting = context;
	bool is_same = is_same_file(&exe->file, &counting->file);
	enum reach reach;

	if (exe->pid == counting->except)
		return;
	reach = reach_of_process(counting->plan, exe->pid, file_of_process(counting, exe));
	counting->running.same_file += is_same || reach == REACH_PROBED;
	counting->running.reached += reach == REACH_PROBED || (is_same && reach == REACH_UNKNOWN);
}

struct running running_count(const struct plan *plan, pid_t except)
{
	struct counting counting = {.plan = plan, .except = except};

	if (!fstat(gobin_fd(plan->bin), &counting.file))
		counting.running.hidden = for_each_executable(count, NULL, &counting);
	return counting.running;
}
