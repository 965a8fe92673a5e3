/* SPDX-License-Identifier: MIT */
#include "command/choice.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/text.h"
#include "command/running.h"
#include "command/signals.h"
#include "gofuncgraph/gobin.h"
#include "process/chosen.h"

#define MAX_LISTED 8
/* Between looks at all processes: the longer nobody comes, the longer. */
#define FIRST_WAIT_MS 250u
#define MAX_WAIT_MS   2000u
#define LINK_SIZE     32

struct program {
	pid_t pid; /* the first process that was found */
	struct stat file;
};

struct programs {
	struct program *items;
	size_t count, capacity;
};

static void programs_destroy(struct programs *programs)
{
	free(programs->items);
}

static void format_link(pid_t pid, char link[LINK_SIZE])
{
	snprintf(link, LINK_SIZE, "/proc/%d/exe", pid);
}

struct error *choice_find(struct process_choice *choice)
{
	struct error *err;

	if (!choice->kind)
		return NULL;
	err = cgroup_find(choice->kind, choice->word, &choice->folder);
	if (err || choice->kind == CGROUP_PATH)
		return err;
	_cleanup_free_ char *text = text_escape(choice->folder, strlen(choice->folder));
	log_info("%s %s is the cgroup %s", choice->kind == CGROUP_POD ? "pod" : "container",
		 choice->word, text ?: "?");
	return NULL;
}

bool choice_is_file(const char *word)
{
	struct stat file;

	return *word == '/' || !strncmp(word, "./", 2) || !strncmp(word, "../", 3) ||
	       (!stat(word, &file) && S_ISREG(file.st_mode));
}

/* Containers of one image have it in file systems of their own, which are layers over the same one: inode and times
 * are that one's (Documentation/filesystems/overlayfs.rst), and probes in it reach them all. */
static bool is_same(const struct stat *one, const struct stat *other)
{
	return one->st_ino == other->st_ino && one->st_size == other->st_size &&
	       one->st_mtim.tv_sec == other->st_mtim.tv_sec &&
	       one->st_mtim.tv_nsec == other->st_mtim.tv_nsec;
}

/* One that has ended meanwhile runs nothing. */
static struct error *add(struct programs *programs, pid_t pid)
{
	struct program program = {.pid = pid};
	char link[LINK_SIZE];

	format_link(pid, link);
	if (stat(link, &program.file))
		return NULL;
	for (size_t i = 0; i < programs->count; i++)
		if (is_same(&programs->items[i].file, &program.file))
			return NULL;
	if (!array_reserve(&programs->items, &programs->capacity, programs->count + 1,
			   sizeof(*programs->items)))
		return error_out_of_memory();
	programs->items[programs->count++] = program;
	return NULL;
}

static bool is_go(pid_t pid)
{
	char link[LINK_SIZE];
	struct gobin *bin;

	format_link(pid, link);
	error_free(gobin_open(link, &bin));
	gobin_close(bin);
	return bin;
}

static void keep_go(struct programs *programs)
{
	size_t count = 0;

	for (size_t i = 0; i < programs->count; i++)
		if (is_go(programs->items[i].pid))
			programs->items[count++] = programs->items[i];
	programs->count = count;
}

/* "/app/server (process 12), /app/proxy (process 15)". NULL: out of memory. */
static char *list(const struct programs *programs)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (size_t i = 0; i < programs->count && i < MAX_LISTED; i++) {
		char link[LINK_SIZE], path[PATH_MAX];
		ssize_t length;

		format_link(programs->items[i].pid, link);
		length = readlink(link, path, sizeof(path));
		_cleanup_free_ char *escaped = text_escape(path, length < 0 ? 0 : (size_t)length);
		fprintf(out, "%s%s (process %d)", i ? ", " : "", escaped ?: "?",
			programs->items[i].pid);
	}
	if (programs->count > MAX_LISTED)
		fprintf(out, " and %s more", text_count(programs->count - MAX_LISTED).text);
	return fclose(out) ? NULL : text;
}

