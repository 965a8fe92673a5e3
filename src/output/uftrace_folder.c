/* SPDX-License-Identifier: MIT */
#include "output/uftrace_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "output/tracks.h"

/* Where the program is said to be in memory. */
#define MAP_START 0x400000ull
#define MAP_END   0x7f0000000000ull

void uftrace_fail(struct output *out, int errnum)
{
	if (!out->writer.errnum)
		out->writer.errnum = errnum ?: EIO;
}

/* ---- the folder ---- */

/* What is not plain would need quotes, which uftrace does not know. */
static char *plain_path(const char *path)
{
	char *plain = strdup(path && *path ? path : "program");

	for (char *p = plain; p && *p; p++)
		if (!strchr("/.-+=:@", *p) && !(*p >= '0' && *p <= '9') &&
		    !((*p | 0x20) >= 'a' && (*p | 0x20) <= 'z'))
			*p = '_';
	return plain;
}

static struct error *open_folder(struct uftrace *uftrace, const char *path)
{
	struct stat stat;

	if (mkdir(path, 0777))
		return errno == EEXIST
			       ? error_new(
					 "cannot write to the folder %s: something of that name is there already; remove it, or give another name",
					 path)
			       : error_errno(errno, "cannot make the folder %s", path);
	uftrace->folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (uftrace->folder < 0 || fstat(uftrace->folder, &stat))
		return error_errno(errno, "cannot write to the folder %s", path);
	/* Others may have been quicker. */
	if (stat.st_uid != geteuid())
		return error_new("cannot write to the folder %s: it belongs to another user", path);
	return NULL;
}

struct error *uftrace_begin(struct output *out)
{
	struct uftrace *uftrace = calloc(1, sizeof(*uftrace));

	out->data = uftrace;
	if (!uftrace)
		return error_out_of_memory();
	uftrace->folder = -1;
	uftrace->binary = plain_path(out->options.about.binary);
	return uftrace->binary ? open_folder(uftrace, out->options.path) : error_out_of_memory();
}

void uftrace_close(struct output *out, FILE *file)
{
	errno = 0;
	if (file && fclose(file))
		uftrace_fail(out, errno);
}

void uftrace_free(struct output *out)
{
	struct uftrace *uftrace = out->data;

	if (!uftrace)
		return;
	uftrace_close(out, uftrace->tasks);
	uftrace_close(out, uftrace->symbols);
	if (uftrace->folder >= 0) {
		close(uftrace->folder);
		/* Nothing was traced: only an empty one goes. */
		if (!uftrace->is_whole)
			rmdir(out->options.path);
	}
	for (size_t i = 0; i < uftrace->task_numbers.known.count; i++)
		bytes_destroy(&uftrace->all[i].records);
	free(uftrace->all);
	numbers_clear(&uftrace->funcs);
	numbers_clear(&uftrace->processes);
	numbers_clear(&uftrace->tids);
	numbers_clear(&uftrace->task_numbers);
	free(uftrace->binary);
	free(uftrace);
}

FILE *uftrace_open(struct output *out, const char *name)
{
	struct uftrace *uftrace = out->data;
	int fd = openat(uftrace->folder, name,
			O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0666);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "a");

	if (!file) {
		uftrace_fail(out, errno);
		if (fd >= 0)
			close(fd);
	}
	return file;
}

bool uftrace_open_tables(struct output *out)
{
	struct uftrace *uftrace = out->data;
	const char *base = strrchr(uftrace->binary, '/');
	_cleanup_free_ char *name = NULL;

	if (asprintf(&name, "%s.sym", base ? base + 1 : uftrace->binary) < 0) {
		name = NULL;
		uftrace_fail(out, ENOMEM);
		return false;
	}
	uftrace->tasks = uftrace->tasks ?: uftrace_open(out, "task.txt");
	uftrace->symbols = uftrace->symbols ?: uftrace_open(out, name);
	return uftrace->tasks && uftrace->symbols;
}

/* ---- processes, tasks and functions ---- */

