/* SPDX-License-Identifier: MIT */
#include "command/goroutines_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/file_age.h"
#include "base/log.h"
#include "base/output_file.h"
#include "recording/about.h"

/* ---- writing ---- */

static struct error *write_about(struct goroutines_file *to)
{
	_cleanup_free_ char *build_id = gobin_build_id(to->bin);
	const struct recording_about about = {
		.tool = VERSION,
		.arguments = (char **)to->arguments,
		.binary = (char *)gobin_path(to->bin),
		.build_id = build_id,
		.go_version = (char *)gobin_version(to->bin),
		.machine = gobin_arch(to->bin)->machine,
		.is_snapshot = true,
	};
	struct bytes bytes = {};
	struct error *err;

	about_write(&about, &bytes);
	err = block_write(to->writer, BLOCK_ABOUT, 0, &bytes);
	bytes_destroy(&bytes);
	return err;
}

static struct error *begin(struct goroutines_file *to)
{
	struct error *err = output_file_cut(to->file, to->path);

	if (!err)
		err = block_writer_new(to->file, &(struct keep_limits){}, &to->writer);
	return err ?: write_about(to);
}

struct error *goroutines_file_open(struct goroutines_file *to, const char *path, struct gobin *bin,
				   char *const *arguments)
{
	struct error *err = output_file_open_stream(path, &to->file);

	to->path = path;
	to->bin = bin;
	to->arguments = arguments;
	if (err)
		return err;
	if (file_is_same(fileno(to->file), gobin_fd(bin)))
		return error_new(
			"--record %s is the binary itself, which would be overwritten: give another file",
			path);
	return NULL;
}

struct error *goroutines_file_add(struct goroutines_file *to, const struct report *report,
				  const struct command_line *line)
{
	struct error *err = NULL;

	bytes_clear(&to->bytes);
	goroutines_write(report, line, &to->bytes);
	if (to->bytes.size > BLOCK_MAX_SIZE)
		return error_new(
			"process %d has too many goroutines to be recorded: leave out --record",
			report->pid);
	if (!to->writer)
		err = begin(to);
	return err ?: block_write(to->writer, BLOCK_GOROUTINES, 0, &to->bytes);
}

struct error *goroutines_file_close(struct goroutines_file *to, struct error *err)
{
	if (!err && to->writer)
		err = block_writer_end(to->writer);
	if (to->file && fclose(to->file) && !err)
		err = error_errno(errno, "cannot write %s", to->path);
	block_writer_free(to->writer);
	bytes_destroy(&to->bytes);
	return err;
}

/* ---- reading ---- */

static struct error *check_about(const char *path, struct cursor *bytes)
{
	struct recording_about about;
	bool is_good = about_read(bytes, &about) && about.is_snapshot;

	about_destroy(&about);
	return is_good ? NULL
		       : error_new("%s holds no goroutines: gofuncgraph-c replay %s shows it", path,
				   path);
}

struct processes {
	struct recorded_goroutines *items;
	size_t count, capacity;
	size_t num_goroutines; /* of all together */
};

/* False: it is damaged, or memory is lacking. */
static bool take_block(struct block *block, struct processes *to)
{
	struct recorded_goroutines *one;

	if (block->kind != BLOCK_GOROUTINES)
		return true;
	if (!array_reserve(&to->items, &to->capacity, to->count + 1, sizeof(*to->items)))
		return cursor_need(&block->bytes, NULL);
	one = &to->items[to->count];
	*one = (struct recorded_goroutines){};
	if (goroutines_read(&block->bytes, one) &&
	    one->snapshot.count <= SNAPSHOT_MAX_GOROUTINES - to->num_goroutines) {
		to->num_goroutines += one->snapshot.count;
		to->count++;
		return true;
	}
	goroutines_release(one);
	return false;
}

static struct error *read_blocks(const char *path, struct block_reader *reader,
				 struct processes *to)
{
	bool has_about = false, has_end = false;
	size_t num_damaged = 0;
	enum block_found found;
	struct block block;
	struct error *err = block_read(reader, &block, &found);

	for (; !err && (found == BLOCK_FOUND || found == BLOCK_DAMAGED);
	     err = err ?: block_read(reader, &block, &found)) {
		has_end |= found == BLOCK_FOUND && block.kind == BLOCK_END;
		if (found == BLOCK_FOUND && block.kind == BLOCK_ABOUT && !has_about) {
			has_about = true;
			err = check_about(path, &block.bytes);
		} else if (found != BLOCK_FOUND || !take_block(&block, to)) {
			num_damaged++;
		}
		if (block.bytes.lacks_memory) {
			error_free(err);
			err = error_out_of_memory();
		}
	}
	if (!err && (num_damaged || found == BLOCK_LOST))
		log_warning("%s is damaged: some of it is left out", path);
	else if (!err && !has_end)
		log_warning("%s was cut off, by a crash or a full disk", path);
	if (!err && !to->count)
		err = error_new("there is nothing in %s that can be shown", path);
	return err;
}

struct error *goroutines_file_read(const char *path, struct recorded_goroutines **all,
				   size_t *count)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	struct block_reader *reader = NULL;
	struct processes processes = {};
	struct error *err;

	if (!file)
		return error_errno(errno, "cannot read %s", path);
	err = block_reader_new(file, path, &reader);
	if (!err)
		err = read_blocks(path, reader, &processes);
	*all = processes.items;
	*count = processes.count;
	block_reader_free(reader);
	fclose(file);
	return err;
}