static struct error *find_programs(const struct process_choice *choice, struct programs *programs)
{
	_cleanup_free_ pid_t *pids = NULL;
	size_t count;
	struct error *err = choice->folder ? cgroup_list(choice->folder, &pids, &count)
					   : running_list(NULL, &pids, &count);

	for (size_t i = 0; !err && i < count; i++)
		if (!choice->comm || chosen_has_comm(pids[i], choice->comm))
			err = add(programs, pids[i]);
	return err;
}

/* When the process was started, by whatever clock; 0: it is gone. */
static uint64_t start_of(pid_t pid)
{
	uint64_t ticks;

	return proc_start_time(pid, &ticks) ? ticks : 0;
}

static const struct program *last_started(const struct programs *programs)
{
	const struct program *last = programs->items;

	for (size_t i = 1; i < programs->count; i++)
		if (start_of(programs->items[i].pid) >= start_of(last->pid))
			last = &programs->items[i];
	return last;
}

/* Of several programs. */
static struct error *choose_one(const struct process_choice *choice,
				const struct programs *programs, pid_t *pid)
{
	_cleanup_free_ char *text = list(programs);

	/* Several builds of one program, as while it is replaced by a newer one. */
	if (choice->comm) {
		*pid = last_started(programs)->pid;
		log_warning(
			"the chosen processes run several Go programs: %s; that of process %d, which was started last, is traced",
			text ?: "?", *pid);
		return NULL;
	}
	return error_new(
		"the chosen processes run several Go programs: %s; name one as BINARY before the functions, such as /proc/%d/exe",
		text ?: "?", programs->items[0].pid);
}

/* *pid is 0 if there is no process, or none of Go's while one `waits`: programs may be executed by others. */
static struct error *look(const struct process_choice *choice, bool waits, pid_t *pid)
{
	_cleanup_(programs_destroy) struct programs programs = {.count = 0};
	struct error *err = find_programs(choice, &programs);
	_cleanup_free_ char *all = err ? NULL : list(&programs);

	*pid = 0;
	if (err || !programs.count)
		return err;
	if (!all)
		return error_out_of_memory();
	/* Alone, it is opened later, which says what is wrong with it. */
	if (programs.count > 1 || waits)
		keep_go(&programs);
	if (!programs.count && waits)
		return NULL;
	if (!programs.count)
		return error_new("the chosen processes run no Go program, but %s", all);
	if (programs.count > 1)
		return choose_one(choice, &programs, pid);
	*pid = programs.items[0].pid;
	return NULL;
}

struct error *choice_program(const struct process_choice *choice, bool has_timeout, pid_t *pid)
{
	unsigned wait_ms = FIRST_WAIT_MS;
	struct error *err = look(choice, false, pid);

	if (err || *pid)
		return err;
	signals_catch();
	log_info("none of the chosen processes%s%s runs now: waiting for one, %s^C ends",
		 choice->comm ? " named " : "", choice->comm ?: "",
		 has_timeout ? "with which --timeout begins, " : "");
	while (!err && !*pid) {
		if (signals_arrived())
			return error_new(
				"told to stop while waiting for a process: nothing was traced");
		usleep(wait_ms * 1000);
		wait_ms = wait_ms < MAX_WAIT_MS / 2 ? 2 * wait_ms : MAX_WAIT_MS;
		err = look(choice, true, pid);
	}
	return err;
}

bool choice_has_successor(const struct process_choice *choice, const struct stat *file, pid_t *pid)
{
	_cleanup_(programs_destroy) struct programs programs = {.count = 0};
	const struct program *last;

	error_free(find_programs(choice, &programs));
	for (size_t i = 0; i < programs.count; i++)
		if (is_same(&programs.items[i].file, file))
			return false;
	keep_go(&programs);
	if (!programs.count)
		return false;
	last = last_started(&programs);
	*pid = last->pid;
	return true;
}

void choice_destroy(struct process_choice *choice)
{
	free(choice->folder);
}
