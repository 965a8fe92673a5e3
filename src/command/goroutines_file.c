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

static struct error *write_about(struct goroutines_file *to, struct gobin *bin,
				 char *const *arguments)
{
	_cleanup_free_ char *build_id = gobin_build_id(bin);
	const struct recording_about about = {
		.tool = VERSION,
		.arguments = (char **)arguments,
		.binary = (char *)gobin_path(bin),
		.build_id = build_id,
		.go_version = (char *)gobin_version(bin),
		.machine = gobin_arch(bin)->machine,
		.is_snapshot = true,
	};

	about_write(&about, &to->bytes);
	return block_write(to->writer, BLOCK_ABOUT, 0, &to->bytes);
}

struct error *goroutines_file_open(struct goroutines_file *to, const char *path, struct gobin *bin,
				   char *const *arguments)
{
	struct error *err = output_file_open_stream(path, &to->file);

	to->path = path;
	if (err)
		return err;
	if (file_is_same(fileno(to->file), gobin_fd(bin)))
		return error_new(
			"--record %s is the binary itself, which would be overwritten: give another file",
			path);
	err = output_file_cut(to->file, path);
	if (!err)
		err = block_writer_new(to->file, &(struct keep_limits){}, &to->writer);
	return err ?: write_about(to, bin, arguments);
}

struct error *goroutines_file_add(struct goroutines_file *to, const struct report *report,
				  const struct command_line *line)
{
	bytes_clear(&to->bytes);
	goroutines_write(report, line, &to->bytes);
	if (to->bytes.size > BLOCK_MAX_SIZE)
		return error_new("process %d has too many goroutines to be recorded", report->pid);
	return block_write(to->writer, BLOCK_GOROUTINES, 0, &to->bytes);
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

/* False: it is damaged. */
static bool take_block(struct block *block, struct recorded_goroutines **all, size_t *count,
		       size_t *capacity)
{
	struct recorded_goroutines *one;

	if (block->kind != BLOCK_GOROUTINES)
		return true;
	if (!array_reserve(all, capacity, *count + 1, sizeof(**all)))
		return false;
	one = &(*all)[*count];
	*one = (struct recorded_goroutines){};
	if (goroutines_read(&block->bytes, one)) {
		++*count;
		return true;
	}
	goroutines_release(one);
	return false;
}

static struct error *read_blocks(const char *path, struct block_reader *reader,
				 struct recorded_goroutines **all, size_t *count)
{
	bool has_about = false, has_end = false;
	size_t capacity = 0, num_damaged = 0;
	enum block_found found;
	struct block block;
	struct error *err = block_read(reader, &block, &found);

	for (; !err && (found == BLOCK_FOUND || found == BLOCK_DAMAGED);
	     err = err ?: block_read(reader, &block, &found)) {
		has_end |= found == BLOCK_FOUND && block.kind == BLOCK_END;
		if (found == BLOCK_FOUND && block.kind == BLOCK_ABOUT && !has_about) {
			has_about = true;
			err = check_about(path, &block.bytes);
		} else if (found != BLOCK_FOUND || !take_block(&block, all, count, &capacity)) {
			num_damaged++;
		}
	}
	if (!err && (num_damaged || found == BLOCK_LOST))
		log_warning("%s is damaged: some of it is left out", path);
	else if (!err && !has_end)
		log_warning("%s was cut off, by a crash or a full disk", path);
	if (!err && !*count)
		err = error_new("there is nothing in %s that can be shown", path);
	return err;
}

struct error *goroutines_file_read(const char *path, struct recorded_goroutines **all,
				   size_t *count)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	struct block_reader *reader = NULL;
	struct error *err;

	if (!file)
		return error_errno(errno, "cannot read %s", path);
	err = block_reader_new(file, path, &reader);
	if (!err)
		err = read_blocks(path, reader, all, count);
	block_reader_free(reader);
	fclose(file);
	return err;
}
