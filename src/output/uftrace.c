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
#include <stdlib.h>

#include "output/amounts.h"
#include "output/uftrace_folder.h"
#include "output/values_text.h"

#define RECORD_MAGIC 5
#define MAX_DEPTH    1023
/* Of a task's records: written at once. */
#define BATCH_SIZE 1024

enum { RECORD_IS_ENTRY = 0, RECORD_IS_EXIT = 1, RECORD_HAS_VALUES = 1 << 2 };
/* Of a text of values; uftrace shows less. */
#define MAX_TEXT 1000

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

/* ---- calls ---- */

static void write_records(struct output *out, struct uftrace_task *task)
{
	char name[32];
	FILE *file;

	snprintf(name, sizeof(name), "%u.dat", task->tid);
	file = uftrace_open(out, name);
	errno = 0;
	if (file && fwrite(task->records.data, 1, task->records.size, file) != task->records.size)
		uftrace_fail(out, errno);
	uftrace_close(out, file);
	bytes_clear(&task->records);
}

/* A text that follows its record: its length in two bytes and the text, without a NUL, filled up to a multiple of 8
 * bytes. */
static void put_text(struct uftrace_task *task, struct bytes *text)
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
static void put_record(struct output *out, struct uftrace_task *task, unsigned type, uint32_t depth,
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
		uftrace_fail(out, ENOMEM);
	if (task->records.size >= BATCH_SIZE)
		write_records(out, task);
}

static uint64_t address_of_call(struct output *out, const struct call *call)
{
	const struct name *name = output_entry(out, call)->function;

	return uftrace_address(out, name ? name->text : "?", false);
}

static void entry(struct output *out, const struct tree *tree, const struct call *call)
{
	struct uftrace_task *task = uftrace_task(out, tree, call);
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
	struct uftrace_task *task = uftrace_task(out, tree, call);
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
	struct uftrace_task *task = uftrace_task(out, tree, call);
	uint64_t address = uftrace_address(out, name, true);
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
	FILE *info = uftrace_open(out, "info");

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
		uftrace_fail(out, EIO);
	uftrace_close(out, info);
}

static void end(struct output *out, const struct output_totals *totals)
{
	struct uftrace *uftrace = out->data;

	if (!uftrace_open_tables(out))
		return;
	for (size_t i = 0; i < uftrace->task_numbers.known.count; i++)
		write_records(out, &uftrace->all[i]);
	/* A function ends where the next one begins. */
	fprintf(uftrace->symbols, "%016zx ? __sym_end\n",
		(uftrace->funcs.known.count + 1) * UFTRACE_FUNC_SIZE);
	write_info(out);
	uftrace_close(out, take_pointer(uftrace->tasks));
	uftrace_close(out, take_pointer(uftrace->symbols));
	uftrace->is_whole = true;
}

const struct format format_uftrace = {
	.prints = "the calls",
	.target = FORMAT_TO_FOLDER,
	.is_document = true,
	.begin = uftrace_begin,
	.entry = entry,
	.call = call,
	.wait = wait,
	.end = end,
	.free = uftrace_free,
};
