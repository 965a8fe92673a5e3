/* SPDX-License-Identifier: MIT */
/*
 * uftrace.c - a folder that `uftrace -d` opens: replay, report, graph, dump and tui.
 *
 * A goroutine is a task, whose id is the goroutine's, and has a file of entries and exits of its own. Functions
 * have addresses that are made up, in order of their first calls, since uftrace knows functions by address. A
 * wait (--min-wait) is one more call, "[sleep]". Values of a call are its one argument and its one result, texts:
 * that is what the patterns of arguments in the file `info` say of all functions, and a bit of each record says
 * whether it has some. Calls deeper than uftrace counts are left out. What is in the files: utils/data-file.c and uftrace.h of
 * github.com/namhyung/uftrace.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/numbers.h"
#include "output/amounts.h"
#include "output/tracks.h"
#include "output/values_text.h"

#define RECORD_MAGIC 5
#define MAX_DEPTH    1023
/* Of a task's records: written at once. */
#define BATCH_SIZE 1024

enum { RECORD_IS_ENTRY = 0, RECORD_IS_EXIT = 1, RECORD_HAS_VALUES = 1 << 2 };
/* Of a text of values; uftrace shows less. */
#define MAX_TEXT 1000

/* Where the program is said to be in memory. */
#define MAP_START 0x400000ull
#define MAP_END   0x7f0000000000ull
#define FUNC_SIZE 16

struct info_header {
	char magic[8];
	uint32_t version;
	uint16_t size;
	uint8_t endian, class;
	uint64_t features, lines;
	uint16_t max_stack, unused;
	uint32_t unused_too;
} __attribute__((packed));

/* TASK_SESSION, ARGUMENT, RETVAL, SYM_REL_ADDR, MAX_STACK */
#define FEATURES (1u << 1 | 1u << 3 | 1u << 4 | 1u << 5 | 1u << 6)
/* EXE_NAME, CMDLINE, TASKINFO, ARG_SPEC, PATTERN_TYPE */
#define INFO_LINES (1u << 0 | 1u << 3 | 1u << 7 | 1u << 10 | 1u << 12)

struct task {
	uint32_t tid;
	struct bytes records; /* not written yet */
};

struct uftrace {
	int folder;
	bool is_whole; /* its end was written */
	char *binary; /* path as all files have it */
	FILE *tasks, *symbols; /* NULL before the first call */
	struct numbers funcs, processes, tids, task_numbers;
	struct task *all;
	size_t capacity;
};

static void fail(struct output *out, int errnum)
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

static struct error *begin(struct output *out)
{
	struct uftrace *uftrace = calloc(1, sizeof(*uftrace));

	out->data = uftrace;
	if (!uftrace)
		return error_out_of_memory();
	uftrace->folder = -1;
	uftrace->binary = plain_path(out->options.about.binary);
	return uftrace->binary ? open_folder(uftrace, out->options.path) : error_out_of_memory();
}

static void close_file(struct output *out, FILE *file)
{
	errno = 0;
	if (file && fclose(file))
		fail(out, errno);
}

static void free_data(struct output *out)
{
	struct uftrace *uftrace = out->data;

	if (!uftrace)
		return;
	close_file(out, uftrace->tasks);
	close_file(out, uftrace->symbols);
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

/* NULL: it was told. */
static FILE *open_file(struct output *out, const char *name)
{
	struct uftrace *uftrace = out->data;
	int fd = openat(uftrace->folder, name,
			O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0666);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "a");

	if (!file) {
		fail(out, errno);
		if (fd >= 0)
			close(fd);
	}
	return file;
}

static bool open_tables(struct output *out)
{
	struct uftrace *uftrace = out->data;
	const char *base = strrchr(uftrace->binary, '/');
	_cleanup_free_ char *name = NULL;

	if (asprintf(&name, "%s.sym", base ? base + 1 : uftrace->binary) < 0) {
		name = NULL;
		fail(out, ENOMEM);
		return false;
	}
	uftrace->tasks = uftrace->tasks ?: open_file(out, "task.txt");
	uftrace->symbols = uftrace->symbols ?: open_file(out, name);
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
	map = open_file(out, name);
	if (map)
		fprintf(map,
			"%012llx-%012llx r-xp 00000000 00:00 0                          %s\n"
			"7ffffffde000-7ffffffff000 rw-p 00000000 00:00 0                [stack]\n",
			MAP_START, MAP_END, uftrace->binary);
	close_file(out, map);
}