static void put_time(FILE *file, uint64_t time_ns)
{
	fprintf(file, "timestamp=%" PRIu64 ".%09" PRIu64, time_ns / 1000000000,
		time_ns % 1000000000);
}

/* Of goroutines that are told later some began earlier: it was there when tracing began. */
static void tell_process(struct output *out, uint32_t pid)
{
	struct uftrace *uftrace = out->data;
	char name[64];
	FILE *map;

	fputs("SESS ", uftrace->tasks);
	put_time(uftrace->tasks, out->options.about.start_ns);
	fprintf(uftrace->tasks, " pid=%u sid=%016x exename=\"%s\"\n", pid, pid, uftrace->binary);
	snprintf(name, sizeof(name), "sid-%016x.map", pid);
	map = uftrace_open(out, name);
	if (map)
		fprintf(map,
			"%012llx-%012llx r-xp 00000000 00:00 0                          %s\n"
			"7ffffffde000-7ffffffff000 rw-p 00000000 00:00 0                [stack]\n",
			MAP_START, MAP_END, uftrace->binary);
	uftrace_close(out, map);
}

/* A task's id is unique, and goroutines of several processes may have the same. */
static uint32_t choose_tid(struct output *out, uint64_t goid, uint64_t task)
{
	struct uftrace *uftrace = out->data;
	uint32_t tid = goid && goid < 1u << 30 ? (uint32_t)goid : (uint32_t)(1u << 30 | task);
	uint64_t number;
	bool is_new;

	if (!numbers_of(&uftrace->tids, (struct hash_key){.first = tid}, &number, &is_new))
		uftrace_fail(out, ENOMEM);
	return is_new ? tid : (uint32_t)(1u << 30 | task);
}

static void tell_task(struct output *out, const struct tree *tree, struct uftrace_task *task,
		      uint64_t number, uint64_t time_ns)
{
	struct uftrace *uftrace = out->data;
	uint64_t process;
	bool is_new;

	if (!uftrace_open_tables(out))
		return;
	if (!numbers_of(&uftrace->processes, (struct hash_key){.first = tree->pid}, &process,
			&is_new))
		uftrace_fail(out, ENOMEM);
	if (is_new)
		tell_process(out, tree->pid);
	*task = (struct uftrace_task){.tid = choose_tid(out, tree->goid, number)};
	fputs("TASK ", uftrace->tasks);
	put_time(uftrace->tasks, time_ns);
	fprintf(uftrace->tasks, " tid=%u pid=%u\n", task->tid, tree->pid);
}

struct uftrace_task *uftrace_task(struct output *out, const struct tree *tree,
				  const struct call *call)
{
	struct uftrace *uftrace = out->data;
	struct hash_key key = {tree->pid, track_number(tree, call->tid)};
	uint64_t number;
	bool is_new;

	if (!array_reserve(&uftrace->all, &uftrace->capacity, uftrace->task_numbers.known.count + 1,
			   sizeof(*uftrace->all)) ||
	    !numbers_of(&uftrace->task_numbers, key, &number, &is_new)) {
		uftrace_fail(out, ENOMEM);
		return NULL;
	}
	if (is_new) {
		uftrace->all[number] = (struct uftrace_task){};
		tell_task(out, tree, &uftrace->all[number], number, call->start_ns);
	}
	return &uftrace->all[number];
}

uint64_t uftrace_address(struct output *out, const char *name, bool is_wait)
{
	struct uftrace *uftrace = out->data;
	struct hash_key key = hash_key_of_text(name);
	uint64_t number;
	bool is_new;

	key.second = key.second * 2 + is_wait;
	if (!numbers_of(&uftrace->funcs, key, &number, &is_new))
		uftrace_fail(out, ENOMEM);
	uint64_t address = (number + 1) * UFTRACE_FUNC_SIZE;
	if (is_new && uftrace->symbols)
		fprintf(uftrace->symbols,
			is_wait ? "%016" PRIx64 " T [%s]\n" : "%016" PRIx64 " T %s\n", address,
			name);
	return MAP_START + address;
}