/* A task's id is unique, and goroutines of several processes may have the same. */
static uint32_t choose_tid(struct output *out, uint64_t goid, uint64_t task)
{
	struct uftrace *uftrace = out->data;
	uint32_t tid = goid && goid < 1u << 30 ? (uint32_t)goid : (uint32_t)(1u << 30 | task);
	uint64_t number;
	bool is_new;

	if (!numbers_of(&uftrace->tids, (struct hash_key){.first = tid}, &number, &is_new))
		fail(out, ENOMEM);
	return is_new ? tid : (uint32_t)(1u << 30 | task);
}

static void tell_task(struct output *out, const struct tree *tree, struct task *task,
		      uint64_t number, uint64_t time_ns)
{
	struct uftrace *uftrace = out->data;
	uint64_t process;
	bool is_new;

	if (!open_tables(out))
		return;
	if (!numbers_of(&uftrace->processes, (struct hash_key){.first = tree->pid}, &process,
			&is_new))
		fail(out, ENOMEM);
	if (is_new)
		tell_process(out, tree->pid);
	*task = (struct task){.tid = choose_tid(out, tree->goid, number)};
	fputs("TASK ", uftrace->tasks);
	put_time(uftrace->tasks, time_ns);
	fprintf(uftrace->tasks, " tid=%u pid=%u\n", task->tid, tree->pid);
}

/* NULL: out of memory. */
static struct task *task_of(struct output *out, const struct tree *tree, const struct call *call)
{
	struct uftrace *uftrace = out->data;
	struct hash_key key = {tree->pid, track_number(tree, call->tid)};
	uint64_t number;
	bool is_new;

	if (!array_reserve(&uftrace->all, &uftrace->capacity, uftrace->task_numbers.known.count + 1,
			   sizeof(*uftrace->all)) ||
	    !numbers_of(&uftrace->task_numbers, key, &number, &is_new)) {
		fail(out, ENOMEM);
		return NULL;
	}
	if (is_new) {
		uftrace->all[number] = (struct task){};
		tell_task(out, tree, &uftrace->all[number], number, call->start_ns);
	}
	return &uftrace->all[number];
}

/* What is called by this name, from now on. `is_wait`: it is a reason of waits. */
static uint64_t address_of(struct output *out, const char *name, bool is_wait)
{
	struct uftrace *uftrace = out->data;
	struct hash_key key = hash_key_of_text(name);
	uint64_t number;
	bool is_new;

	key.second = key.second * 2 + is_wait;
	if (!numbers_of(&uftrace->funcs, key, &number, &is_new))
		fail(out, ENOMEM);
	uint64_t address = (number + 1) * FUNC_SIZE;
	if (is_new && uftrace->symbols)
		fprintf(uftrace->symbols,
			is_wait ? "%016" PRIx64 " T [%s]\n" : "%016" PRIx64 " T %s\n", address,
			name);
	return MAP_START + address;
}

static uint64_t address_of_call(struct output *out, const struct call *call)
{
	const struct name *name = output_entry(out, call)->function;

	return address_of(out, name ? name->text : "?", false);
}

/* ---- calls ---- */

static void write_records(struct output *out, struct task *task)
{
	char name[32];
	FILE *file;

	snprintf(name, sizeof(name), "%u.dat", task->tid);
	file = open_file(out, name);
	errno = 0;
	if (file && fwrite(task->records.data, 1, task->records.size, file) != task->records.size)
		fail(out, errno);
	close_file(out, file);
	bytes_clear(&task->records);
}

/* A text that follows its record: its length in two bytes and the text, without a NUL, filled up to a multiple of 8
 * bytes. */
static void put_text(struct task *task, struct bytes *text)
{
	static const char zeros[8];
	uint16_t size;

	if (text->size > MAX_TEXT) {
		text->size = value_without_cut_character((const char *)text->data, MAX_TEXT);
		bytes_put(text, "...", 3);
	}
	size = (uint16_t)text->size;
	bytes_put(&task->records, &size, sizeof(size));
	bytes_put(&task->records, text->data, size);
	bytes_put(&task->records, zeros, -(sizeof(size) + size) % 8);
}

/* `text`: of its values; empty: it has none. */
static void put_record(struct output *out, struct task *task, unsigned type, uint32_t depth,
		       uint64_t address, uint64_t time_ns, struct bytes *text)
{
	uint64_t record[] = {time_ns,
			     type | RECORD_MAGIC << 3 | (uint64_t)depth << 6 | address << 16};

	if (depth > MAX_DEPTH)
		return;
	if (text->size)
		record[1] |= RECORD_HAS_VALUES;
	bytes_put(&task->records, record, sizeof(record));
	if (text->size)
		put_text(task, text);
	if (task->records.failed || text->failed)
		fail(out, ENOMEM);
	if (task->records.size >= BATCH_SIZE)
		write_records(out, task);
}

static void entry(struct output *out, const struct tree *tree, const struct call *call)
{
	struct task *task = task_of(out, tree, call);
	struct bytes text = {};

	if (!task)
		return;
	bytes_put_arguments(&text, out, call);
	put_record(out, task, RECORD_IS_ENTRY, call->depth, address_of_call(out, call),
		   call->start_ns, &text);
	bytes_destroy(&text);
}

static void call(struct output *out, const struct tree *tree, const struct call *call)
{
	struct task *task = task_of(out, tree, call);
	struct bytes text = {};

	if (!task)
		return;
	bytes_put_results(&text, out, call);
	put_record(out, task, RECORD_IS_EXIT, call->depth, address_of_call(out, call), call->end_ns,
		   &text);
	bytes_destroy(&text);
}

static void wait(struct output *out, const struct tree *tree, const struct call *call,
		 const struct wait *wait)
{
	const char *name = amount_name(out->names, wait->state, wait->reason, "unknown");
	struct task *task = task_of(out, tree, call);
	uint64_t address = address_of(out, name, true);
	struct bytes none = {};

	if (!task)
		return;
	put_record(out, task, RECORD_IS_ENTRY, wait->depth + 1, address, wait->start_ns, &none);
	put_record(out, task, RECORD_IS_EXIT, wait->depth + 1, address, wait->end_ns, &none);
}

/* ---- the end ---- */

static void write_info(struct output *out)
{
	const struct info_header header = {.magic = "Ftrace!",
					   .version = 4,
					   .size = sizeof(header),
					   .endian = 1,
					   .class = 2,
					   .features = FEATURES,
					   .lines = INFO_LINES,
					   .max_stack = MAX_DEPTH + 1};
	_cleanup_free_ char *command = output_command(out);
	struct uftrace *uftrace = out->data;
	size_t count = uftrace->task_numbers.known.count;
	FILE *info = open_file(out, "info");

	if (!info)
		return;
	fwrite(&header, sizeof(header), 1, info);
	fprintf(info, "exename:%s\ncmdline:%s\n", uftrace->binary, command ?: "");
	fprintf(info, "taskinfo:lines=2\ntaskinfo:nr_tid=%zu\ntaskinfo:tids=", count);
	for (size_t i = 0; i < count; i++)
		fprintf(info, i ? ",%u" : "%u", uftrace->all[i].tid);
	fputs("\nargspec:lines=2\nargspec:.@arg1/s\nretspec:.@retval/s\npattern_type:regex\n",
	      info);
	if (ferror(info))
		fail(out, EIO);
	close_file(out, info);
}

static void end(struct output *out, const struct output_totals *totals)
{
	struct uftrace *uftrace = out->data;

	if (!open_tables(out))
		return;
	for (size_t i = 0; i < uftrace->task_numbers.known.count; i++)
		write_records(out, &uftrace->all[i]);
	/* A function ends where the next one begins. */
	fprintf(uftrace->symbols, "%016zx ? __sym_end\n",
		(uftrace->funcs.known.count + 1) * FUNC_SIZE);
	write_info(out);
	close_file(out, take_pointer(uftrace->tasks));
	close_file(out, take_pointer(uftrace->symbols));
	uftrace->is_whole = true;
}

const struct format format_uftrace = {
	.prints = "the calls",
	.target = FORMAT_TO_FOLDER,
	.is_document = true,
	.begin = begin,
	.entry = entry,
	.call = call,
	.wait = wait,
	.end = end,
	.free = free_data,
};
